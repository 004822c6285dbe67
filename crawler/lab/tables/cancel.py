"""The table of ``cancel``: how far each kind of work was when it was cancelled, and how far it came."""

from typing import Any

from crawler.lab.finding import Table
from crawler.lab.tables.units import yes_or_no


def table(found: dict[str, dict[str, Any]], steps: int) -> Table:
    """A row for each kind of work."""
    rows = [
        (
            what,
            str(one["cancel_returned"]),
            str(one["steps_before"]),
            f"{one['steps_in_all']} of {steps}",
            yes_or_no(one["finally_ran"]),
            yes_or_no(one["stopped"]),
        )
        for what, one in found.items()
    ]
    heads = (
        "cancelled",
        "cancel() returned",
        "steps done then",
        "steps done in the end",
        "finally ran",
        "stopped",
    )
    return Table(heads, tuple(rows))
