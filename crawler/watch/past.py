"""A crawl from its begin to now, as pictures: its history, and at its end what ``crawl.db`` says of it.

Of a crawl that kept no history there is one picture, made of ``crawl.db`` and ``summary.json``.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crawler.watch.history import HISTORY_FILE, history_of, read_history
from crawler.watch.picture import MAX_HOSTS, HostNow, Lane, Picture, QueueNow
from crawler.watch.status import make_report
from crawler.watch.summary import SUMMARY_FILE, kept_summary

if TYPE_CHECKING:
    from crawler.frontier.view import FrontierView

_LANES = 256


class Past(NamedTuple):
    """What there is to be shown of a crawl."""

    pictures: list[Picture]
    """The oldest first; one at least."""
    has_history: bool
    """Else its last picture is all there is."""
    is_live: bool


def past_of(view: "FrontierView", out: Path, now: float) -> Past:
    """Every picture of the crawl in ``out`` that ``view`` is of. ``now``: Unix time in seconds. Blocks.

    The last one agrees with ``crawl.db``. Of a crawl that ended without saying so its state is ``dead``.
    Raises OutputError where the history is there and cannot be read.
    """
    report = make_report(view, now)
    kept = read_history(history_of(out, report["generation"]))
    if report["alive"]:
        return Past(kept or [_of_report(report, {})], bool(kept), is_live=True)
    if not kept:
        return Past([_of_report(report, _summary(out, report["generation"]))], False, is_live=False)
    last = kept[-1]
    ended = msgspec.structs.replace(
        last,
        state=report["state"],
        message=_message(report),
        discovered=report["discovered"],
        counts=report["counts"],
    )
    # What a kill left has no picture of its own: the last one stands for it.
    pictures = kept[:-1] if last.state == ended.state or ended.state == "dead" else kept
    return Past([*pictures, ended], True, is_live=False)


def without_history(out: Path) -> str:
    """What is to be said of a crawl in ``out`` that kept no history; its nodes may have."""
    said = f"{out} has no history of its time: its last picture is all there is"
    nodes = [str(path.parent) for path in sorted(out.glob(f"*/{HISTORY_FILE}"))]
    return f"{said}; a history of its own is in each of {', '.join(nodes)}" if nodes else said


def _message(report: Mapping[str, Any]) -> str | None:
    if report["state"] == "dead":
        gone = "" if report["pid"] is None else f"; pid {report['pid']} is gone"
        return f"it ended without saying so{gone}"
    return report["meta"].get("message") or None


def _summary(out: Path, generation: int) -> dict[str, Any]:
    """``summary.json`` of that generation; empty where there is none, or none that can be read."""
    kept = kept_summary(out, generation)
    try:
        found: dict[str, Any] = json.loads((kept if kept.exists() else out / SUMMARY_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if found.get("generation", 1) == generation else {}


def _of_report(report: Mapping[str, Any], summary: Mapping[str, Any]) -> Picture:
    """The one picture that can be made without a history."""
    settings, targets = report["settings"], report["targets"].values()
    concurrency = settings.get("fetch", {}).get("concurrency", 0)
    seconds, ended = summary.get("seconds", 0.0), report["meta"].get("ended_at")
    return Picture(
        at=datetime.fromisoformat(ended).timestamp() if ended else 0.0,
        pid=report["pid"] or 0,
        out=str(settings.get("out") or ""),
        seeds=tuple(settings.get("seeds", ())),
        generation=report["generation"],
        state=report["state"],
        elapsed=seconds,
        discovered=report["discovered"],
        counts=report["counts"],
        kinds=summary.get("kinds", {}),
        statuses=summary.get("statuses", {}),
        targets=sum(sum(ends.values()) for ends in targets),
        targets_pending=sum(ends["pending"] for ends in targets),
        in_flight=len(report["in_flight"]),
        pages_per_second=summary.get("pages_per_second", 0.0),
        pages_per_second_now=0.0,
        requests=summary.get("requests", 0),
        retries=summary.get("retries", 0),
        bytes=summary.get("bytes", 0),
        extract_failed=summary.get("extract_failed", 0),
        parser_restarts=summary.get("parser_restarts", 0),
        writer_restarts=summary.get("writer_restarts", 0),
        longest_stall=summary.get("longest_stall_ms", 0.0) / 1_000,
        memory_bytes=report["memory_bytes"] or 0,
        peak_memory_bytes=report["peak_memory_bytes"] or summary.get("peak_memory_bytes", 0),
        concurrency=concurrency,
        max_concurrency=concurrency,
        stations=(),
        queues=tuple(QueueNow(**queue) for queue in report["queues"]),
        steps=tuple(map(_lane, report["in_flight"][:_LANES])),
        hosts_known=len(report["hosts"]),
        hosts=tuple(map(_host, report["hosts"][:MAX_HOSTS])),
        records=(),
        errors=(),
        message=_message(report),
    )


def _lane(step: Mapping[str, Any]) -> Lane:
    return Lane(**{field: step[field] for field in Lane.__struct_fields__})


def _host(host: Mapping[str, Any]) -> HostNow:
    return HostNow(
        origin=host["origin"],
        in_flight=0,
        pending=host["pending"],
        per_host=host.get("per_host_now", 0),
        delay=host.get("delay_now", 0.0),
        slowed=host.get("slowed", 1.0),
        resting_seconds=host.get("resting_seconds", 0.0),
        failures=host.get("failures", 0),
        crawl_delay=None,
        given_up=False,
    )
