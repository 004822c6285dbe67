"""The watchers (monitors), which run beside the street: who looks at it, and what each may do to it."""

import asyncio
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from crawler.config import Config
from crawler.engine.picture import picture
from crawler.engine.stations import Stations
from crawler.model.outcomes import Kind
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.limits import MemoryRule, Shares, ceiling_of, split
from crawler.rules.stalls import Worker
from crawler.watch.memory_reading import machine_memory, read_use
from crawler.watch.memory_task import INTERVAL, memory_task
from crawler.watch.picture import brief, encode
from crawler.watch.stall_task import stall_task
from crawler.watch.watchdog_task import watchdog_task

LIVE_INTERVAL = 1.0
"""Seconds between two pictures of the crawl for ``crawler status``."""
SLACK = 1.5
"""The watchdog comes after a station's own means (pings, a page's deadline), never together with them."""


def within_memory(config: Config) -> Config:
    """``config`` with its memory ceiling, and with every bound cut to its share of that. Blocks."""
    ceiling = config.limits.memory
    if ceiling is None:
        machine = machine_memory()
        if machine is None:
            return config
        ceiling = ceiling_of(machine)
    wanted = Shares(
        page_queue=config.limits.page_queue,
        finished_queue=config.limits.finished_queue,
        max_unacked=config.write.max_unacked,
        spool_above=config.fetch.spool_above,
        parser=config.parse.max_memory,
    )
    # Where answers are kept as they were sent, each request holds two bodies: one is not decoded.
    bodies = config.fetch.concurrency * (2 if config.write.keeps_answers else 1)
    shares = split(ceiling, wanted, bodies)
    return config.replace(
        {
            "limits.memory": ceiling,
            "limits.page_queue": shares.page_queue,
            "limits.finished_queue": shares.finished_queue,
            "write.max_unacked": shares.max_unacked,
            "fetch.spool_above": shares.spool_above,
            "parse.max_memory": shares.parser,
        },
        origin="its share of limits.memory",
    )


def watchers(stations: Stations) -> Iterator[Coroutine[Any, Any, None]]:
    """Every coroutine that runs beside the street, as long as it runs."""
    config, stall = stations.config, stations.config.watchdog.stall
    pool, frontier = stations.parse_pool, stations.frontier

    def workers() -> Iterator[Worker]:
        for step in stations.steps.all():
            progress = pool.progress_of(step.pid) if step.stage == "parse" else ()
            yield Worker(step.stage, step.holder, step.pid, step.step, step.url, (step.since, *progress))

    yield stall_task(stations.counters)
    yield _live(stations)
    if stations.parts.traced is not None:
        yield stations.parts.traced.count(stations)
    yield frontier.keep()
    yield watchdog_task(
        workers,
        stall,
        timeouts={
            "fetch": max(stall, SLACK * config.fetch.timeout),
            "parse": max(stall, SLACK * config.parse.timeout),
            "write": SLACK * stall,
        },
        replace={
            "parse": partial(
                pool.replace,
                kind=Kind.PARSE_TIMEOUT,
                reason="parsing did not get on, and the parse process was replaced",
            ),
            "write": stations.committer.replace,
        },
    )
    if config.limits.memory is not None:
        yield memory_task(
            MemoryRule(config.limits.memory),
            stations.counters,
            frontier,
            read=lambda: read_use(pool.pids()),
            replace=partial(
                pool.replace,
                kind=Kind.PARSE_MEMORY,
                reason="the parse process took too much of limits.memory and was replaced",
            ),
            before=stations.memory_before,
            interval=INTERVAL,
        )


async def _live(stations: Stations) -> None:
    """Have ``crawler status`` see how the crawl stands, and its history how it stood, every second."""
    while True:
        now = picture(stations)
        await stations.frontier.save_live(encode(brief(now)).decode())
        await off_loop(partial(stations.history.add, now))
        await asyncio.sleep(LIVE_INTERVAL)
