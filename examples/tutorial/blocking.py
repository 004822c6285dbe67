"""A call that blocks, in a coroutine and in a thread: what the other coroutines do meanwhile.

It prints::

    in the coroutine: the other one ran 0 times
    in a thread: the other one ran often
"""

import asyncio
import time

ticks = 0


async def tick() -> None:
    """Another coroutine, which wants to run every hundredth of a second."""
    global ticks
    while True:
        await asyncio.sleep(0.01)
        ticks += 1


async def main() -> None:
    """Block half a second in each way."""
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)  # it has begun
    before = ticks
    time.sleep(0.5)  # noqa: ASYNC251 - this is what must not be done
    print(f"in the coroutine: the other one ran {ticks - before} times")
    before = ticks
    await asyncio.to_thread(time.sleep, 0.5)
    print(f"in a thread: the other one ran {'often' if ticks - before > 3 else 'hardly'}")
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main())
