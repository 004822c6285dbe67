"""The tables of ``pool``: when each way to call gives its results, and what the pools hide."""

from typing import Any

from crawler.lab.finding import Table
from crawler.lab.tables.units import ms, yes_or_no


def table(ways: dict[str, dict[str, Any]]) -> Table:
    """A row for each way to call."""
    rows = [
        (
            name,
            *(ms(one[key]) for key in ("returns_s", "first_s", "all_s")),
            yes_or_no(one["in_order"]),
        )
        for name, one in ways.items()
    ]
    return Table(
        ("call", "returns after, ms", "first result, ms", "all results, ms", "in order"), tuple(rows)
    )


def hidden_table(hidden: dict[str, Any]) -> Table:
    """A row for each thing that pools do without saying so."""
    left = "of {tasks} tasks done when `with {kind}` was left"
    workers = hidden["workers"]
    rows = (
        (
            "initializer ran",
            f"{hidden['initializer_calls']} times for 2 pools of {workers} workers",
        ),
        ("a callback runs in the parent, in", hidden["callback_in"]),
        (
            "an exception, until somebody asks for the result",
            "is kept" if hidden["error_is_kept"] else "is raised",
        ),
        (
            left.format(tasks=hidden["tasks"], kind="Pool"),
            _done(hidden["done_when_pool_left"], hidden["tasks"]),
        ),
        (
            left.format(tasks=hidden["tasks"], kind="ProcessPoolExecutor"),
            _done(hidden["done_when_executor_left"], hidden["tasks"]),
        ),
    )
    return Table(("what they hide", "seen"), rows)


def _done(done: int, tasks: int) -> str:
    return f"{done} ({'it waited' if done == tasks else 'the others were dropped'})"
