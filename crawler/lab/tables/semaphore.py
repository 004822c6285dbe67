"""The table and the picture of ``semaphore``: what a task for each job costs, and what workers cost."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, ORANGE, panels
from crawler.lab.tables.units import megabytes, ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"Semaphore": ORANGE, "workers": BLUE}
Costs = dict[str, float]
"""``tasks`` made, the ``most`` jobs at once and those ``done``; ``memory_bytes``; ``start_s``, ``cancel_s``
and ``end_s``."""


def in_words(found: dict[str, Costs]) -> str:
    """What each had to pay, in a sentence."""
    return "; ".join(
        f"{way}: {one['tasks']:,.0f} tasks, {megabytes(one['memory_bytes'], 1)} MB, "
        f"{ms(one['start_s'], 1)} ms to start, {ms(one['cancel_s'], 1)} ms to cancel"
        for way, one in found.items()
    )


def table(found: dict[str, Costs]) -> Table:
    """A row for each way."""
    rows = [
        (
            way,
            f"{one['tasks']:,.0f}",
            f"{one['most']:,.0f}",
            megabytes(one["memory_bytes"], 2),
            *(ms(one[key], 1) for key in ("start_s", "end_s", "cancel_s")),
        )
        for way, one in found.items()
    ]
    heads = ("tasks", "jobs at once, at most", "memory, MB", "to start, ms", "all done, ms", "to cancel, ms")
    return Table(("bounded by", *heads), tuple(rows))


def draw(found: dict[str, Costs], figure: "Figure") -> None:
    """A bar for each way and cost."""
    costs = (
        ("memory_bytes", 1e-6, "memory (MB)"),
        ("start_s", 1e3, "to start all (ms)"),
        ("cancel_s", 1e3, "to cancel all (ms)"),
    )
    for axes, (key, unit, label) in zip(panels(figure, len(costs)), costs, strict=True):
        values = [one[key] * unit for one in found.values()]
        bars = axes.bar(list(found), values, color=[COLOURS[way] for way in found])
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3)
        axes.set(ylabel=label)
        axes.margins(y=0.1)
    figure.suptitle("The same jobs, as many at once")
