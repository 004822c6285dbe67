"""The table and the picture of ``start``: time and memory against the number held at once."""

from math import nan
from typing import TYPE_CHECKING

from crawler.lab.experiments.start_climb import Costs
from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE, legend_below, logarithmic, panels
from crawler.lab.tables.units import megabytes, ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"coroutines": GREEN, "threads": ORANGE, "processes": BLUE}


def in_words(each: dict[str, Costs]) -> str:
    """The price of one of each kind."""
    return "; ".join(
        f"{kind} {cost['start_s'] * 1e6:,.0f} µs and {cost['memory_bytes'] / 1e3:,.0f} kB"
        for kind, cost in each.items()
    )


def table(found: dict[str, list[Costs]]) -> Table:
    """A row for each number of each kind."""
    rows = [
        (
            kind,
            f"{cost['count']:,.0f}",
            ms(cost["start_s"], 1),
            ms(cost["end_s"], 1),
            megabytes(cost["memory_bytes"], 2),
        )
        for kind, steps in found.items()
        for cost in steps
    ]
    return Table(("kind", "number", "start, ms", "end, ms", "memory, MB"), tuple(rows))


def draw(found: dict[str, list[Costs]], figure: "Figure") -> None:
    """Time and memory against the number, both on logarithmic scales."""
    columns = (("start_s", 1e3, "time to start all (ms)"), ("memory_bytes", 1e-6, "memory held (MB)"))
    for axes, (key, unit, label) in zip(panels(figure, 2), columns, strict=True):
        for kind, steps in found.items():
            counts, values = [s["count"] for s in steps], [s[key] * unit or nan for s in steps]
            axes.plot(counts, values, "o-", color=COLOURS[kind], label=kind)
        logarithmic(axes)
        axes.set(xlabel="number held at once", ylabel=label)
        axes.grid(alpha=0.3)
    legend_below(figure, figure.axes[0])
    figure.suptitle("What it costs to start and to hold them")
