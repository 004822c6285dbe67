"""A solution of the exercise of ``crawler lab executor``.

A coroutine counts every 10 ms beside time.sleep(0.3). How far? In the loop, not at all: nothing else runs
until it returns. In a thread it waits without the loop, so the coroutine counts to about thirty.
"""

import asyncio
import time


async def count(ticks: list[float]) -> None:
    """Count for ever."""
    while True:
        await asyncio.sleep(0.01)
        ticks.append(time.perf_counter())


async def main() -> None:
    """Block in the loop, then in a thread."""
    ticks: list[float] = []
    counting = asyncio.create_task(count(ticks))
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 - the mistake that is shown
    print(f"in the loop: {len(ticks)}")
    await asyncio.sleep(0)
    ticks.clear()
    await asyncio.to_thread(time.sleep, 0.3)
    print(f"in a thread: {len(ticks)}")
    counting.cancel()


if __name__ == "__main__":
    asyncio.run(main())
