"""A solution of the exercise of ``crawler lab cancel``.

Stop a hundred steps in a thread after a few of them. The thread looks at an Event before each step. To
cancel the await alone would change nothing for it: it would do all hundred.
"""

import asyncio
import threading
import time

STEPS, STEP = 100, 0.01
done = 0


def work(stop: threading.Event) -> None:
    """In the thread: step by step, until it is told to stop."""
    global done
    for _ in range(STEPS):
        if stop.is_set():
            return
        time.sleep(STEP)
        done += 1


async def main() -> None:
    """Start the work, and stop it."""
    stop = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(work, stop))
    await asyncio.sleep(3 * STEP)
    stop.set()
    await working
    print(f"done: {done} of {STEPS}")


if __name__ == "__main__":
    asyncio.run(main())
