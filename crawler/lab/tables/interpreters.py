"""The table of ``interpreters``: what each way to compute at once costs to start, and what it brings."""

from crawler.lab.finding import Table
from crawler.lab.tables.units import ms

Pace = dict[str, float]
"""``start_s`` until its workers were there, and how many times as fast as one thread it was, its ``gain``."""


def in_words(found: dict[str, Pace]) -> str:
    """The gain of each."""
    return ", ".join(f"{one['gain']:.2f} ({way})" for way, one in found.items())


def table(found: dict[str, Pace]) -> Table:
    """A row for each way."""
    rows = [(way, ms(one["start_s"], 1), f"{one['gain']:.2f}") for way, one in found.items()]
    return Table(("two workers", "until they are there, ms", "× one thread"), tuple(rows))
