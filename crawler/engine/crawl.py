"""One crawl from its configuration to its report: what the commands and the library call."""

import asyncio
import gc
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.config.frontier_section import ClusterConfig
from crawler.engine import lifecycle
from crawler.engine.conclusion import CrawlReport, conclude, how_stopped
from crawler.engine.handle import Beside, Handle
from crawler.engine.lifecycle import new_folder, open_crawl, output_folder
from crawler.engine.opened import Opened, S
from crawler.engine.picture import picture
from crawler.engine.stations import Stations
from crawler.engine.stopping import Stopping
from crawler.engine.street import walk
from crawler.engine.watchers import within_memory
from crawler.fetch.backend import require_backend
from crawler.model.errors import CrawlerError, CrawlFailed, UsageError
from crawler.model.messages import Finished
from crawler.parse.extract import check_callable, load
from crawler.plumbing.fork_server_process import (
    refuse_inside_import,
    refuse_main_from_nowhere,
    start_fork_server,
)
from crawler.plumbing.starter_thread import block_off_loop, off_loop, to_its_end
from crawler.plumbing.stop_signal import stop_signals
from crawler.trace.logs import to_record
from crawler.watch.log_thread import start_logging
from crawler.watch.memory_reading import memory_of_this_process
from crawler.watch.progress_thread import ProgressDisplay
from crawler.write.requirements import require_sinks

log = logging.getLogger("crawler.engine")


def crawl_to_end(
    config: Config, *, extract: Callable[..., Any] | None = None, beside: Beside = nullcontext
) -> CrawlReport:
    """Crawl, or go on with the crawl in ``config.out``, in an event loop of its own; ``beside`` looks on.

    Blocks until the crawl has ended. The first Ctrl-C finishes what is in flight and saves, the
    second stops at once. Raises UsageError; how a crawl fails is said in the report.
    """
    refuse_inside_import()
    if config.cluster != ClusterConfig():
        from crawler.engine.shared import refuse_settings

        refuse_settings(config)
    config, logins = lifecycle.serialised(config)
    out = prepare(config, extract)
    with output_folder(out):
        try:
            with open_crawl(config, out, logins, extract) as opened:
                return in_own_loop(
                    run(
                        config,
                        out,
                        opened,
                        conclude=conclude,
                        extract=extract,
                        own_process=True,
                        beside=beside,
                    )
                )
        except KeyboardInterrupt:
            # Before the loop listened for it: nothing was begun that could be lost.
            from crawler.engine.resuming import note_interrupted

            report = CrawlReport(out, "stopped")
            how_stopped(report, may_go_on=note_interrupted(out))
            return report


def in_own_loop(crawl: Coroutine[Any, Any, CrawlReport]) -> CrawlReport:
    """Run ``crawl`` in an event loop that is made for it, the fastest there is."""
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):  # there is no uvloop for Windows
        import uvloop

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(crawl)


def prepare(config: Config, extract: Callable[..., Any] | None) -> Path:
    """Refuse what cannot work before anything is started; returns the output folder.

    Raises UsageError.
    """
    if not config.seeds:
        raise UsageError("no seed: name a URL on the command line, or seeds = [...] in the config file")
    if config.again and config.out is None:
        where = config.origin_of("again")
        raise UsageError(f"again = true ({where}) needs the folder of the crawl: name it with -o, or out = …")
    require_backend(config)
    require_sinks(config)
    in_processes = config.parse.executor == "process"
    if in_processes or config.write.sinks:
        refuse_main_from_nowhere()
    if extract is not None:
        check_callable(extract, travels=in_processes)
    elif config.parse.extract is not None:
        load(config.parse.extract, travels=in_processes)
    return config.out or new_folder(config.seeds)


async def run(
    config: Config,
    out: Path,
    opened: Opened[S],
    *,
    conclude: Callable[[CrawlReport, Stations, Opened[S], float, float], None],
    extract: Callable[..., Any] | None = None,
    own_process: bool = False,
    on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    on_start: Callable[[Stations], None] = lambda _: None,
    beside: Beside = nullcontext,
) -> CrawlReport:
    """Run the crawl in this event loop. ``own_process``: its terminal and signals are ours too.

    ``beside`` is given the crawl's handle, and entered and left in threads: when all is over it is left last.

    ``conclude`` is called at the end, in a thread, with the seconds that it took and those of this thread's
    CPU: it counts, and says in the report how the crawl ended.
    """
    stopping = Stopping()
    # From here on a Ctrl-C is a wish to stop, even before there is anything to be stopped.
    with stop_signals(stopping.first, stopping.second) if own_process else nullcontext():
        # A library leaves logging to the program that it is part of.
        logs = await off_loop(lambda: start_logging(config.log.level, out)) if own_process else None
        try:
            await off_loop(partial(start_fork_server, notes_facts=config.write.keeps_facts))
            stations = Stations(
                await off_loop(lambda: within_memory(config)),
                out,
                opened,
                extract=extract,
                # What a program had before it began to crawl is not the crawl's.
                memory_before=0 if own_process else await off_loop(memory_of_this_process),
                feed_log=logs.feed if logs is not None else _log_here,
                on_committed=on_committed,
            )
            if own_process:
                # The garbage collector would walk all known URLs each time: 0.8 s for ten million.
                gc.freeze()
            show = own_process and config.progress.show
            progress = ProgressDisplay(
                lambda: picture(stations, is_brief=True), config.progress.interval, show=show
            )

            def end(report: CrawlReport, seconds: float, cpu: float) -> None:
                conclude(report, stations, opened, seconds, cpu)

            handle = Handle(stations, stopping)
            async with block_off_loop(beside(handle)):
                handle.report = await _crawl(stations, end, stopping, progress, on_start)
            return handle.report
        finally:
            if own_process:
                gc.unfreeze()  # a node has several crawls, one after the other
            if logs is not None:
                await off_loop(logs.stop)


async def _crawl(
    stations: Stations,
    conclude: Callable[[CrawlReport, float, float], None],
    stopping: Stopping,
    progress: ProgressDisplay,
    on_start: Callable[[Stations], None],
) -> CrawlReport:
    report = CrawlReport(stations.out, "stopped")
    started, loop_cpu = time.monotonic(), time.thread_time()

    async def begin_and_walk() -> None:
        await stations.restore()
        on_start(stations)
        progress.start()
        await walk(stations)

    async def end() -> None:
        try:
            await stations.close()
        finally:
            await off_loop(progress.stop)
            seconds, cpu = time.monotonic() - started, time.thread_time() - loop_cpu
            await off_loop(lambda: conclude(report, seconds, cpu))

    try:
        if await stopping.run(begin_and_walk(), stations):
            report.state = "finished"
    except* CrawlerError as group:
        failure = _first(group)
        log.error("%s", failure)
        report.state, report.message, report.exit_code = "incomplete", str(failure), failure.exit_code
    finally:
        await to_its_end(asyncio.ensure_future(end()))
    return report


def _log_here(record: dict[str, Any]) -> None:
    """Let a child's log record go where this process's own ones go."""
    found = to_record(record)
    logging.getLogger(found.name).handle(found)


def _first(group: BaseExceptionGroup[CrawlerError]) -> CrawlerError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, CrawlerError) else CrawlFailed(str(error))
