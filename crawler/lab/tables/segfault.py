"""The table of ``segfault``: how each program ended, in words."""

import signal

from crawler.lab.finding import Table
from crawler.lab.sandbox_process import Outcome


def table(ends: dict[str, Outcome], survived: str) -> Table:
    """A row for each place of the crash; ``survived`` is what a ``finally`` block says that is run."""
    rows = tuple(row(place, end, survived) for place, end in ends.items())
    return Table(("crash in", "the program", "what it sees"), rows)


def row(place: str, end: Outcome, survived: str) -> tuple[str, str, str]:
    """How the program ended, in words."""
    if end.exit_code == 0:
        return place, "went on", str(end.answer)
    how = signal.Signals(-end.exit_code).name if end.exit_code < 0 else f"exit code {end.exit_code}"
    return place, f"ended: {how}", survived if survived in end.errors else "nothing: no finally block was run"
