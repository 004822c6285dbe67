"""Model 4: coroutines alone. One thread waits for many answers at once, and parses in between.

A coroutine holds a kilobyte or so where a thread holds a stack, and only at an ``await`` does another
one go on, so nothing needs a lock. But while a page is parsed the loop stands still, for everybody.
"""

import asyncio
from collections.abc import Awaitable, Callable

from crawler.config import Config
from crawler.fetch.aiohttp_backend import AiohttpBackend
from crawler.fetch.body import read_body
from crawler.lab.experiments.race.work import AT_ONCE, Known, Parsed, page_of, parse_with
from crawler.model.messages import Page
from crawler.parse.parser_process import ParseJob
from crawler.trace.counters import Counters

Parse = Callable[[Page], Awaitable[Parsed]]


def crawl(seed: str, job: ParseJob) -> list[bytes]:
    """Crawl the site of ``seed``; its records."""
    parse = parse_with(job)

    async def parse_inline(page: Page) -> Parsed:
        return parse(page)

    return asyncio.run(crawl_with(seed, parse_inline))


async def crawl_with(seed: str, parse: Parse) -> list[bytes]:
    """Crawl with whatever parses: this file's own inline parsing, or an executor's."""
    config = Config(seeds=[seed], fetch={"concurrency": AT_ONCE})
    backend = AiohttpBackend(config, frozenset([seed.rstrip("/")]), Counters())
    known, records = Known(seed), []
    todo: asyncio.Queue[str] = asyncio.Queue()
    todo.put_nowait(seed)

    async def work() -> None:
        while True:
            url = await todo.get()
            async with backend.get(url) as answer:
                body = await read_body(answer, config.fetch.max_body, config.fetch.max_body, None)
            parsed = await parse(page_of(url, answer.status, answer.headers, b"".join(body.pieces)))
            records.append(parsed.record)
            for link in known.new(parsed.links):
                todo.put_nowait(link)
            todo.task_done()

    try:
        # A worker that fails ends the group, and so the wait for the queue: nothing dies quietly.
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work()) for _ in range(AT_ONCE)]
            await todo.join()
            for worker in workers:
                worker.cancel()
    finally:
        await backend.close()
    return records
