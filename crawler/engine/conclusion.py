"""How a crawl is concluded: what is counted, written and said at its end."""

import logging
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from crawler.engine.lifecycle import now_utc
from crawler.engine.opened import Opened
from crawler.engine.picture import last_picture
from crawler.engine.stations import Stations
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView
from crawler.model.errors import EXIT_STOPPED, CrawlFailed
from crawler.model.outcomes import Kind
from crawler.plumbing import faults
from crawler.rules.urls import is_login_url
from crawler.sinks import SINKS
from crawler.watch.picture import brief, encode
from crawler.watch.summary import ENDS, SUMMARY_FILE, make_summary, write_summary

log = logging.getLogger("crawler.engine")

EXIT_FAILED = 1

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
    report: CrawlReport, stations: Stations, opened: Opened[CrawlState], seconds: float, loop_cpu: float
) -> None:
    """Count, write ``summary.json``, mark the crawl's state: blocking, in a thread."""
    try:
        if not stations.restored:
            # It ended before it began: what an earlier run noted still holds.
            if report.state != "incomplete":  # as it is where a sink cannot be opened
                how_stopped(report)
            opened.state.note({"state": report.state})
            return
        report.summary = opened.state.read(partial(_sum_up, report, stations, opened, seconds))
        report.summary |= {
            "exit_code": report.exit_code,
            "message": report.message,
            # What one main loop can feed: its own thread's CPU, and the whole main process's.
            "loop_cpu_seconds": round(loop_cpu, 3),
            "main_cpu_seconds": round(time.process_time(), 3),
        }
        faults.hit("end:before_summary")
        # First the summary, then the state: a crawl that is finished is never looked at again, so
        # between the two it must still count as one that has to go on.
        write_summary(report.out, report.summary)
        faults.hit("end:before_state")
        meta = {"state": report.state, "ended_at": now_utc(), "message": report.message or ""}
        last = last_picture(report, stations)
        opened.state.note(meta, encode(brief(last)).decode())
        stations.history.add(last, is_last=True)
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


def _sum_up(
    report: CrawlReport, stations: Stations, opened: Opened[CrawlState], seconds: float, view: FrontierView
) -> dict[str, Any]:
    """The summary of all runs together; judges the crawl by it."""
    counts, totals, config = view.counts(), view.totals(), stations.config
    targets = _targets(report, stations, view) if stations.is_check else {}
    kinds = totals["kinds"]
    found = {
        "errors": counts["error"],
        "http": kinds.get(Kind.HTTP_STATUS, 0),
        "extract": totals["extract_failed"],
        "redirects": kinds.get(Kind.REDIRECTED, 0),
        "elsewhere": kinds.get(Kind.OUT_OF_SCOPE, 0),
    }
    # What was broken off may have known URLs that never reached the disk. They will be found again, since
    # the pages that name them are not done.
    discovered = stations.frontier.known if report.state == "finished" else sum(counts.values())
    pending = counts["pending"] + sum(ends["pending"] for ends in targets.values())
    _judge(report, stations, view, pending, found)
    if opened.goes_on and report.state == "finished" and report.message is None:
        report.message = (
            f"generation {opened.generation} had been stopped before its end, and was gone on with:"
            " --again now begins the next"
        )
    errors = []
    if counts["error"]:
        from crawler.engine.broken_links import first_broken  # few crawls need it

        errors = first_broken(view, report.out)
    return make_summary(
        counts,
        stations.counters,
        discovered=discovered,
        state=report.state,
        seeds=config.seeds,
        out=report.out,
        started_at=datetime.fromisoformat(opened.started_at),
        ended_at=datetime.now(UTC),
        seconds=seconds,
        runs=opened.runs,
        sinks={name: {"file": SINKS[name].file_of(opened.generation)} for name in config.write.sinks},
        hosts=view.hosts(),
        targets=targets,
    ) | {
        **totals,
        "errors": errors,
        "near_duplicates": view.near_duplicates(),
        **_of_generation(opened, pending),
    }


def _of_generation(opened: Opened[CrawlState], pending: int) -> dict[str, Any]:
    """Which generation it is, and what has changed since the one before."""
    earlier = opened.earlier
    changes = None if earlier is None else earlier.changes(is_whole=not pending)
    return {"generation": opened.generation, "changes": changes}


def _targets(report: CrawlReport, stations: Stations, view: FrontierView) -> dict[str, dict[str, int]]:
    """What was asked for beside the pages: its counts as stored, and how many the frontier has taken in."""
    stored = view.targets()
    taken_in = {word: sum(ends.values()) for word, ends in stored.items()}
    if report.state == "finished":  # else as with the pages
        taken_in = dict(stations.frontier.targets)
    return {
        word: {"discovered": taken_in.get(word, 0), **dict.fromkeys(ENDS, 0), **stored.get(word, {})}
        for word in {**taken_in, **stored}
    }


def _judge(
    report: CrawlReport, stations: Stations, view: FrontierView, pending: int, found: dict[str, int]
) -> None:
    """The state in which the crawl ends, its exit code, and what is said about it, by what was ``found``."""
    if report.state == "finished" and stations.stopped and pending:
        report.state = "stopped"
    elif report.state == "stopped" and not pending:
        report.state = "finished"
    ok, asking_for_password, _ = view.pages_ok()
    if report.state == "stopped":
        how_stopped(report)
    elif report.state == "incomplete":
        how = f"crawler resume {report.out}"
        if pending and how not in str(report.message):
            report.message = f"{str(report.message).rstrip('.')}; to go on: {how}"
    elif not ok:
        from crawler.engine.verdict import why_nothing  # here and below: few crawls need it

        report.state, report.exit_code = "incomplete", CrawlFailed.exit_code
        report.message = why_nothing(view, stations.config)
    elif busy := stations.frontier.given_up:
        from crawler.engine.verdict import put_off

        report.state, report.exit_code = "incomplete", CrawlFailed.exit_code
        words = put_off(busy, stations.config)
        report.message = f"{words}: {pending:,} URLs are pending; to go on: crawler resume {report.out}"
    else:
        if found["extract"] > 1:
            log.warning("the extract function failed on %d pages", found["extract"])
        fail_on = {what: found[what] for what in stations.config.run.fail_on if found[what]}
        if fail_on:
            report.exit_code = EXIT_FAILED
            words = ", ".join(f"{what} {count:,}" for what, count in fail_on.items())
            report.message = f"there is what --fail-on names: {words}"
        elif found["redirects"] or found["elsewhere"] or asking_for_password:
            wall = view.login_wall(is_login_url)
            if wall is not None or found["elsewhere"]:
                from crawler.engine.verdict import elsewhere, login_wall

                report.message = elsewhere(view, stations.config) if wall is None else login_wall(*wall)


def how_stopped(report: CrawlReport, *, may_go_on: bool = True) -> None:
    """Say how to go on; there is nothing to go on with where the settings were not saved yet."""
    report.exit_code = EXIT_STOPPED
    how = f"; to go on: crawler resume {report.out}" if may_go_on else " before it began"
    report.message = f"stopped{how}"
