"""The table of ``slow-callback``: what asyncio's log says of each kind of blocking."""

from typing import Any

from crawler.lab.finding import Table
from crawler.lab.tables.units import yes_or_no

Heard = dict[str, Any]
"""Whom the log ``named``, with how many ``seconds``, and whether the call at fault was ``call_named``."""


def table(heard: dict[str, Heard]) -> Table:
    """A row for each kind of blocking."""
    rows = [
        (
            how,
            ", ".join(one["named"]) or "nobody",
            ", ".join(f"{seconds:.2f}" for seconds in one["seconds"]) or "–",
            yes_or_no(one["call_named"]),
        )
        for how, one in heard.items()
    ]
    return Table(
        ("the loop is blocked by", "named in the log", "seconds", "the call at fault is named"), tuple(rows)
    )
