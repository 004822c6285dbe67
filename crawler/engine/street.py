"""The street (elsewhere: a pipeline): one crawl from seed to disk, in one task group. Read this first.

::

    seeds → frontier ─▶ [fetch_queue] ─▶ fetch_task ×N ─▶ [page_queue] ─▶ parse_task ×P ⇄ parse processes
               ▲                                              bytes          │ links        │ record
               │                                                             ▼              ▼
               └── done + links + positions: one transaction ◀── acks ◀── writers ◀── [finished_queue]

It runs one way. Each station takes from the queue on its left and puts to the queue on its right (in the
code they are ``tickets``, ``pages`` and ``finished``, after what is in them), and what waits is bounded
everywhere (on the way to a writer by the bytes that it has not acknowledged). So a slow disk slows the
writers, full writers stop the parsers, full parsers stop the fetchers (which is called back-pressure), and
idle places at the fetchers are what the lease station leases for.

It ends from the left as well: when the frontier has no more tickets, or was closed (by Ctrl-C: a graceful
shutdown), the lease station closes the fetch queue; once the last fetcher has drained it, the page queue is
closed; once the last parser has drained that, the finished queue; and when the last batch is committed, all
is over. A station that fails raises in the task group, which cancels all the others: what was committed is
safe, the rest is pending. (No task outlives its block, and no failure is lost: structured concurrency.)
"""

import asyncio
from contextlib import closing

from crawler.engine.stations import Stations
from crawler.engine.watchers import watchers
from crawler.fetch.fetch_task import fetch_task
from crawler.frontier.lease_task import lease_task
from crawler.parse.parse_task import parse_task


async def walk(stations: Stations) -> None:
    """Run the whole crawl of ``stations``, until everything is committed or the frontier is closed.

    Raises an exception group with the CrawlFailed of the station that could not go on.
    """
    async with asyncio.TaskGroup() as beside:  # watchers: they never end by themselves
        watching = [beside.create_task(watcher) for watcher in watchers(stations)]
        async with asyncio.TaskGroup() as street:
            street.create_task(lease_task(stations.frontier, stations.tickets), name="lease")
            street.create_task(_fetch_and_parse(stations), name="fetch and parse")
            street.create_task(stations.committer.run(), name="commit")  # and the writers, its processes
        for watcher in watching:  # all is committed, so there is nothing to look at any more
            watcher.cancel()


async def _fetch_and_parse(stations: Stations) -> None:
    """Stations 2 and 3, the first to end innermost: when all fetchers have ended, ``pages`` is closed."""
    tickets, pages, finished = stations.tickets, stations.pages, stations.finished
    frontier, config, counters = stations.frontier, stations.config, stations.counters
    with closing(finished):  # closed after the fetchers too: they put there what needs no parser
        async with asyncio.TaskGroup() as parsers:
            for number in range(stations.parse_pool.workers):
                step = stations.steps.worker("parse", f"parser-{number}")  # where it says what it is at
                starting = stations.parse_pool.parser(number)  # its process may still be starting
                parsing = parse_task(pages, finished, frontier, starting, config, step, counters)
                parsers.create_task(parsing, name=step.holder)
            with closing(pages):
                async with asyncio.TaskGroup() as fetchers:
                    for number in range(config.fetch.concurrency):
                        step = stations.steps.worker("fetch", f"fetch-{number}")
                        fetching = fetch_task(
                            tickets, pages, finished, frontier, stations.fetcher, step, counters
                        )
                        fetchers.create_task(fetching, name=step.holder)
