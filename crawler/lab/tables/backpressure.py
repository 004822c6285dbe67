"""The table and the picture of ``backpressure``: what each queue did to speed and memory."""

from typing import TYPE_CHECKING, Any

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, ORANGE
from crawler.lab.tables.units import megabytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def table(found: dict[str, dict[str, Any]]) -> Table:
    """A row for each queue."""
    rows = [
        (name, f"{one['pages_per_s']:.0f}", str(one["waiting"]), megabytes(one["memory"][-1][1], 1))
        for name, one in found.items()
    ]
    return Table(("queue", "pages/s", "pages waiting in the end", "memory grown by, MB"), tuple(rows))


def draw(found: dict[str, dict[str, Any]], figure: "Figure") -> None:
    """Memory against time."""
    axes = figure.subplots()
    for (name, one), colour in zip(found.items(), (BLUE, ORANGE), strict=True):
        times, sizes = zip(*one["memory"], strict=True)
        axes.plot(times, [size / 1e6 for size in sizes], color=colour, linewidth=2)
        axes.annotate(
            f"{name}: {one['pages_per_s']:.0f} pages/s",
            (times[-1], sizes[-1] / 1e6),
            (0, 8),
            textcoords="offset points",
            ha="right",
            color=colour,
        )
    axes.set(xlabel="time (s)", ylabel="memory, grown by (MB)", xlim=(0, None))
    axes.set_title("The same pipeline, with and without a bound")
    axes.set_ylim(0, 1.15 * axes.dataLim.ymax)  # room for the words above the lines
