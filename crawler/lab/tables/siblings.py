"""The table of ``siblings``: how fast they talk in each way, and whether they do so without their parent."""

from typing import Any

from crawler.lab.finding import Table
from crawler.lab.tables.units import yes_or_no

Talk = dict[str, Any]
"""Questions with their answers, ``trips``, and how many a second, ``trips_per_s``; whether it ``went_on``
after the parent's death."""


def in_words(found: dict[str, Talk]) -> str:
    """Both figures of each way."""
    return (
        "; ".join(
            f"{way}: {one['trips_per_s']:,.0f} round trips a second, and after the parent's death "
            f"{'they went on' if one['went_on'] else 'it was over'}"
            for way, one in found.items()
        )
        + "."
    )


def table(found: dict[str, Talk]) -> Table:
    """A row for each way."""
    rows = [(way, f"{one['trips_per_s']:,.0f}", yes_or_no(one["went_on"])) for way, one in found.items()]
    return Table(("siblings talk by", "round trips/s", "also when the parent is dead"), tuple(rows))
