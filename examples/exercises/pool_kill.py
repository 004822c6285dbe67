"""A solution of the exercise of ``crawler lab pool-kill``.

Two executors with one worker each; the first one's is killed. The first fails with BrokenProcessPool. The
second shares nothing with it, and answers.
"""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def main() -> None:
    """Kill one, ask both."""
    context = multiprocessing.get_context("spawn")
    first, second = (ProcessPoolExecutor(1, mp_context=context) for _ in range(2))
    os.kill(first.submit(os.getpid).result(), signal.SIGKILL)
    for name, executor in (("first", first), ("second", second)):
        try:
            print(f"{name}: {executor.submit(abs, -42).result()}")
        except BrokenProcessPool:
            print(f"{name}: BrokenProcessPool")
        executor.shutdown()


if __name__ == "__main__":
    main()
