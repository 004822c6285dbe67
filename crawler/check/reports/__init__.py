"""The reports of a check: what may be asked for, and one file for each format.

>>> parse_report("json=report.json")
Report(format='json', path=PosixPath('report.json'))
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from crawler.check.finding import Result
from crawler.check.verdict import Verdict
from crawler.model.errors import CrawlFailed
from crawler.sinks.base import why_not_written
from crawler.watch.report_asked import Report, report_of, reports_of
from crawler.watch.report_file import opened

FORMATS: dict[str, str] = {
    "text": "for people: what was found, with its first places",
    "json": "for programs: everything, in one object",
    "csv": "for spreadsheets: a row for each place",
    "html": "for browsers: everything, to be filtered and sorted, on one page that loads nothing",
    "junit": "for CI servers: a test case for each place, in XML",
    "sarif": "for GitHub code scanning: a result for each place, as SARIF 2.1.0",
    "github": "for a step of GitHub Actions: the text, and the worst as annotations",
    "markdown": "for the summary of a step or a merge request: the verdict and a table",
}
"""Every format, each the module of its name in this package, and what it is for."""


def parse_report(text: str) -> Report:
    """``FORMAT=FILE``; ``FORMAT`` alone, or ``FORMAT=-``, is for standard output. Raises UsageError."""
    return report_of(text, FORMATS)


def parse_reports(texts: Iterable[str], out: Path | None = None) -> list[Report]:
    """All that were asked for, as of :func:`crawler.watch.report_asked.reports_of`. Raises UsageError.

    ``out``: the output folder of the crawl, which need not be there yet.
    """
    return reports_of(texts, FORMATS, [] if out is None else [out])


def write_reports(
    result: Result,
    reports: Sequence[Report],
    verdict: Verdict,
    *,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Write them all, those to files first, since the text on a terminal says where they are.

    ``quiet``: of text on standard output only what makes the check fail, and the verdict; ``verbose``: all.
    Raises CrawlFailed, when all that can be written is, where a file cannot; BrokenPipeError where nobody
    reads standard output any more, OSError where its disk is full. A file is replaced as a whole: an older
    report stays until then.
    """
    written: list[tuple[str, str]] = []
    failures: list[str] = []
    unread: OSError | None = None
    for report in sorted(reports, key=lambda report: report.path is None):
        try:
            if report.path is None:
                _print(report.format, result, verdict, written, quiet=quiet, verbose=verbose)
            else:
                remark = _to_file(report.format, report.path, result, verdict)
                written.append((report.format, f"{report.path}   ({remark})" if remark else str(report.path)))
        except OSError as error:
            if report.path is None:
                unread = error  # what to do with standard output is for the program to say
            else:
                why = why_not_written(error)
                failures.append(f"--report {report}: {report.path} cannot be written: {why}")
    if failures:
        raise CrawlFailed("\n".join(failures))
    if unread is not None:
        raise unread


def _to_file(name: str, path: Path, result: Result, verdict: Verdict) -> str:
    """Returns what is to be said of it, such as how much was left out."""
    if name == "markdown":
        from crawler.check.reports import step_summary

        if step_summary.is_named(path):
            return step_summary.add(result, verdict, path)
    with opened(path) as stream:
        return _module(name).write(result, verdict, stream) or ""


def _print(
    name: str,
    result: Result,
    verdict: Verdict,
    files: Sequence[tuple[str, str]],
    *,
    quiet: bool,
    verbose: bool,
) -> None:
    module = _module(name)
    with opened(None, for_people=name == "text") as stream:
        if not hasattr(module, "show"):  # it is for programs, which want all of it
            module.write(result, verdict, stream)
            return
        module.show(result, verdict, stream, files, quiet=quiet, verbose=verbose)


def _module(name: str) -> Any:
    """That of a format: it has ``write``, and ``show`` where people read what is printed."""
    return import_module(f"{__name__}.{name}")
