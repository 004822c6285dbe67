"""One memory ceiling for all processes of the crawl.

Runs as: one coroutine in the main loop; what it reads, it reads in a thread. Stops when: cancelled.
Fails as: CrawlFailed, when the ceiling cannot be kept.

It only measures and acts; the decisions are made in :mod:`crawler.rules.limits`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from crawler.model.errors import CrawlFailed
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.limits import Fill, MemoryRule, MemoryUse
from crawler.trace.counters import Counters
from crawler.watch.memory_reading import give_back_freed_memory
from crawler.watch.units import size

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier

log = logging.getLogger("crawler.watch")

MEMORY = "memory"
"""Who pauses the frontier here."""
INTERVAL = 1.0
"""Seconds between two looks. One costs a millisecond or two for each 100 MiB, in a thread."""


async def memory_task(
    rule: MemoryRule,
    counters: Counters,
    frontier: "Frontier",
    *,
    read: Callable[[], MemoryUse | None],
    replace: Callable[[int], object],
    before: int = 0,
    trim: Callable[[], None] = give_back_freed_memory,
    interval: float = INTERVAL,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Watch until cancelled. ``replace`` ends a parser by its pid.

    ``before``: bytes that the main process, a program that uses the library, took before the crawl; they do
    not count. ``read`` and ``trim`` block, and are called in a thread. Raises CrawlFailed.
    """
    pause = interval / 8  # a short crawl is to be measured too
    while True:
        use = await off_loop(read)
        if use is None:
            log.info("how much memory the crawl takes cannot be read here: limits.memory is not enforced")
            return
        use = MemoryUse(max(0, use.main - before), use.parsers, use.others)
        counters.memory = use.total
        counters.peak_memory = max(counters.peak_memory, use.total)
        was_holding = rule.is_holding
        in_flight = frontier.leased + frontier.finished - counters.committed - counters.targets
        verdict = rule.judge(use, in_flight)
        if verdict.fill is Fill.GIVE_UP:
            raise CrawlFailed(_sentence(rule.ceiling, use, frontier.known))
        holding = verdict.fill is Fill.HOLD
        if holding is not was_holding:
            if holding:
                frontier.pause(MEMORY)
                word = "no URL is leased until what is in flight is done"
            else:
                frontier.resume(MEMORY)
                word = "leasing goes on"
            log.info("memory: %s of %s taken; %s", size(use.total), size(rule.ceiling), word)
        if verdict.replace is not None:
            taken = use.parsers[verdict.replace]
            log.warning(
                "memory: replacing the parser with pid %d, which takes %s", verdict.replace, size(taken)
            )
            replace(verdict.replace)
        if holding and (not in_flight or not was_holding):
            await off_loop(trim)
        await sleep(pause)
        pause = min(interval, pause * 2)


def _sentence(ceiling: int, use: MemoryUse, known: int) -> str:
    return (
        f"the memory ceiling is too low for this crawl: of {size(ceiling)} (limits.memory = {ceiling}) its"
        f" processes take {size(use.total)}, {size(use.main)} of it the main process, which has to remember"
        f" {known:,} known URLs; to go on with more: crawler run with --set limits.memory=BYTES and the"
        " same URLs and output folder (crawler resume keeps the ceiling)"
    )
