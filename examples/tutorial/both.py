"""Coroutines that wait, on processes that compute: work of both kinds in one program.

It prints::

    page 0: 669 primes
    page 1: 1229 primes
    page 2: 2262 primes
"""

import asyncio
import math
import os
from concurrent.futures import ProcessPoolExecutor

SIZES = [5_000, 10_000, 20_000]


def parse(size: int) -> int:
    """In a process: nothing but computing. As good as a page to be parsed."""
    return sum(all(one % d for d in range(2, math.isqrt(one) + 1)) for one in range(2, size))


async def visit(pool: ProcessPoolExecutor, size: int) -> int:
    """Wait for an answer, then for a process. To a coroutine the two are alike."""
    await asyncio.sleep(0.05)
    return await asyncio.get_running_loop().run_in_executor(pool, parse, size)


async def main() -> None:
    """Visit all pages at once, and parse as many at once as there are cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(visit(pool, size)) for size in SIZES]
    for number, task in enumerate(tasks):
        print(f"page {number}: {task.result()} primes")


if __name__ == "__main__":
    asyncio.run(main())
