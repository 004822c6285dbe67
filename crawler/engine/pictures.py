"""How a crawl stands at a moment: for the progress display, and for ``crawler status``."""

import json
import os
import time

from crawler.engine.stations import Stations
from crawler.watch.snapshot import Snapshot, StageLoad


def snapshot(stations: Stations) -> Snapshot:
    """How the crawl stands at this moment."""
    stages: dict[str, list[float]] = {}
    oldest: dict[str, str | None] = {}
    workers: dict[str, int] = {}
    now = time.time()
    for step in stations.steps.all():
        workers[step.stage] = workers.get(step.stage, 0) + 1
        if step.url is not None:
            ages = stages.setdefault(step.stage, [])
            if not ages or now - step.since > max(ages):
                oldest[step.stage] = step.url
            ages.append(now - step.since)
    loads = [
        StageLoad(
            stage, len(ages := stages.get(stage, [])), count, max(ages, default=None), oldest.get(stage)
        )
        for stage, count in workers.items()
    ]
    return Snapshot(
        counters=stations.counters,
        queues=stations.queues.depths(),
        stages=loads,
        pending=stations.frontier.pending + stations.in_flight,
        in_flight=stations.in_flight,
        known=stations.frontier.known,
        unacked_bytes=stations.committer.ledger.bytes,
        memory_bytes=stations.counters.memory,
        peak_memory_bytes=stations.counters.peak_memory,
    )


def live_picture(stations: Stations) -> str:
    """The snapshot as JSON: who holds what since when, how full the queues are."""
    fields = ("stage", "holder", "pid", "step", "url", "since")
    return json.dumps(
        {
            "pid": os.getpid(),
            "at": time.time(),
            "steps": [{name: getattr(step, name) for name in fields} for step in stations.steps.busy()],
            "queues": [depth._asdict() for depth in stations.queues.depths()],
            "pages_per_second": snapshot(stations).mean_rate,
            "memory_bytes": stations.counters.memory,
            "peak_memory_bytes": stations.counters.peak_memory,
        }
    )
