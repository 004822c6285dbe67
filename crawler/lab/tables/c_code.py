"""The table and the picture of ``c-code``: who lets go of the lock, and how many cores that keeps busy."""

from typing import TYPE_CHECKING, Any

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, ORANGE, is_narrow, named_bars
from crawler.lab.tables.units import yes_or_no

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Measured = dict[str, Any]
"""Whether the work ``lets_go`` of the lock; with two threads, the ``cores`` busy and ``times_one_thread``."""


def in_words(found: dict[str, Measured]) -> str:
    """Who lets go, who does not, and the cores of each."""
    sentences = []
    for start, so in (("Other threads ran beside", True), ("None ran beside", False)):
        works = [
            f"{name.partition(': ')[2]} ({one['cores']:.2f} cores busy)"
            for name, one in found.items()
            if one["lets_go"] is so
        ]
        if works:
            sentences.append(f"{start} {'; '.join(works)}.")
    return " ".join(sentences)


def table(found: dict[str, Measured]) -> Table:
    """A row for each work."""
    rows = [
        (name, yes_or_no(one["lets_go"]), f"{one['cores']:.2f}", f"{one['times_one_thread']:.2f}")
        for name, one in found.items()
    ]
    return Table(("work", "lets go of the lock", "2 threads: cores busy", "2 threads: × one"), tuple(rows))


def draw(found: dict[str, Measured], figure: "Figure") -> None:
    """A bar for each work, as long as the cores that two threads kept busy."""
    if is_narrow(figure):
        figure.set_figheight(5)
    bars = named_bars(
        figure.subplots(),
        list(found),
        [one["cores"] for one in found.values()],
        [BLUE if one["lets_go"] else ORANGE for one in found.values()],
    )
    axes = figure.axes[0]
    axes.bar_label(bars, [f"{one['cores']:.2f}" for one in found.values()], padding=3)
    axes.axvline(1, color="#777777", linestyle=":")
    axes.set(xlabel="cores that two threads kept busy\n(blue: the work lets go of the lock)", xlim=(0, 2.2))
    axes.set_title("Two threads that compute")
