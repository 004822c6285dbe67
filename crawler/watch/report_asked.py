"""The reports that a command line asks for: which formats, and where each goes."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from crawler.model.errors import UsageError
from crawler.watch.report_file import place_of, same_place, why_not


class Report(NamedTuple):
    """A report that was asked for."""

    format: str
    path: Path | None
    """None: standard output."""

    def __str__(self) -> str:
        return f"{self.format}={'-' if self.path is None else self.path}"


def report_of(text: str, formats: Collection[str]) -> Report:
    """``FORMAT=FILE``; ``FORMAT`` alone, or ``FORMAT=-``, is for standard output. Raises UsageError."""
    name, has_file, file = text.partition("=")
    if name not in formats:
        raise UsageError(f"--report {text}: there is no format {name!r}; allowed: {', '.join(formats)}")
    if has_file and not file:
        raise UsageError(f"--report {text}: no file is named behind the =")
    return Report(name, place_of(file or "-"))


def reports_of(texts: Iterable[str], formats: Collection[str], outs: Iterable[Path]) -> list[Report]:
    """All that were asked for, in their order; where none of them is for standard output, text is.

    Looks whether each can be written, and leaves what is there as it is. ``outs``: output folders of crawls,
    whose own files no report may take. Raises UsageError: for an unknown format, a file that cannot be
    written, or two reports to one file.
    """
    reports: list[Report] = []
    places: dict[str, Report] = {}
    folders: list[Path | None] = [*outs] or [None]
    for report in (report_of(text, formats) for text in texts):
        place = same_place(report.path)
        if place in places:
            where = f"the file {report.path}" if report.path else "standard output"
            raise UsageError(f"--report {places[place]} and --report {report}: two reports go to {where}")
        if report.path is not None:
            path = report.path
            if why := next(filter(None, (why_not(path, out) for out in folders)), None):
                raise UsageError(f"--report {report}: {report.path} cannot be written: {why}")
        places[place] = report
        reports.append(report)
    if same_place(None) not in places:
        reports.append(Report("text", None))
    return reports
