"""The table of ``segfault``: how each program ended, in words."""

import signal

from crawler.lab.finding import Table
from crawler.lab.sandbox_process import Outcome


def table(ends: dict[str, Outcome]) -> Table:
    """A row for each place of the crash."""
    rows = tuple(row(place, end) for place, end in ends.items())
    return Table(("crash in", "the program", "what it sees"), rows)


def row(place: str, end: Outcome) -> tuple[str, str, str]:
    """How the program ended, in words."""
    if end.exit_code == 0:
        return place, "went on", str(end.answer)
    how = signal.Signals(-end.exit_code).name if end.exit_code < 0 else f"exit code {end.exit_code}"
    return place, f"ended: {how}", "nothing: no except or finally is run"
