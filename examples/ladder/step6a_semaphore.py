"""Step 6a, a semaphore: a coroutine for each URL as before, but sixteen at most may ask at once.

What failed before: nothing bounds step 5. It opens a connection for every link of a page at once, until
the server is overrun or the program has reached its limit of open files ("Too many open files"), and then
pages are lost. A semaphore is a number of places: ``async with`` takes one, waits while there is none, and
gives it back.
"""

import asyncio
from pathlib import Path

from command import main
from page import Record, inside, parse, save
from step5_gather import fetch, open_session

AT_ONCE = 16


async def find(seed: str) -> list[Record]:
    """All records of the site of ``seed``."""
    seen, records = {seed}, list[Record]()
    places = asyncio.Semaphore(AT_ONCE)

    async def visit(url: str) -> None:
        async with places:
            answer = await fetch(session, url)
        record = parse(url, *answer)
        records.append(record)
        new = [link for link in inside(record, seed) if link not in seen]
        seen.update(new)
        await asyncio.gather(*(visit(link) for link in new))  # all of them, now

    async with open_session() as session:
        await visit(seed)
    return records


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    save(asyncio.run(find(seed)), out)


if __name__ == "__main__":
    main(crawl)
