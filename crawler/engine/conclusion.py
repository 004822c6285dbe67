"""How a crawl is concluded: what is counted, written and said at its end."""

import logging
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from crawler.config import Config
from crawler.engine import lifecycle
from crawler.engine.lifecycle import Opened
from crawler.engine.pictures import live_picture
from crawler.engine.stations import Stations
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView
from crawler.model.errors import EXIT_STOPPED, CrawlFailed, OutputError
from crawler.model.outcomes import Kind
from crawler.plumbing import faults
from crawler.watch.summary import SUMMARY_FILE, make_summary, write_summary
from crawler.write.sinks import SINKS

log = logging.getLogger("crawler.engine")

EXIT_FAILED = 1

ERRORS_SHOWN = 10
"""URLs that are named in the summary, of each kind of error in turn."""
SOURCES_SHOWN = 3
"""Pages that are named for each of them."""
LINKS_LOOKED_AT = 30_000
"""Links of the first records among which these are looked for, in a few hundredths of a second."""

State = Literal["finished", "stopped", "incomplete"]


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
    try:
        if not stations.restored:
            # Stopped before it began: what an earlier run noted still holds.
            note_stopped(report, opened.state)
            return
        counts = opened.state.read(FrontierView.counts)
        # What was broken off may have known URLs that never reached the disk. They will be found again, since
        # the pages that name them are not done.
        discovered = stations.frontier.known if report.state == "finished" else sum(counts.values())
        pages_ok, asking_for_password, _ = opened.state.read(FrontierView.pages_ok)
        why_nothing = (
            None if pages_ok else opened.state.read(lambda view: _why_nothing(view, stations.config))
        )
        _judge(report, stations, counts, why_nothing)
        report.summary = make_summary(
            counts,
            stations.counters,
            discovered=discovered,
            state=report.state,
            seeds=stations.config.seeds,
            out=report.out,
            started_at=datetime.fromisoformat(opened.started_at),
            ended_at=datetime.now(UTC),
            seconds=seconds,
            runs=opened.runs,
            sinks={name: {"file": SINKS[name].file_name} for name in stations.config.write.sinks},
            hosts=opened.state.read(FrontierView.hosts),
        )
        # Of all runs together, as the counts are.
        report.summary |= opened.state.read(FrontierView.totals)
        report.summary["errors"] = (
            opened.state.read(lambda view: _errors(view, report.out)) if counts["error"] else []
        )
        if report.state == "finished":
            opened.state.read(
                lambda view: _judge_further(report, stations.config, view, asking_for_password > 0)
            )
        report.summary |= {"exit_code": report.exit_code, "message": report.message}
        # What one main loop can feed: its own thread's CPU, and the whole main process's.
        report.summary["loop_cpu_seconds"] = round(loop_cpu, 3)
        report.summary["main_cpu_seconds"] = round(time.process_time(), 3)
        faults.hit("end:before_summary")
        # First the summary, then the state: a crawl that is finished is never looked at again, so
        # between the two it must still count as one that has to go on.
        write_summary(report.out, report.summary)
        faults.hit("end:before_state")
        meta = {"state": report.state, "ended_at": lifecycle.now_utc(), "message": report.message or ""}
        opened.state.note(meta, live_picture(stations))
    except (CrawlFailed, OSError) as error:
        _not_noted(report, error)


def _not_noted(report: CrawlReport, error: CrawlFailed | OSError) -> None:
    """The end could not be written down, which after another failure (a full disk) goes without saying."""
    if report.state == "incomplete":
        return
    why = str(error)
    if isinstance(error, OSError):
        why = f"{report.out / SUMMARY_FILE} cannot be written: {error.strerror or error}"
    report.state, report.message = "incomplete", why
    if report.exit_code != EXIT_STOPPED:
        report.exit_code = CrawlFailed.exit_code
    log.error("%s", why)
    if report.summary:
        report.summary |= {"state": report.state, "exit_code": report.exit_code, "message": why}


def note_stopped(report: CrawlReport, state: CrawlState) -> None:
    """Note that the crawl was stopped, and how to go on."""
    how_stopped(report)
    state.note({"state": "stopped"})


def _errors(view: FrontierView, out: Path) -> list[dict[str, Any]]:
    """Some of the URLs that failed, with the first pages that lead there."""
    try:
        return _some_broken(view, out, LINKS_LOOKED_AT)
    except OutputError as error:  # somebody wrote into the records
        log.warning("%s", error)
        return _some_broken(view, out, 0)


def _some_broken(view: FrontierView, out: Path, most_links: int) -> list[dict[str, Any]]:
    from crawler.engine.broken_links import broken_links  # here and below: few crawls need it

    how = {"most": ERRORS_SHOWN, "most_links": most_links, "enough": SOURCES_SHOWN}
    with broken_links(view, out, **how) as broken:
        return [
            one._asdict()
            | {"linked_from": [page._asdict() for page in islice(one.linked_from, SOURCES_SHOWN)]}
            for one in broken
        ]


def _judge(report: CrawlReport, stations: Stations, counts: dict[str, int], why_nothing: str | None) -> None:
    """The state in which the crawl ends, its exit code, and what is said about it."""
    if report.state == "finished" and stations.stopped and counts["pending"]:
        report.state = "stopped"
    elif report.state == "stopped" and not counts["pending"]:
        report.state = "finished"
    if report.state == "stopped":
        how_stopped(report)
    elif report.state == "finished" and why_nothing is not None:
        report.state, report.exit_code, report.message = "incomplete", CrawlFailed.exit_code, why_nothing
    elif report.state == "incomplete" and counts["pending"]:
        how = f"crawler resume {report.out}"
        if how not in str(report.message):
            report.message = f"{str(report.message).rstrip('.')}; to go on: {how}"


def _why_nothing(view: FrontierView, config: Config) -> str:
    from crawler.engine.verdict import why_nothing

    return why_nothing(view, config)


def _judge_further(
    report: CrawlReport, config: Config, view: FrontierView, some_ask_for_password: bool
) -> None:
    """Whether a crawl that has ended fails all the same, and what its user should know."""
    summary = report.summary
    if summary["extract_failed"] > 1:
        log.warning("the extract function failed on %d pages", summary["extract_failed"])
    if config.run.fail_on or summary["kinds"].get(Kind.REDIRECTED) or some_ask_for_password:
        from crawler.engine.verdict import failing, login_wall

        report.message = failing(config, summary)
        if report.message is not None:
            report.exit_code = EXIT_FAILED
        else:
            report.message = login_wall(view)


def how_stopped(report: CrawlReport, *, may_go_on: bool = True) -> None:
    """Say how to go on; there is nothing to go on with where the settings were not saved yet."""
    report.exit_code = EXIT_STOPPED
    how = f"; to go on: crawler resume {report.out}" if may_go_on else " before it began"
    report.message = f"stopped{how}"
