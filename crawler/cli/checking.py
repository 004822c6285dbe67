"""How a crawl that is a check is run and told.

``crawler check`` begins one, ``crawler resume`` goes on with it, ``crawler report`` tells of it again.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.check_refusals import look_at_earlier
from crawler.cli.common import begin_afresh, complain, conclude, crawled, say, unread_is_no_error
from crawler.cli.refusals import refuse_nodes
from crawler.model.errors import EXIT_STOPPED, CrawlFailed, UsageError
from crawler.model.findings import RULE_IDS

if TYPE_CHECKING:
    from crawler.check.finding import Result
    from crawler.config import Config


def check_to_end(
    config: "Config",
    *,
    fresh: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    write_baseline: bool = False,
    file: Path | None = None,
) -> int:
    """Crawl, with a folder serve it meanwhile, and write the reports. Returns the exit code.

    ``fresh``: what OUT holds is moved aside. ``write_baseline``: as :func:`write` has it. ``file``: the
    config file. Raises CrawlerError; what is wrong with a report, before anything is started.
    """
    if not config.write.keeps_facts:
        raise UsageError("check.enabled needs the sink facts: crawler check sets both")
    refuse_nodes(config)
    tell = _teller(config)
    look_at_earlier(config, config.out, write_baseline=write_baseline, fresh=fresh, file=file)
    from crawler.check.asking import in_full
    from crawler.check.serving import served

    config = in_full(config)
    with served(config, tell, fresh=fresh, quiet=quiet) as serving:
        if fresh:
            begin_afresh(serving, tell)
        report = crawled(serving, quiet=quiet, tell=tell)
    if write_baseline and report.message:  # it is not kept
        resume = f"crawler resume {report.out}"
        report.message = report.message.replace(resume, f"{resume} --write-baseline")
    failed = report.exit_code == CrawlFailed.exit_code
    code = report.exit_code
    try:
        if report.summary and code != EXIT_STOPPED:  # of what was stopped there is no verdict
            code = write(
                report.out,
                serving,
                quiet=quiet,
                verbose=verbose,
                write_baseline=write_baseline,
                keep=True,
                even_of_nothing=not failed,
            )
    finally:
        conclude(report, quiet=quiet, tell=tell)
    return report.exit_code if failed else code


def write(
    out: Path,
    config: "Config",
    *,
    quiet: bool,
    verbose: bool,
    write_baseline: bool = False,
    keep: bool = False,
    even_of_nothing: bool = True,
    generation: int | None = None,
) -> int:
    """Find what is broken in OUT, and write the reports that ``config`` asks for. Returns the exit code.

    That of a generation, by default the last. ``write_baseline`` and ``keep``: as
    :func:`crawler.check.result.open_result` has them. Where no page was read, the text on standard output
    may be left out, since the crawl has said why: not so ``even_of_nothing``. Raises CrawlerError.
    """
    from crawler.check.named import as_reported
    from crawler.check.reports import parse_reports, write_reports
    from crawler.check.result import open_result
    from crawler.check.verdict import verdict

    reports = parse_reports(config.check.reports, out)
    look_at_earlier(config, out, write_baseline=write_baseline)
    with open_result(out, generation, config.check, write_baseline=write_baseline, keep=keep) as as_found:
        result = as_reported(as_found, config)
        if not result.pages and not even_of_nothing:
            reports = [report for report in reports if report.path is not None or report.format != "text"]
        found = verdict(result, config.check.fail_on)
        _warn_of_unknown_rules(result)
        for idle in result.sources.idle:
            from crawler.check.source_map_asked import idle_words

            click.echo(f"warning: {idle_words(idle)}", err=True)
        with unread_is_no_error() as printing:
            write_reports(result, reports, found, quiet=quiet, verbose=verbose)
        if write_baseline:
            _say_of_baseline(result, found.exit_code)
    return CrawlFailed.exit_code if printing.failed else found.exit_code


def _warn_of_unknown_rules(result: "Result") -> None:
    rules = {entry.rule for entry in result.known.stale} if result.known is not None else set[str]()
    if unknown := sorted(rules.difference(RULE_IDS)):
        click.echo(f"warning: --baseline: no such rule: {', '.join(unknown)}", err=True)


def _say_of_baseline(result: "Result", code: int) -> None:
    """Why it was not written, where it was to be."""
    if result.known is not None and code not in (0, 1):
        complain(f"--baseline {result.known.file}: it is not written, since this is no verdict")
    elif result.known is not None and result.pages_missing is not None:
        few = "fewer pages than check.min_pages were read"
        complain(f"--baseline {result.known.file}: it is not written, since {few}")


def _teller(config: "Config") -> Callable[[str], None]:
    """What says a line to people: on standard error where a report for programs goes to standard output.

    Raises UsageError where a report cannot be written, or there is no such format.
    """
    if not config.check.reports:  # then there is nothing to be looked at, nor to be imported
        return say
    from crawler.check.reports import parse_reports

    reports = parse_reports(config.check.reports, config.out)
    to_programs = any(report.path is None and report.format != "text" for report in reports)
    return partial(click.echo, err=True) if to_programs else say
