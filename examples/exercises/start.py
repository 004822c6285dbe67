"""A solution of the exercise of ``crawler lab start``.

10,000 coroutines sleep for 0.1 s each, all at once. How many seconds? All of them wait at the same time, so
it takes little more than one of them, and the time to make them.
"""

import asyncio
import time

COUNT, SECONDS = 10_000, 0.1


async def main() -> None:
    """Sleep, all together."""
    started = time.perf_counter()
    await asyncio.gather(*(asyncio.sleep(SECONDS) for _ in range(COUNT)))
    print(f"{COUNT} coroutines slept {COUNT * SECONDS:.0f} s in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
