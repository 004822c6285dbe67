"""A Process from a target: its name, what join() waits for, and what exitcode says.

It prints::

    good: exit code 0
    bad: exit code 3
    endless: exit code None, alive True
    endless: exit code -15, alive False
"""

import sys
import time
from multiprocessing import Process


def work(code: int) -> None:
    """In a child: end with this exit code."""
    sys.exit(code)


def main() -> None:
    """Start three children, and see how each of them ends."""
    good = Process(target=work, args=(0,), name="good")
    bad = Process(target=work, args=(3,), name="bad")
    endless = Process(target=time.sleep, args=(600,), name="endless", daemon=True)
    for process in (good, bad, endless):
        process.start()
    for process in (good, bad):
        process.join()
        print(f"{process.name}: exit code {process.exitcode}")
    print(f"{endless.name}: exit code {endless.exitcode}, alive {endless.is_alive()}")
    endless.terminate()
    endless.join()  # terminate() only asks: wait until it is so
    print(f"{endless.name}: exit code {endless.exitcode}, alive {endless.is_alive()}")


if __name__ == "__main__":  # a child may import this file, and must not start children of its own
    main()
