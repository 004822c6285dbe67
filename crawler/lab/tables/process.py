"""The table of ``process``: what each child said of itself, before, meanwhile and after."""

from typing import Any

from crawler.lab.finding import Table
from crawler.lab.tables.units import yes_or_no


def table(seen: dict[str, dict[str, Any]]) -> Table:
    """A row for each child."""
    columns = ("pid_before", "alive_before", "alive", "exitcode_running", "alive_after", "exitcode")
    rows = [
        (how, one["name"], yes_or_no(one["daemon"]), *(str(one[key]) for key in columns))
        for how, one in seen.items()
    ]
    heads = (
        "name",
        "daemon",
        "pid before start",
        "is_alive before",
        "is_alive after start",
        "exitcode then",
        "is_alive at the end",
        "exitcode",
    )
    return Table(("child", *heads), tuple(rows))
