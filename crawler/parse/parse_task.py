"""Station 3 of 4, parse. In: Page from page_queue. Out: Finished to finished_queue, links to the frontier.
Runs as: one coroutine for each parser; the work itself in its process (or thread, or inline).
Stops when: page_queue is closed and drained. Fails as: an Outcome; a poison page costs one page.

Parsing is CPU-bound, so it is done in processes; this is the bridge to one of them. :func:`parse_task` keeps it
busy, :func:`parse_all` finds the page at which it died. (A page that kills whoever takes it is what elsewhere is
called a poison message.)
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from crawler.config import Config
from crawler.model.errors import ChildFailed
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Activity, Kind, Outcome
from crawler.model.record import encode, of_page
from crawler.parse.parser_death import ParserDied
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.plumbing.spool import remove_payloads, remove_spooled
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier

log = logging.getLogger("crawler.parse")

BATCH_SECONDS = 0.03
"""What a batch should take a parser, about."""
MAX_KILLS = 10
"""Times that a page may be alone with a parser that is killed from outside, until it is given up."""
DEATHS_WITHOUT_WORK = 5
"""Times in a row that a parser may die before it has begun any page, until the crawl gives up."""


class PageParser(Protocol):
    """What a parser looks like from here, whatever it runs on."""

    @property
    def pid(self) -> int | None:
        """The process that it runs in; None when that is this one."""

    async def parse(self, pages: list[Page], ahead: list[Page] | None = None, /) -> list[Finished]:
        """Parse a batch; ``ahead`` is the one that will follow, if all goes well.

        Raises ParserDied, with another in the place of the one that died; ChildFailed where there is none.
        """
        ...


async def parse_task(
    pages: ByteQueue[Page],
    finished: ByteQueue[Finished],
    frontier: "Frontier",
    starting: AbstractAsyncContextManager[PageParser],
    config: Config,
    step: Step,
    counters: Counters,
) -> None:
    """Parse what waits, batch by batch, until ``pages`` is closed and empty; ``starting`` gives the parser.

    While the parser is at one batch, the results of the one before are handed on, and under load it
    has the next one already: a process that waits for this loop is a core that does nothing.

    A page whose body's file is gone is fetched again, ``fetch.retries`` times but at least once.
    """
    retries, options = max(config.fetch.retries, 1), config.parse
    most = options.batch_pages

    async def hand_on(parsed: list[Page], results: list[Finished]) -> None:
        for page, result in zip(parsed, results, strict=True):
            if page.body_path is not None:
                await remove_spooled(page.body_path)
            if result.body_lost and page.ticket.attempt <= retries:
                log.warning("%s: the file with its body is gone, so it is fetched again", page.ticket.url)
                counters.retries += 1
                await remove_payloads(page.exchanges)
                await frontier.retry(page.ticket, 0.0)
            else:
                counters.parsed += 1
                result = replace(result, exchanges=page.exchanges) if page.exchanges else result
                if result.extract_error is not None:
                    _warn_once(result, counters)
                # Its links before its record, never after: a kill in between may not lose them.
                await frontier.finish(result)
                await finished.put(result.without_links())

    # Fetching does not wait for this: pages gather in their queue while the child starts.
    async with starting as parser, asyncio.TaskGroup() as group:
        step.pid = parser.pid or step.pid
        handing_on: asyncio.Task[None] | None = None
        ahead: list[Page] = []
        while True:
            try:
                batch = ahead or await pages.get_batch(most, options.batch_bytes)
            except QueueClosed:
                return
            ahead = pages.take_spare(most, options.batch_bytes)  # the batch after it, if much waits
            step.enter(Activity.PARSE, batch[0].ticket.url)
            began = time.monotonic()
            async for parsed, results in parse_all(batch, parser, options.max_crashes, counters, ahead):
                most = _pages_at_once((time.monotonic() - began) / len(parsed), options.batch_pages)
                step.pid = parser.pid or step.pid
                if handing_on is not None and not handing_on.done():  # full writers stop the parsers here
                    step.enter(Activity.WAIT_FOR_WRITER, parsed[0].ticket.url)
                    await handing_on
                    step.enter(Activity.PARSE, batch[0].ticket.url)
                handing_on = group.create_task(hand_on(parsed, results))
                began = time.monotonic()
            step.leave()


def _warn_once(finished: Finished, counters: Counters) -> None:
    """Whoever waits for hours should know at once that nothing is extracted."""
    counters.extract_failed += 1
    if counters.extract_failed == 1:
        log.warning("%s: the extract function failed:\n%s", finished.ticket.url, finished.extract_error)


def _pages_at_once(seconds: float, limit: int) -> int:
    """How many pages make about :data:`BATCH_SECONDS` of work, where each takes so many seconds.

    A hand-over costs the same for one page as for thirty, so quick pages travel together. Slow ones
    travel alone: at the end of a crawl, one parser would be at a long batch with the others idle.
    """
    return max(1, min(limit, int(BATCH_SECONDS / max(seconds, 1e-6))))


async def parse_all(
    batch: list[Page],
    parser: PageParser,
    max_crashes: int,
    counters: Counters,
    ahead: list[Page] | None = None,
) -> AsyncIterator[tuple[list[Page], list[Finished]]]:
    """Every page of ``batch``, each parsed or blamed; usually all at once. ``ahead`` is what follows it.

    After a death, the page it happened at is tried again alone, last of all, and blamed only when
    it failed ``max_crashes`` times; a crash, or a replacement, in company does not count. A kill from
    outside blames nobody, but somebody may be at it for ever: such have a count of their own, and at
    :data:`MAX_KILLS` the page is given up. The other pages of the batch are simply parsed again, and
    do not wait for it.
    """
    crashes: Counter[int] = Counter()
    kills: Counter[int] = Counter()
    deaths_without_work = 0
    groups = deque([batch])
    while groups:
        group = groups.popleft()
        try:
            results = await parser.parse(group, None if groups else ahead)
        except ParserDied as death:
            died = death
        else:
            yield group, results
            continue
        counters.parser_restarts += 1
        if died.culprit is None:
            deaths_without_work += 1
            if deaths_without_work >= DEATHS_WITHOUT_WORK:
                raise ChildFailed(f"parse processes die before they begin: {died}") from died
            groups.append(group)
            continue
        culprit = group[died.culprit]
        if len(group) > 1:
            groups.append([page for page in group if page is not culprit])
        deaths, most = (kills, MAX_KILLS) if died.kind is Kind.PARSE_KILLED else (crashes, max_crashes)
        if len(group) == 1 or died.is_certain:
            deaths[culprit.ticket.id] += 1
        if deaths[culprit.ticket.id] < most:
            groups.append([culprit])
        else:
            yield [culprit], [_blame(culprit, died)]


def _blame(page: Page, died: ParserDied) -> Finished:
    message = str(died)
    if died.kind is Kind.PARSE_KILLED:
        message += f", {MAX_KILLS} times: the page is given up, and may be innocent"
    log.error("%s: %s", page.ticket.url, message)
    record = of_page(page, Outcome.ERROR, died.kind, message=message)
    return Finished(page.ticket, Outcome.ERROR, died.kind, encode(record))
