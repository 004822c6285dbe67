"""The reports of a comparison: what may be asked for, and one file for each format.

All are written in one pass over the differences, so that a million of them take no memory.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from typing import Protocol

from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference
from crawler.model.errors import CrawlFailed
from crawler.sinks.base import why_not_written
from crawler.watch.report_asked import Report
from crawler.watch.report_file import opened

FORMATS: dict[str, str] = {
    "text": "for people: what is different, the first of each sort",
    "json": "for programs: everything, in one object",
    "markdown": "for a comment on a pull request, or the summary of a CI job",
    "html": "for a browser: one page that holds all it needs",
}
"""Every format, each the module of its name in this package, and what it is for."""


class Writer(Protocol):
    """Each module's ``Writer``, made of the comparison, the stream, and whether everything is asked for."""

    def add(self, difference: Difference) -> None:
        """Take in the next difference: they come sort by sort."""

    def finish(self, files: Sequence[Report]) -> None:
        """Write what is left, now that the totals are known; ``files`` are the other reports."""


def write_reports(comparison: Comparison, reports: Sequence[Report], *, verbose: bool = False) -> None:
    """Compare, and write them all. ``verbose``: text tells everything.

    Raises CrawlFailed where a file cannot be written or a crawl is damaged, and then no file is replaced;
    OSError where standard output cannot be written.
    """
    files = [report for report in reports if report.path is not None]
    try:
        with ExitStack() as stack:
            writers: list[Writer] = []
            for report in sorted(reports, key=lambda report: report.path is not None):
                stream = stack.enter_context(opened(report.path, for_people=report.format == "text"))
                make = import_module(f"{__name__}.{report.format}").Writer
                with suppress(BrokenPipeError):
                    writers.append(make(comparison, stream, verbose))
            for difference in comparison:
                for writer in [*writers]:
                    with _unread(writer, writers):
                        writer.add(difference)
            for writer in [*reversed(writers)]:
                with _unread(writer, writers):
                    writer.finish(files)
    except OSError as error:
        if not files or isinstance(error, BrokenPipeError):
            raise
        raise CrawlFailed(f"the reports cannot be written: {why_not_written(error)}") from error


@contextmanager
def _unread(writer: Writer, writers: list[Writer]) -> Iterator[None]:
    """Where nobody reads it any more (``| head``), leave it out: the others are written all the same."""
    try:
        yield
    except BrokenPipeError:
        writers.remove(writer)
