"""The street: one crawl from seed to disk, in one task group. Read this first.

::

    seeds → frontier ─▶ [fetch_queue] ─▶ fetch_task ×N ─▶ [page_queue] ─▶ parse_task ×P ⇄ parse processes
               ▲                                              bytes          │ links        │ record
               │                                                             ▼              ▼
               └── done + links + positions: one transaction ◀── acks ◀── writers ◀── [finished_queue]

It runs one way. Each station takes from the queue on its left and puts to the queue on its right,
and what waits is bounded everywhere (on the way to a writer by the bytes that it has not acknowledged),
so a slow disk slows the writers, full writers stop the parsers, full parsers stop the fetchers, and idle
places at the fetchers are what the lease station leases for.

It ends from the left as well: when the frontier has no more tickets (or was closed), the lease
station closes the fetch queue; once the last fetcher has drained it, the page queue is closed; once
the last parser has drained that, the finished queue; and when the last batch is committed, all is
over. A station that fails raises in the task group, which cancels all the others: what was
committed is safe, the rest is pending.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from crawler.engine.stations import Stations
from crawler.engine.watchers import watchers
from crawler.fetch.fetch_task import fetch_task
from crawler.frontier.lease_task import lease_task
from crawler.parse.parse_task import parse_task


async def walk(stations: Stations) -> None:
    """Run the whole crawl of ``stations``, until everything is committed or the frontier is closed.

    Raises an exception group with the CrawlFailed of the station that could not go on.
    """
    config = stations.config
    frontier, queues, counters = stations.frontier, stations.queues, stations.counters

    async def fetch(number: int) -> None:
        step = stations.steps.worker("fetch", f"fetch-{number}")
        await fetch_task(
            queues.tickets, queues.pages, queues.finished, frontier, stations.fetcher, step, counters
        )

    async def parse(number: int) -> None:
        # Fetching does not wait for this: pages gather in their queue while the children start.
        step = stations.steps.worker("parse", f"parser-{number}")
        async with stations.parse_pool.parser(number) as parser:
            step.pid = parser.pid or step.pid
            await parse_task(queues.pages, queues.finished, frontier, parser, config, step, counters)

    async def fetch_all() -> None:
        try:
            await _all(fetch(number) for number in range(config.fetch.concurrency))
        finally:
            queues.pages.close()

    async def parse_all() -> None:
        await _all(parse(number) for number in range(stations.parse_pool.workers))

    async def fetch_and_parse() -> None:
        try:
            await _all((fetch_all(), parse_all()))
        finally:
            # Fetchers finish URLs too, those that need no parser; so this waits for both.
            queues.finished.close()

    async with _beside(*watchers(stations)), asyncio.TaskGroup() as street:
        street.create_task(lease_task(frontier, queues.tickets), name="lease")
        street.create_task(fetch_and_parse(), name="fetch and parse")
        street.create_task(stations.committer.run(), name="commit")


async def _all(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them together; when one fails, all the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        for coroutine in coroutines:
            group.create_task(coroutine)


@asynccontextmanager
async def _beside(*watchers: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless watchers as long as the block lasts."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(watcher) for watcher in watchers]
        yield
        for task in tasks:
            task.cancel()
