"""Step 7, an executor: coroutines wait, and a pool of processes parses for them.

What failed before: while a worker of step 6b parses, the loop stands still, and with it every other
worker; and all of them parse on one core. ``run_in_executor`` hands a call to a pool and gives something
to await: the loop goes on meanwhile, and all cores parse. Function and arguments are pickled on their way,
so it must be one that a child can import: ``parse`` is, a function inside another one is not.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from command import main
from page import Record, inside, parse, save
from step5_gather import fetch, open_session

AT_ONCE = 16
SPAWN = multiprocessing.get_context("spawn")


async def find(seed: str, keep: Callable[[Record], None]) -> None:
    """Hand every record of the site of ``seed`` to ``keep``."""
    seen, loop = {seed}, asyncio.get_running_loop()
    todo = asyncio.Queue[str]()
    todo.put_nowait(seed)

    async def work() -> None:
        while True:
            url = await todo.get()
            answer = await fetch(session, url)
            record = await loop.run_in_executor(pool, parse, url, *answer)
            keep(record)
            for link in inside(record, seed):
                if link not in seen:
                    seen.add(link)
                    todo.put_nowait(link)
            todo.task_done()

    with ProcessPoolExecutor(os.cpu_count(), mp_context=SPAWN) as pool:
        async with open_session() as session, asyncio.TaskGroup() as group:
            workers = [group.create_task(work()) for _ in range(AT_ONCE)]
            await todo.join()
            for worker in workers:
                worker.cancel()  # it waits in get() for ever; the group takes that for no failure


def crawl(seed: str, out: Path) -> None:
    """Crawl the site of ``seed`` and write its records to ``out``."""
    records = list[Record]()
    asyncio.run(find(seed, records.append))
    save(records, out)


if __name__ == "__main__":
    main(crawl)
