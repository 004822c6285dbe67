"""The tables of ``queue``: what each way to end consumers loses, and when ``join`` is stuck."""

from statistics import median
from typing import Any

from crawler.lab.finding import Table


def ends_table(ends: list[dict[str, Any]], items: int) -> Table:
    """A row for each bound and end."""
    rows = [
        (
            f"{one['bound']}" if one["bound"] else "none",
            "sentinel" if one["by_sentinel"] else "terminate()",
            f"{min(one['lost'])} / {median(one['lost']):.0f} / {max(one['lost'])}",
            str(one["ahead"]),
        )
        for one in ends
    ]
    heads = (
        "bound",
        "ended by",
        f"items lost of {items} (least / median / most)",
        "producer ahead by, at most",
    )
    return Table(heads, tuple(rows), "How to end the consumers")


def joins_table(joins: list[dict[str, Any]], timeout: float) -> Table:
    """A row for each size."""
    words = {True: f"stuck: still alive after {timeout:g} s", False: "ended"}
    rows = [(f"{one['bytes']:,}", words[one["stuck_before"]], words[one["stuck_after"]]) for one in joins]
    return Table(("item, bytes", "join before get", "join after get"), tuple(rows), "join before drain")
