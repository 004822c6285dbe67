"""One crawl from its configuration to its report: what the commands and the library call."""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from crawler.config import Config
from crawler.engine import lifecycle
from crawler.engine.lifecycle import Opened
from crawler.engine.stations import Stations
from crawler.engine.street import walk
from crawler.frontier import rows
from crawler.model.errors import CrawlerError, CrawlFailed, SeedsUnreachable
from crawler.model.messages import Finished
from crawler.parse.extract import check_callable, load
from crawler.plumbing.fork_server_process import refuse_inside_import, start_fork_server
from crawler.plumbing.starter_thread import off_loop
from crawler.plumbing.stop_signal import stop_signals
from crawler.trace.logs import to_record
from crawler.watch.log_thread import start_logging
from crawler.watch.progress_thread import Progress
from crawler.watch.summary import make_summary, write_summary
from crawler.write.sinks import SINKS

log = logging.getLogger("crawler.engine")

EXIT_STOPPED = 130

State = Literal["finished", "stopped", "incomplete", "already_finished"]


@dataclass(slots=True)
class CrawlReport:
    """How a crawl ended."""

    out: Path
    state: State
    summary: dict[str, Any] = field(default_factory=dict)
    """The content of ``summary.json``."""
    message: str | None = None
    """One sentence: what went wrong, or how to go on."""
    exit_code: int = 0


def crawl_to_end(config: Config, *, extract: Callable[..., Any] | None = None) -> CrawlReport:
    """Crawl, or go on with the crawl in ``config.out``, in an event loop of its own.

    Blocks until the crawl has ended. The first Ctrl-C finishes what is in flight and saves, the
    second stops at once. Raises UsageError; how a crawl fails is said in the report.
    """
    refuse_inside_import()
    out = prepare(config, extract)
    with lifecycle.output_folder(out):
        opened = lifecycle.open_store(config, out)
        try:
            if opened.is_finished:
                return already_finished(out)
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                return runner.run(run(config, out, opened, extract=extract, own_process=True))
        finally:
            opened.store.stop()


def prepare(config: Config, extract: Callable[..., Any] | None) -> Path:
    """Refuse what cannot work before anything is started; returns the output folder.

    Raises UsageError, ExtractError.
    """
    lifecycle.require_seeds(config)
    if extract is not None:
        check_callable(extract)
    elif config.parse.extract is not None:
        load(config.parse.extract)
    return config.out or lifecycle.new_folder(config.seeds)


def already_finished(out: Path) -> CrawlReport:
    """The report on a crawl that needs nothing more."""
    return CrawlReport(
        out,
        "already_finished",
        lifecycle.read_summary(out),
        f"the crawl in {out} is finished already; nothing was changed",
    )


async def run(
    config: Config,
    out: Path,
    opened: Opened,
    *,
    extract: Callable[..., Any] | None = None,
    own_process: bool = False,
    on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    on_start: Callable[[Stations], None] | None = None,
) -> CrawlReport:
    """Run the crawl in this event loop. ``own_process``: its terminal and signals are ours too."""
    started, loop_cpu = time.monotonic(), time.thread_time()
    # A library leaves logging to the program that it is part of.
    logs = await off_loop(lambda: start_logging(config.log.level, out)) if own_process else None
    await off_loop(start_fork_server)
    stations = Stations(
        config,
        out,
        opened,
        extract=extract,
        feed_log=logs.feed if logs is not None else _log_here,
        on_committed=on_committed,
    )
    progress = Progress(
        stations.snapshot, config.progress.interval, show=own_process and config.progress.show
    )
    report = CrawlReport(out, "finished")
    try:
        await stations.restore()
        if on_start is not None:
            on_start(stations)
        progress.start()
        await _walk_until_stopped(stations, own_process)
    except* CrawlerError as group:
        failure = _first(group)
        log.error("%s", failure)
        report.state, report.message, report.exit_code = "incomplete", str(failure), failure.exit_code
    finally:
        await stations.close()
        await off_loop(progress.stop)
        loop_cpu = time.thread_time() - loop_cpu
        await off_loop(lambda: _conclude(report, stations, opened, started, loop_cpu))
        if logs is not None:
            await off_loop(logs.stop)
    return report


def _log_here(record: dict[str, Any]) -> None:
    """Let a child's log record go where this process's own ones go."""
    found = to_record(record)
    logging.getLogger(found.name).handle(found)


async def _walk_until_stopped(stations: Stations, own_process: bool) -> None:
    walking = asyncio.ensure_future(walk(stations))

    def first(name: str) -> None:
        log.warning(
            "%s: finishing %d URLs in flight, then saving; once more to stop at once",
            name,
            stations.frontier.leased,
        )
        stations.stop()

    def second() -> None:
        log.warning("stopping at once; what is not committed will be fetched again")
        walking.cancel()

    if not own_process:
        await walking
        return
    with stop_signals(first, second):
        try:
            await walking
        except asyncio.CancelledError:
            if not stations.stopped:
                raise


def _conclude(
    report: CrawlReport, stations: Stations, opened: Opened, started: float, loop_cpu: float
) -> None:
    """Count, write ``summary.json``, mark the crawl's state: blocking, in a thread."""
    config, store = stations.config, opened.store
    try:
        counts = store.run(rows.counts)
        unreachable = store.run(lambda db: rows.seeds_unreachable(db, lifecycle.UNREACHABLE))
        hosts = store.run(rows.hosts)
        if report.state == "finished" and stations.stopped and counts["pending"]:
            report.state = "stopped"
        if report.state == "stopped":
            report.exit_code = EXIT_STOPPED
            report.message = f"stopped; to go on: crawler resume {report.out}"
        elif report.state == "finished" and unreachable is not None:
            report.state, report.exit_code = "incomplete", SeedsUnreachable.exit_code
            report.message = f"no seed could be reached: {unreachable}"
        elif (
            report.state == "incomplete" and counts["pending"] and "crawler resume" not in str(report.message)
        ):
            report.message = f"{report.message}; to go on: crawler resume {report.out}"
        report.summary = make_summary(
            counts,
            stations.counters,
            discovered=stations.frontier.known,
            state=report.state if report.state != "already_finished" else "finished",
            seeds=config.seeds,
            out=report.out,
            started_at=datetime.fromisoformat(opened.started_at),
            ended_at=datetime.now(UTC),
            seconds=time.monotonic() - started,
            runs=opened.runs,
            sinks={name: {"file": SINKS[name].file_name} for name in config.write.sinks},
            hosts=hosts,
        )
        # What one main loop can feed: its own thread's CPU, and the whole main process's.
        report.summary["loop_cpu_seconds"] = round(loop_cpu, 3)
        report.summary["main_cpu_seconds"] = round(time.process_time(), 3)
        meta = {"state": report.state, "ended_at": lifecycle.now_utc()}
        store.run(lambda db: rows.save_live(db, stations.live_text()))
        store.run(lambda db: rows.set_meta(db, meta))
        write_summary(report.out, report.summary)
    except (CrawlFailed, OSError) as error:
        log.error("the end of the crawl could not be noted: %s", error)
        report.exit_code = report.exit_code or CrawlFailed.exit_code
        if report.state != "incomplete":
            report.state, report.message = "incomplete", str(error)


def _first(group: BaseExceptionGroup[CrawlerError]) -> CrawlerError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, CrawlerError) else CrawlFailed(str(error))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform != "win32":
        with suppress(ImportError):
            import uvloop

            return uvloop.new_event_loop
    return asyncio.new_event_loop
