"""The table and the picture of ``overlap``: a line for each worker, broken where it did not run."""

from math import nan
from typing import TYPE_CHECKING

from crawler.lab.experiments.turns import Spans
from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE
from crawler.lab.tables.units import ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"coroutines": GREEN, "threads": ORANGE, "processes": BLUE}


def in_words(shares: dict[str, float]) -> str:
    """The share of each in a row."""
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


def table(found: dict[str, list[Spans]], shares: dict[str, float]) -> Table:
    """A row for each panel of the picture."""
    rows = [
        (
            name,
            str(sum(len(spans) for spans in workers)),
            f"{shares[name]:.0%}",
            ms(max(spans[-1][1] for spans in workers)),
        )
        for name, workers in found.items()
    ]
    return Table(("workers", "turns in all", "time with two or more running", "all done, ms"), tuple(rows))


def draw(found: dict[str, list[Spans]], figure: "Figure") -> None:
    """A line for each worker, broken where it did not run."""
    figure.set_figheight(5)
    panels = figure.subplots(len(COLOURS), 2, sharex="row", sharey=True)
    lasts = {name: max(spans[-1][1] for spans in workers) * 1e3 for name, workers in found.items()}
    for axes, (name, workers) in zip(panels.flat, found.items(), strict=True):
        kind = name.split()[0]
        for number, spans in enumerate(workers):
            # One line with gaps: a bar for each time would make the file many times as large.
            times = [time * 1e3 for start, end in spans for time in (start, end, nan)]
            rows = [number + 1] * len(times)
            axes.plot(times, rows, color=COLOURS[kind], linewidth=12, solid_capstyle="butt")
        axes.set_title(name)
        axes.set(yticks=range(1, len(workers) + 1), ylabel="worker", ylim=(0.4, len(workers) + 0.6))
        axes.set_xlim(0, 1.02 * max(last for other, last in lasts.items() if other.startswith(kind)))
    for axes in panels[-1]:
        axes.set_xlabel("time (ms)")
