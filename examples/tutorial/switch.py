"""Ten coroutines add one each. Who reads before an await and writes after it, loses what came between.

It prints::

    read, await, write: 1
    the same, with a lock: 10
    await, then read and write: 10
"""

import asyncio
from collections.abc import Awaitable, Callable

counter, lock = 0, asyncio.Lock()


async def one() -> int:
    """Something that has to be waited for."""
    await asyncio.sleep(0)
    return 1


async def careless() -> None:
    """It looks like one step. The counter is read first, though, and then it waits."""
    global counter
    counter += await one()


async def locked() -> None:
    """Nobody else is let in between."""
    async with lock:
        await careless()


async def better() -> None:
    """Wait first: from here to the end there is no await, so nobody comes between, and no lock is needed."""
    global counter
    number = await one()
    counter += number


async def count(add: Callable[[], Awaitable[None]]) -> int:
    """Add ten times, all at once."""
    global counter
    counter = 0
    await asyncio.gather(*(add() for _ in range(10)))
    return counter


async def main() -> None:
    """Count in three ways."""
    print(f"read, await, write: {await count(careless)}")
    print(f"the same, with a lock: {await count(locked)}")
    print(f"await, then read and write: {await count(better)}")


if __name__ == "__main__":
    asyncio.run(main())
