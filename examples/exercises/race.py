"""A solution of the exercise of ``crawler lab race``.

Forty answers take 20 ms each. How many seconds with 1, 8, 40 coroutines? 0.8, 0.1 and 0.02: as long as each
has to wait for, one answer after the other.
"""

import asyncio
import time

ANSWERS, SECONDS = 40, 0.02


async def fetch(todo: list[int]) -> None:
    """Wait for one answer after the other, until there are no more."""
    while todo:
        todo.pop()
        await asyncio.sleep(SECONDS)


async def main() -> None:
    """Try each number of coroutines."""
    for workers in (1, 8, 40):
        todo, started = list(range(ANSWERS)), time.perf_counter()
        await asyncio.gather(*(fetch(todo) for _ in range(workers)))
        print(f"{workers} coroutines: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
