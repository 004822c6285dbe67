"""A solution of the exercise of ``crawler lab overlap``.

A and B write three letters each, without and with an await. Which order? Without an await, A is done before
B begins. With one, they take turns: that is all that "concurrent" says.
"""

import asyncio


async def write(letter: str, page: list[str], wait: bool) -> None:
    """Write a letter three times."""
    for _ in range(3):
        page.append(letter)
        if wait:
            await asyncio.sleep(0)


async def main() -> None:
    """Have both write, twice."""
    for wait in (False, True):
        page: list[str] = []
        await asyncio.gather(*(write(letter, page, wait) for letter in "AB"))
        print("".join(page))


if __name__ == "__main__":
    asyncio.run(main())
