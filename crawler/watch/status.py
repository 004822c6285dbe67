"""``crawler status``: the state of a crawl, read from its ``crawl.db``, while it runs and afterwards.

A live crawl writes a snapshot of its workers once a second. That a process with its pid exists is
not enough to call it alive: the pid may be another program's by now, or the crawl may hang. So
the age of the snapshot counts too.
"""

import json as json_module
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.model.cluster import CLUSTER_ENTRY
from crawler.plumbing.file_lock import pid_exists
from crawler.sinks.facts import FactsSink
from crawler.watch.broken import Broken, lines, write_json
from crawler.watch.hosts import COLUMNS, host_counts, host_pace, largest
from crawler.watch.progress_line import standing

if TYPE_CHECKING:
    from rich.console import Console

    from crawler.frontier.view import FrontierView

SILENT_AFTER = 10.0
"""Seconds without a new snapshot after which a running crawl counts as hanging."""


class Liveness(NamedTuple):
    """Whether the crawl's process lives."""

    state: str
    """``running``, ``silent`` (its pid lives and says nothing), ``dead`` or how the crawl ended."""
    alive: bool
    """The pid lives, and the crawl has not said that it ended."""
    pid: int | None
    silent_seconds: float | None
    """Since the last snapshot; None where there is none."""


def print_status(
    view: "FrontierView",
    json: bool = False,
    console: "Console | None" = None,
    now: float | None = None,
    *,
    hosts: bool = False,
    errors: Iterable[Broken] | None = None,
    all_pages: bool = True,
) -> None:
    """Show the state of the crawl; with ``json``, as one JSON object. ``console``: default stdout.

    ``hosts``: every host with its limits and how they were kept, instead of the largest ones.
    ``errors``: every URL that failed, with all pages that lead to it; without ``all_pages`` only the
    first one is known. ``now`` is Unix time in seconds, for tests.
    """
    report = make_report(view, time.time() if now is None else now)
    # Straight to the file: a console would break the lines at its width.
    stream = console.file if console else sys.stdout
    if json and errors is not None:
        write_json(report | {"all_pages": all_pages}, errors, stream)
        return
    if json:
        stream.write(json_module.dumps(report, indent=2, ensure_ascii=False) + "\n")
        return
    from crawler.watch.status_view import show

    show(report, console, all_hosts=hosts)
    if errors is not None:
        stream.write(f"\nbroken URLs: {report['counts']['error']:,}\n")
        stream.writelines(f"{heading or f'  {line}'}\n" for heading, line in lines(errors))
        if not all_pages:
            stream.write(
                "Only the page that first named each is known: there are no records to look through.\n"
            )


def make_report(view: "FrontierView", now: float) -> dict[str, Any]:
    """Everything there is to say, as a dict that JSON can hold. ``now``: Unix time in seconds.

    Keys: ``state`` (running, silent, dead, finished, stopped, incomplete), ``alive``, ``pid``,
    ``silent_seconds``, ``standing`` (what a live crawl does instead of running: it is paused, stopping, or
    waits for memory; else null), ``discovered``, ``counts``, ``targets`` (URLs that a check asks for beside
    the pages, by what they are asked for, each with the same counts), ``hosts`` (with what :func:`host_pace`
    says), ``oldest`` (the in-flight URL that is longest at its step, or null), ``in_flight`` (all of them,
    the oldest first, each with ``age_seconds``), ``queues``, ``pages_per_second``, ``memory_bytes`` and
    ``peak_memory_bytes`` (of all its processes), ``meta``, ``settings``. The age is taken now on a live
    crawl, and at its last snapshot on a dead one.
    """
    meta, live = view.meta(), view.live() or {}
    liveness = judge(meta, live, now)
    counts = dict.fromkeys(COLUMNS, 0) | {name.lower(): n for name, n in view.counts().items()}
    moment = now if liveness.alive else live.get("at", now)
    in_flight = [
        {**step, "age_seconds": round(max(0.0, moment - step["since"]), 3)}
        for step in sorted(live.get("steps", []), key=lambda step: step["since"])
        if step.get("url")
    ]
    hosts, settings = view.hosts(), view.settings()
    is_check = FactsSink.name in settings.get("write", {}).get("sinks", [])
    return {
        **liveness._asdict(),
        "standing": standing(live.get("state", "running"), live.get("message")) if liveness.alive else None,
        "generation": view.generation,
        "discovered": sum(counts.values()),
        "counts": counts,
        "targets": view.targets() if is_check else {},  # elsewhere there are none to be counted
        "hosts": [host_counts(host) | host_pace(host, now) for host in largest(hosts, len(hosts))],
        "oldest": in_flight[0] if in_flight else None,
        "in_flight": in_flight,
        "queues": live.get("queues", []),
        "pages_per_second": live.get("pages_per_second") if liveness.state == "running" else None,
        "memory_bytes": live.get("memory_bytes") if liveness.alive else None,
        "peak_memory_bytes": live.get("peak_memory_bytes"),
        "meta": meta,
        "settings": settings,
    }


def judge(meta: Mapping[str, str], live: Mapping[str, Any], now: float) -> Liveness:
    """Whether the crawl lives, whose last snapshot is ``live``. What it said of its end counts first."""
    written = meta.get("pid") or live.get("pid")
    pid = int(written) if written else None
    silent = max(0.0, now - live["at"]) if live else None
    state = meta.get("state", "").lower()
    if state in ("finished", "stopped", "incomplete") or CLUSTER_ENTRY in meta:
        return Liveness(state, False, pid, silent)  # where nodes live, their database knows
    if pid is None or not pid_exists(pid):
        return Liveness("dead", False, pid, silent)
    is_silent = silent is not None and silent > SILENT_AFTER
    return Liveness("silent" if is_silent else "running", True, pid, silent)
