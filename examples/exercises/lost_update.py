"""A solution of the exercise of ``crawler lab lost-update``.

Mend ``counter += await one()`` without a lock. Wait first, then read and write in one step: no other
coroutine runs in between, so none of 400 is lost.
"""

import asyncio

counter = 0


async def one() -> int:
    """1, after a wait."""
    await asyncio.sleep(0)
    return 1


async def work() -> None:
    """Add one, a hundred times."""
    global counter
    for _ in range(100):
        added = await one()
        counter += added


async def main() -> None:
    """Four of them at once."""
    await asyncio.gather(*(work() for _ in range(4)))
    print(f"lost: {400 - counter} of 400")


if __name__ == "__main__":
    asyncio.run(main())
