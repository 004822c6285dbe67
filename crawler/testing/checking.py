"""A check made from a test: in the loop that runs, or in one of its own, and nothing of it is left."""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from crawler.check.asking import in_full
from crawler.check.earlier.asked import look_at
from crawler.check.named import as_reported
from crawler.check.reports import parse_reports, write_reports
from crawler.check.result import open_result
from crawler.check.serving import served
from crawler.check.source_map_asked import idle_words, refuse_useless
from crawler.check.verdict import verdict
from crawler.config import Config
from crawler.engine.conclusion import CrawlReport
from crawler.engine.library import crawl_here
from crawler.model.errors import CrawlerError, CrawlFailed, UsageError
from crawler.model.messages import Finished
from crawler.plumbing.fork_server_process import refuse_inside_import, refuse_main_from_nowhere
from crawler.plumbing.starter_thread import block_off_loop, in_own_thread, off_loop
from crawler.testing.keys import config_of, refuse_idle
from crawler.testing.report import Report
from crawler.watch.report_file import opened
from crawler.watch.runner_commands import without_commands

FIRST_ANSWER = 20.0
"""Seconds for the first answer, where the caller's loop stands still meanwhile, and might be the server's."""


def check_site(
    *targets: str | PathLike[str],
    config: str | PathLike[str] | None = None,
    fresh: bool = False,
    write_baseline: bool = False,
    quiet: bool = False,
    **keys: Any,
) -> Report:
    """Check the site at a URL, or the one in a folder, and return what was found, in memory.

    ``keys`` are those of :class:`crawler.Config`, and the names of the options of ``crawler check``, such as
    ``max_pages=100``; ``config`` is a file, as with ``-c``. What makes the check fail is printed, which test
    runners show where a test fails; not so with ``quiet``. Without ``out``, all files are removed.

    Waits for the end: inside an event loop, nothing else of that runs meanwhile. An app which that very loop
    serves could not answer, so that :func:`check_site_async` is for it. Raises ConfigError and UsageError,
    before anything is asked for; CrawlFailed where no page could be read, or not all.
    """
    __tracebackhide__ = True  # pytest shows the line of the test, not this one
    refuse_inside_import()
    try:
        asked = config_of(targets, config, keys)
        begin = partial(_checked, asked, config, fresh=fresh, write_baseline=write_baseline)
        if _inside_a_loop():
            report = in_own_thread("check_site", partial(begin, first_answer=FIRST_ANSWER))
        else:
            report = asyncio.run(begin())
    except CrawlerError as error:
        raise error.with_traceback(None) from None  # it is a sentence, which says all
    if not quiet:
        _tell(report)
    return report


async def check_site_async(
    *targets: str | PathLike[str],
    config: str | PathLike[str] | None = None,
    fresh: bool = False,
    write_baseline: bool = False,
    quiet: bool = False,
    **keys: Any,
) -> Report:
    """As :func:`check_site`, in the event loop that runs, which may serve the site. Cancelled, it ends."""
    __tracebackhide__ = True
    refuse_inside_import()
    try:
        asked = await off_loop(partial(config_of, targets, config, keys))
        report = await _checked(asked, config, fresh=fresh, write_baseline=write_baseline)
    except CrawlerError as error:
        raise error.with_traceback(None) from None
    if not quiet:
        await off_loop(partial(_tell, report))
    return report


def _tell(report: Report) -> None:
    """Print what makes the check fail, if anything does, and which source map was of no use."""
    told = [f"warning: {idle_words(idle)}" for idle in report.sources.idle]
    if report.exit_code:
        told += report.brief.split("\n")
    if told and sys.stdout is not None:
        with suppress(OSError), opened(None, for_people=True) as stream:  # nobody may read it any more
            stream.writelines(f"{without_commands(line)}\n" for line in told)


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _checked(
    config: Config,
    file: str | PathLike[str] | None,
    *,
    fresh: bool,
    write_baseline: bool,
    first_answer: float | None = None,
) -> Report:
    prepared = _prepared(config, file, fresh=fresh, write_baseline=write_baseline)
    async with block_off_loop(prepared) as serving:
        ended = await _crawled(serving, fresh, first_answer)
        if ended.exit_code or ended.state != "finished":
            why = ended.message or f"the crawl is {ended.state}"
            kind = UsageError if ended.exit_code == UsageError.exit_code else CrawlFailed
            # How to go on is of no use where nothing stays.
            raise kind(why if config.out else why.partition("; to go on:")[0])
        report = await off_loop(partial(_read, serving, config.out is not None, write_baseline))
    if report.exit_code == CrawlFailed.exit_code:
        raise CrawlFailed(report.reason)
    return report


async def _crawled(config: Config, fresh: bool, first_answer: float | None) -> CrawlReport:
    """Crawl. Raises UsageError where there was no answer within ``first_answer`` seconds."""
    try:
        async with asyncio.timeout(first_answer) as limit:

            async def answered(_: Sequence[Finished]) -> None:
                with suppress(RuntimeError):  # it has run out just now
                    limit.reschedule(None)

            return await crawl_here(config, fresh=fresh, on_committed=answered)
    except TimeoutError:
        if not limit.expired():
            raise
        raise UsageError(
            f"no answer from {config.seeds[0]} within {first_answer:g} s: check_site() was called inside an"
            " event loop, which stands still meanwhile; if that serves the site: await check_site_async(…)"
        ) from None


@contextmanager
def _prepared(
    config: Config, file: str | PathLike[str] | None, *, fresh: bool, write_baseline: bool
) -> Iterator[Config]:
    """The settings of the crawl, with a place for its output; a folder is served. Blocks.

    What cannot work is refused before.

    Raises UsageError, ChildFailed.
    """
    refuse_main_from_nowhere(instead="")
    refuse_idle(config, fresh=fresh)
    with ExitStack() as stack:
        # Without any handler, what is logged would go to standard error.
        logger, nowhere = logging.getLogger("crawler"), logging.NullHandler()
        logger.addHandler(nowhere)
        stack.callback(logger.removeHandler, nowhere)
        out = config.out
        if out is None:
            made = tempfile.TemporaryDirectory(prefix="crawler-check-", ignore_cleanup_errors=True)
            out = Path(stack.enter_context(made), "out")
        reports = parse_reports(config.check.reports, out)
        named = None if file is None else Path(file)
        look_at(config.check, out, reports, write_baseline=write_baseline, fresh=fresh, file=named)
        refuse_useless(config)
        placed = in_full(config).replace({"out": out}, config.origin_of("out"))
        yield stack.enter_context(served(placed, lambda _: None, fresh=fresh, quiet=True))


def _read(config: Config, keeps: bool, write_baseline: bool) -> Report:
    """What the check in the output folder has found; writes the reports that are asked for. Blocks."""
    assert config.out is not None  # noqa: S101 - _prepared has set it
    out, asked = config.out, config.check
    with open_result(out, None, asked, write_baseline=write_baseline, keep=keeps) as as_found:
        result = as_reported(as_found, config)
        found = verdict(result, asked.fail_on)
        report = Report(result, found, keeps=keeps)
        files = [one for one in parse_reports(asked.reports, out) if one.path is not None]
        write_reports(result, files, found)
    return report
