"""A solution of the exercise of ``crawler lab backpressure``.

Ten items, put at once, taken slowly. How long does the queue get? Ten without a bound: nobody makes the
producer wait. Three with ``maxsize=3``: ``put`` waits for room.
"""

import asyncio

ITEMS = 10


async def produce(queue: asyncio.Queue[int]) -> int:
    """Put all items; how long the queue was at most."""
    longest = 0
    for item in range(ITEMS):
        await queue.put(item)
        longest = max(longest, queue.qsize())
    return longest


async def consume(queue: asyncio.Queue[int]) -> None:
    """Take all items, 1 ms for each."""
    for _ in range(ITEMS):
        await queue.get()
        await asyncio.sleep(0.001)


async def main() -> None:
    """Try both."""
    for bound in (0, 3):
        queue = asyncio.Queue[int](bound)
        longest, _ = await asyncio.gather(produce(queue), consume(queue))
        print(f"maxsize={bound}: {longest}")


if __name__ == "__main__":
    asyncio.run(main())
