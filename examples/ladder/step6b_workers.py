"""Step 6b, workers: sixteen coroutines that take URLs from a queue, in a task group.

What failed before: step 6a bounds the requests, not the coroutines. For every URL that is known there is
one, which waits for a place, and none ends before all those that it has gathered: a million links are a
million coroutines. And ``gather`` lets the others go on when one fails. Here a URL that waits is a string
in a queue; the number of workers is the bound; and one that fails ends the group, with all that is in it.
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
    todo = asyncio.Queue[str]()
    todo.put_nowait(seed)

    async def work() -> None:
        while True:
            url = await todo.get()
            record = parse(url, *await fetch(session, url))
            records.append(record)
            for link in inside(record, seed):
                if link not in seen:
                    seen.add(link)
                    todo.put_nowait(link)
            todo.task_done()

    async with open_session() as session, asyncio.TaskGroup() as group:
        workers = [group.create_task(work()) for _ in range(AT_ONCE)]
        await todo.join()
        for worker in workers:
            worker.cancel()  # it waits in get() for ever; the group takes that for no failure
    return records


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    save(asyncio.run(find(seed)), out)


if __name__ == "__main__":
    main(crawl)
