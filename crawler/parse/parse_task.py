"""Station 3 of 4, parse. In: Page from page_queue. Out: Finished to finished_queue, links to the frontier.
Runs as: one coroutine for each parser; the work itself in its process (or thread, or inline).
Stops when: page_queue is closed and drained. Fails as: an Outcome; a poison page costs one page.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import aiofiles.os

from crawler.model.errors import ChildFailed
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Outcome
from crawler.model.record import encode, of_page
from crawler.parse.single_worker_pool import ParserDied
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

log = logging.getLogger("crawler.parse")

DEATHS_WITHOUT_WORK = 5
"""Times in a row that a parser may die before it has begun any page, until the crawl gives up."""


class PageParser(Protocol):
    """What a parser looks like from here, whatever it runs on."""

    pid: int | None
    """The process that it runs in; None when that is this one."""

    async def parse(self, pages: list[Page]) -> list[Finished]:
        """Parse a batch. Raises ParserDied."""
        ...

    def restart(self) -> None:
        """Replace what died; blocks. Raises ChildFailed."""
        ...


async def parse_task(
    pages: ByteQueue[Page],
    finish: Callable[[Finished], Awaitable[None]],
    parser: PageParser,
    *,
    batch_pages: int,
    batch_bytes: int,
    max_crashes: int,
    step: Step,
    counters: Counters,
) -> None:
    """Parse what waits, batch by batch, until ``pages`` is closed and empty.

    While the parser is at one batch, the results of the one before are handed on: a process that
    waits for this loop is a core that does nothing.
    """

    async def hand_on(parsed: list[Page], results: list[Finished]) -> None:
        for finished in results:
            counters.parsed += 1
            await finish(finished)
        for page in parsed:
            if page.body_path is not None:
                await aiofiles.os.unlink(page.body_path)

    async with asyncio.TaskGroup() as group:
        handing_on: asyncio.Task[None] | None = None
        while True:
            try:
                batch = await pages.get_batch(batch_pages, batch_bytes)
            except QueueClosed:
                return
            step.enter("parsing", batch[0].ticket.url)
            async for parsed, results in _parse_all(batch, parser, max_crashes, counters):
                step.pid = parser.pid or step.pid
                if handing_on is not None:
                    step.enter("wait for a writer", parsed[0].ticket.url)
                    await handing_on
                handing_on = group.create_task(hand_on(parsed, results))
                step.enter("parsing", batch[0].ticket.url)
            step.leave()


async def _parse_all(
    batch: list[Page], parser: PageParser, max_crashes: int, counters: Counters
) -> AsyncIterator[tuple[list[Page], list[Finished]]]:
    """Every page of ``batch``, each parsed or blamed; usually all at once.

    After a death, the page it happened at is tried again alone, last of all, and blamed only when
    it failed ``max_crashes`` times: a kill from outside must not cost an innocent page, and so a
    crash, or a replacement, in company does not count. The other pages of the batch are simply parsed
    again, and do not wait for it.
    """
    crashes: dict[int, int] = {}
    deaths_without_work = 0
    groups = deque([batch])
    while groups:
        group = groups.popleft()
        try:
            results = await parser.parse(group)
        except ParserDied as death:
            died = death
        else:
            yield group, results
            continue
        counters.parser_restarts += 1
        await asyncio.to_thread(parser.restart)
        if died.culprit is None:
            deaths_without_work += 1
            if deaths_without_work >= DEATHS_WITHOUT_WORK:
                raise ChildFailed(f"parse processes die before they begin: {died}") from died
            groups.append(group)
            continue
        culprit = group[died.culprit]
        if len(group) > 1:
            groups.append([page for page in group if page is not culprit])
        if len(group) == 1 or died.is_page_to_blame:
            crashes[culprit.ticket.id] = crashes.get(culprit.ticket.id, 0) + 1
        if crashes.get(culprit.ticket.id, 0) < max_crashes:
            groups.append([culprit])
        else:
            yield [culprit], [_blame(culprit, died)]


def _blame(page: Page, died: ParserDied) -> Finished:
    log.error("%s: %s", page.ticket.url, died)
    record = of_page(page, Outcome.ERROR, died.kind, message=str(died))
    return Finished(page.ticket, Outcome.ERROR, died.kind, encode(record))
