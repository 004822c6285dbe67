"""One picture of the crawl, taken from its stations: cheap, of bounded size, and in any thread.

What the event loop writes meanwhile is copied, never iterated.
"""

import os
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crawler.engine.stations import Stations
from crawler.model.rows import HostNow
from crawler.rules.urls import origin
from crawler.trace.steps import Step
from crawler.watch.memory_task import MEMORY
from crawler.watch.picture import MAX_HOSTS, Lane, Picture, QueueNow, Station
from crawler.watch.summary import ENDS

if TYPE_CHECKING:
    from crawler.engine.conclusion import CrawlReport

MAX_LANES = 256
"""Workers that a picture shows."""
USER = "user"
"""Who pauses the frontier from a page; that the memory task does so too is no wish of anybody's."""


def picture(stations: Stations, *, is_brief: bool = False) -> Picture:
    """The crawl as it stands; ``is_brief``: without its workers, hosts and records, for who looks often."""
    counters, frontier, lately = stations.counters, stations.frontier, stations.lately
    steps, outcomes = stations.steps.all(), dict(counters.outcomes)
    # Counted from the outcomes alone, which change at once: the parts always make up the whole.
    known, done = frontier.known, sum(outcomes.values())
    counts = {end: outcomes.get(end, 0) for end in ("ok", "truncated", "error", "skipped")}
    for end, count in frontier.ends_before.items():
        counts[end] += count
    counts["pending"] = max(0, known - frontier.done_before - done)
    elapsed = max(0.0, time.monotonic() - counters.started)
    hosts_known, hosts = 0, list[HostNow]()
    if not is_brief:
        asked = {origin(url) for step in steps if step.stage == "fetch" and (url := step.url) is not None}
        hosts_known, hosts = frontier.hosts_now(MAX_HOSTS, asked)
    is_check = stations.is_check
    return Picture(
        at=time.time(),
        pid=os.getpid(),
        out=str(stations.out),
        seeds=stations.config.seeds,
        generation=stations.generation,
        state=_state(stations),
        elapsed=elapsed,
        discovered=sum(counts.values()),
        counts=counts,
        kinds=dict(counters.kinds),
        statuses={str(status): count for status, count in dict(counters.statuses).items()},
        targets=sum(frontier.targets.values()) if is_check else 0,
        targets_pending=frontier.targets_pending if is_check else 0,
        in_flight=stations.in_flight,
        pages_per_second=done / elapsed if elapsed else 0.0,
        pages_per_second_now=lately.rate,
        requests=counters.requests,
        retries=counters.retries,
        bytes=counters.bytes,
        extract_failed=counters.extract_failed,
        parser_restarts=counters.parser_restarts,
        writer_restarts=counters.writer_restarts,
        longest_stall=counters.longest_stall,
        memory_bytes=counters.memory,
        peak_memory_bytes=counters.peak_memory,
        concurrency=frontier.at_once,
        max_concurrency=stations.config.fetch.concurrency,
        stations=_stations(steps),
        queues=_queues(stations),
        steps=() if is_brief else _lanes(steps),
        hosts_known=hosts_known,
        hosts=tuple(hosts),
        records=() if is_brief else lately.records,
        errors=() if is_brief else lately.errors,
        message="waiting for memory (limits.memory)" if MEMORY in frontier.paused_by else None,
        page=stations.page,
    )


def last_picture(report: "CrawlReport", stations: Stations) -> Picture:
    """How the crawl ended, as everybody is to see it: with the figures of its summary, if it has one."""
    last = replace(picture(stations), state=report.state, message=report.message)
    if summary := report.summary:
        counts = {end: summary[end] for end in ENDS}
        targets = summary["targets"].values()
        last = replace(
            last,
            elapsed=summary["seconds"],
            discovered=summary["discovered"],
            counts=counts,
            targets=sum(ends["discovered"] for ends in targets),
            targets_pending=sum(ends["pending"] for ends in targets),
            pages_per_second=summary["pages_per_second"],
            longest_stall=summary["longest_stall_ms"] / 1_000,
            peak_memory_bytes=summary["peak_memory_bytes"],
        )
    return last


def _state(stations: Stations) -> str:
    if stations.stopped:
        return "stopping"
    if not stations.restored:
        return "starting"
    return "paused" if USER in stations.frontier.paused_by else "running"


def _stations(steps: list[Step]) -> tuple[Station, ...]:
    now, stages = time.time(), dict[str, list[Step]]()
    for step in steps:
        stages.setdefault(step.stage, []).append(step)
    found = []
    for stage, its in stages.items():
        busy = [(step.since, step.url) for step in its if step.url is not None]
        since, url = min(busy, default=(None, None))
        found.append(Station(stage, len(busy), len(its), None if since is None else now - since, url))
    return tuple(found)


def _queues(stations: Stations) -> tuple[QueueNow, ...]:
    ledger, limits = stations.committer.ledger, stations.config.write
    sent = sum(len(batch.finished) for batch in list(ledger.batches))
    return (
        *(
            QueueNow(queue.name.removesuffix("_queue"), len(queue), queue.bytes, queue.capacity)
            for queue in (stations.pages, stations.finished)
        ),
        QueueNow("unacked", sent, ledger.bytes, limits.max_unacked),
    )


def _lanes(steps: list[Step]) -> tuple[Lane, ...]:
    """All workers, or the first so many: busy ones first, the others in their order."""
    if len(steps) > MAX_LANES:
        steps = sorted(steps, key=lambda step: step.url is None)[:MAX_LANES]
    return tuple(
        Lane(step.stage, step.holder, step.pid, str(step.step), step.url, step.since) for step in steps
    )
