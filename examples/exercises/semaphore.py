"""A solution of the exercise of ``crawler lab semaphore``.

Six jobs behind Semaphore(2). How many tasks, how many under way? Six tasks from the start, since gather
makes one for each job; two under way, since the semaphore lets two in.
"""

import asyncio

most = under_way = 0


async def job(limit: asyncio.Semaphore) -> None:
    """Wait for a place, then work."""
    global most, under_way
    async with limit:
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1


async def main() -> None:
    """Start all, and count."""
    limit = asyncio.Semaphore(2)
    jobs = asyncio.gather(*(job(limit) for _ in range(6)))
    await asyncio.sleep(0)
    tasks = len(asyncio.all_tasks()) - 1  # without this one
    await jobs
    print(f"tasks: {tasks}, under way at most: {most}")


if __name__ == "__main__":
    asyncio.run(main())
