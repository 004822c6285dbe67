"""``crawler status``: how a crawl stands, read from its ``crawl.db``, whether it lives or not.

A live crawl writes a snapshot of its workers once a second. That a process with its pid exists is
not enough to call it alive: the pid may be another program's by now, or the crawl may hang. So
the snapshot's age is looked at too.
"""

import json as json_module
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from crawler.model.rows import HostRow
from crawler.watch.broken import Broken, lines, write_json
from crawler.watch.hosts import COLUMNS, host_counts, host_pace, largest

if TYPE_CHECKING:
    from rich.console import Console

SILENT_AFTER = 10.0
"""Seconds without a new snapshot after which a running crawl counts as hanging."""


class CrawlView(Protocol):
    """Reads ``crawl.db`` without changing it; made by its owner, the frontier."""

    def settings(self) -> dict[str, Any]:
        """The configuration with which the crawl was started."""

    def meta(self) -> dict[str, str]:
        """Facts about the crawl, among them ``state``, ``pid``, ``started_at``, ``updated_at``."""

    def counts(self) -> dict[str, int]:
        """URLs by the name of their state: pending, ok, truncated, error, skipped."""

    def hosts(self) -> Sequence[HostRow]:
        """Every origin with its counts."""

    def live(self) -> dict[str, Any] | None:
        """The last snapshot: ``pid``, ``at`` (Unix time), ``steps``, ``queues``, ``pages_per_second``."""


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether the crawl's process lives."""

    word: str
    """``running``, ``silent`` (its pid lives and says nothing), ``dead`` or how the crawl ended."""
    pid: int | None
    alive: bool
    """The pid lives, and the crawl has not said that it ended."""
    silent_seconds: float | None
    """Since the last snapshot; None where there is none."""


def print_status(
    view: CrawlView,
    json: bool = False,
    console: "Console | None" = None,
    now: float | None = None,
    *,
    hosts: bool = False,
    errors: Iterable[Broken] | None = None,
    all_pages: bool = True,
) -> None:
    """Show how the crawl stands; with ``json``, as one JSON object. ``console``: default stdout.

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


def make_report(view: CrawlView, now: float) -> dict[str, Any]:
    """Everything there is to say, as a dict that JSON can hold. ``now``: Unix time in seconds.

    Keys: ``state`` (running, silent, dead, finished, stopped, incomplete), ``alive``, ``pid``,
    ``silent_seconds``, ``discovered``, ``counts``, ``hosts`` (with what :func:`host_pace` says),
    ``oldest`` (the in-flight URL that is longest at its step, or null), ``in_flight`` (all of them, the
    oldest first, each with ``age_seconds``), ``queues``, ``pages_per_second``, ``memory_bytes`` and
    ``peak_memory_bytes`` (of all its processes), ``meta``, ``settings``. The age is taken now on a live
    crawl, and at its last snapshot on a dead one.
    """
    meta, live = view.meta(), view.live()
    liveness = judge(meta, live, now)
    counts = dict.fromkeys(COLUMNS, 0) | {name.lower(): n for name, n in view.counts().items()}
    in_flight = _in_flight(live, now if liveness.alive else None)
    hosts = view.hosts()
    return {
        "state": liveness.word,
        "alive": liveness.alive,
        "pid": liveness.pid,
        "silent_seconds": liveness.silent_seconds,
        "discovered": sum(counts.values()),
        "counts": counts,
        "hosts": [host_counts(host) | host_pace(host, now) for host in largest(hosts, len(hosts))],
        "oldest": in_flight[0] if in_flight else None,
        "in_flight": in_flight,
        "queues": live.get("queues", []) if live else [],
        "pages_per_second": live.get("pages_per_second") if live and liveness.word == "running" else None,
        "memory_bytes": live.get("memory_bytes") if live and liveness.alive else None,
        "peak_memory_bytes": live.get("peak_memory_bytes") if live else None,
        "meta": meta,
        "settings": view.settings(),
    }


def judge(meta: Mapping[str, str], live: Mapping[str, Any] | None, now: float) -> Liveness:
    """Whether the crawl lives. What it said itself about its end counts first."""
    pid = _pid(meta, live)
    silent = None if live is None else max(0.0, now - live["at"])
    state = meta.get("state", "").lower()
    if state in ("finished", "stopped", "incomplete"):
        return Liveness(state, pid, alive=False, silent_seconds=silent)
    if pid is None or not _exists(pid):
        return Liveness("dead", pid, alive=False, silent_seconds=silent)
    word = "running" if silent is None or silent <= SILENT_AFTER else "silent"
    return Liveness(word, pid, alive=True, silent_seconds=silent)


def _pid(meta: Mapping[str, str], live: Mapping[str, Any] | None) -> int | None:
    written = meta.get("pid") or (live or {}).get("pid")
    return int(written) if written else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, but there
    return True


def _in_flight(live: Mapping[str, Any] | None, now: float | None) -> list[dict[str, Any]]:
    if live is None:
        return []
    moment = live["at"] if now is None else now
    busy = [step for step in live.get("steps", []) if step.get("url")]
    return [
        {**step, "age_seconds": round(max(0.0, moment - step["since"]), 3)}
        for step in sorted(busy, key=lambda step: step["since"])
    ]
