"""The tables and the picture of ``pipe``: messages and megabytes a second, by size of message."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE, PURPLE, legend_below, logarithmic, panels
from crawler.lab.tables.units import size_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"Pipe": BLUE, "SimpleQueue": GREEN, "Queue": ORANGE, "shared memory": PURPLE}
Rates = dict[str, dict[str, float]]
"""Messages a second by way, by size."""


def rate_table(rates: Rates) -> Table:
    """A row for each size: messages a second and megabytes a second."""
    rows = [
        (
            size_name(int(size)),
            *(f"{rates[way][size]:,.0f} · {rates[way][size] * int(size) / 1e6:,.1f}" for way in rates),
        )
        for size in rates["Pipe"]
    ]
    return Table(("message", *(f"{way}, messages/s · MB/s" for way in rates)), tuple(rows))


def end_table(ends: dict[bool, bool]) -> Table:
    """Whether a child's end is seen."""
    rows = [
        ("closed" if closed else "kept open", "EOFError" if seen else "nothing: recv() would wait for ever")
        for closed, seen in ends.items()
    ]
    return Table(("parent's own copy of the write end", "after the child's end"), tuple(rows), "Two ends")


def draw(rates: Rates, figure: "Figure") -> None:
    """Messages a second and megabytes a second against the size, on logarithmic scales."""
    sizes = [int(size) for size in rates["Pipe"]]
    for axes, text in zip(panels(figure, 2), ("messages/s", "MB/s"), strict=True):
        for way, found in rates.items():
            values = [
                rate * (size / 1e6 if text == "MB/s" else 1)
                for size, rate in zip(sizes, found.values(), strict=True)
            ]
            axes.plot(sizes, values, "o-", color=COLOURS[way], label=way)
        logarithmic(axes)
        axes.set(xlabel="size of a message", ylabel=text, xticks=sizes)
        axes.set_xticklabels([size_name(size) for size in sizes])
        axes.grid(alpha=0.3)
    legend_below(figure, figure.axes[0])
    figure.suptitle("From one process to another, one message after the other")
