"""What runs beside the street: who looks at the crawl, and what each of them may do to it."""

import asyncio
import json
import os
import time
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from crawler.config import Config
from crawler.engine.stations import Stations
from crawler.model.outcomes import Kind
from crawler.rules.limits import MemoryRule, Shares, ceiling_of, split
from crawler.rules.stalls import Worker
from crawler.trace.steps import Step
from crawler.watch.memory_reading import machine_memory, read_use
from crawler.watch.memory_task import INTERVAL, memory_task
from crawler.watch.snapshot import QueueDepth, Snapshot, StageLoad
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
    """Have ``crawler status`` see how the crawl stands, every second."""
    while True:
        await stations.frontier.save_live(live_picture(stations))
        await asyncio.sleep(LIVE_INTERVAL)


def snapshot(stations: Stations) -> Snapshot:
    """The crawl as it stands, for whoever shows it; cheap, and safe to take from another thread."""
    now, stages = time.time(), dict[str, list[Step]]()
    for step in stations.steps.all():
        stages.setdefault(step.stage, []).append(step)
    loads = []
    for stage, steps in stages.items():
        busy = [(step.since, step.url) for step in steps if step.url is not None]
        since, url = min(busy, default=(None, None))
        loads.append(StageLoad(stage, len(busy), len(steps), None if since is None else now - since, url))
    return Snapshot(
        counters=stations.counters,
        queues=[
            QueueDepth(queue.name.removesuffix("_queue"), len(queue), queue.bytes, queue.capacity)
            for queue in (stations.pages, stations.finished)
        ],
        stages=loads,
        pending=stations.frontier.known - stations.frontier.done_before - stations.counters.committed,
        in_flight=stations.in_flight,
        known=stations.frontier.known,
        targets=sum(stations.frontier.targets.values()) if stations.is_check else 0,
        targets_pending=stations.frontier.targets_pending if stations.is_check else 0,
        unacked_bytes=stations.committer.ledger.bytes,
        memory_bytes=stations.counters.memory,
        peak_memory_bytes=stations.counters.peak_memory,
    )


def live_picture(stations: Stations) -> str:
    """The snapshot as JSON: who holds what since when, how full the queues are."""
    shot = snapshot(stations)
    fields = ("stage", "holder", "pid", "step", "url", "since")
    return json.dumps(
        {
            "pid": os.getpid(),
            "at": time.time(),
            "steps": [{name: getattr(step, name) for name in fields} for step in stations.steps.busy()],
            "queues": [depth._asdict() for depth in shot.queues],
            "pages_per_second": shot.mean_rate,
            "memory_bytes": shot.memory_bytes,
            "peak_memory_bytes": shot.peak_memory_bytes,
        }
    )
