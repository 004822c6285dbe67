"""How a crawl is concluded: what is counted, written and said at its end."""

import logging
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from crawler.engine import lifecycle
from crawler.engine.lifecycle import Opened
from crawler.engine.stations import Stations
from crawler.frontier import rows
from crawler.frontier.store_thread import StoreThread
from crawler.model.errors import CrawlFailed, SeedsUnreachable
from crawler.plumbing import faults
from crawler.watch.summary import make_summary, write_summary
from crawler.write.sinks import SINKS

log = logging.getLogger("crawler.engine")

EXIT_STOPPED = 130

State = Literal["finished", "stopped", "incomplete", "already_finished"]


class CrawlReport(msgspec.Struct):
    """How a crawl ended."""

    out: Path
    state: State
    summary: dict[str, Any] = {}
    """The content of ``summary.json``."""
    message: str | None = None
    """One sentence: what went wrong, or how to go on."""
    exit_code: int = 0


def conclude(
    report: CrawlReport, stations: Stations, opened: Opened, seconds: float, loop_cpu: float
) -> None:
    """Count, write ``summary.json``, mark the crawl's state: blocking, in a thread."""
    store = opened.store
    try:
        if not stations.restored:
            # Stopped before it began: what an earlier run noted still holds.
            note_stopped(report, store)
            return
        counts = store.run(rows.counts)
        _judge(report, stations, counts, store.run(_unreachable))
        report.summary = make_summary(
            counts,
            stations.counters,
            discovered=stations.frontier.known,
            state=report.state if report.state != "already_finished" else "finished",
            seeds=stations.config.seeds,
            out=report.out,
            started_at=datetime.fromisoformat(opened.started_at),
            ended_at=datetime.now(UTC),
            seconds=seconds,
            runs=opened.runs,
            sinks={name: {"file": SINKS[name].file_name} for name in stations.config.write.sinks},
            hosts=store.run(rows.hosts),
        )
        # Of all runs together, as the counts are.
        report.summary |= {"kinds": store.run(rows.kinds), **store.run(rows.links_left)}
        # What one main loop can feed: its own thread's CPU, and the whole main process's.
        report.summary["loop_cpu_seconds"] = round(loop_cpu, 3)
        report.summary["main_cpu_seconds"] = round(time.process_time(), 3)
        faults.hit("end:before_summary")
        # First the summary, then the state: a crawl that is finished is never looked at again, so
        # between the two it must still count as one that has to go on.
        write_summary(report.out, report.summary)
        faults.hit("end:before_state")
        meta = {"state": report.state, "ended_at": lifecycle.now_utc()}
        store.run(lambda db: rows.save_live(db, stations.live_text()))
        store.run(lambda db: rows.set_meta(db, meta))
    except (CrawlFailed, OSError) as error:
        log.error("the end of the crawl could not be noted: %s", error)
        report.exit_code = report.exit_code or CrawlFailed.exit_code
        if report.state != "incomplete":
            report.state, report.message = "incomplete", str(error)


def note_stopped(report: CrawlReport, store: StoreThread) -> None:
    """Note that the crawl was stopped, and how to go on."""
    how_stopped(report)
    store.run(lambda db: rows.set_meta(db, {"state": "stopped"}))


def _judge(report: CrawlReport, stations: Stations, counts: dict[str, int], unreachable: str | None) -> None:
    """The state in which the crawl ends, its exit code, and what is said about it."""
    if report.state == "finished" and stations.stopped and counts["pending"]:
        report.state = "stopped"
    elif report.state == "stopped" and not counts["pending"]:
        report.state = "finished"
    if report.state == "stopped":
        how_stopped(report)
    elif report.state == "finished" and unreachable is not None:
        report.state, report.exit_code = "incomplete", SeedsUnreachable.exit_code
        report.message = f"no seed could be reached: {unreachable}"
    elif report.state == "incomplete" and counts["pending"]:
        how = f"crawler resume {report.out}"
        if how not in str(report.message):
            report.message = f"{str(report.message).rstrip('.')}; to go on: {how}"
    elif report.state == "finished" and not (counts["ok"] or counts["truncated"] or counts["error"]):
        report.message = "no page was crawled: no seed leads to one inside the scope; the records say why"


def how_stopped(report: CrawlReport, *, may_go_on: bool = True) -> None:
    """Say how to go on; there is nothing to go on with where the settings were not saved yet."""
    report.exit_code = EXIT_STOPPED
    how = f"; to go on: crawler resume {report.out}" if may_go_on else " before it began"
    report.message = f"stopped{how}"


def _unreachable(db: sqlite3.Connection) -> str | None:
    return rows.seeds_unreachable(db, lifecycle.UNREACHABLE)
