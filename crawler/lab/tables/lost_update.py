"""The table and the picture of ``lost-update``: what is missing after each way to count."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Table
from crawler.lab.report.pictures import GREEN, ORANGE, named_bars, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"threads": ORANGE, "coroutines": GREEN}
Counted = dict[str, int]
"""How often one was ``added``, and how many of these are ``lost``."""


def in_words(ways: dict[str, Counted]) -> str:
    """The share that each way lost."""
    return "; ".join(f"{one['lost'] / one['added']:.0%} by {way}" for way, one in ways.items())


def table(found: dict[str, dict[str, Counted]]) -> Table:
    """A row for each way."""
    rows = [
        (kind, way, f"{one['added']:,}", f"{one['lost']:,}", f"{one['lost'] / one['added']:.0%}")
        for kind, ways in found.items()
        for way, one in ways.items()
    ]
    return Table(("workers", "each does", "updates", "lost", "of all"), tuple(rows))


def draw(found: dict[str, dict[str, Counted]], figure: "Figure") -> None:
    """A bar for each way, as long as the share that it lost."""
    for axes, (kind, ways) in zip(panels(figure, 2), found.items(), strict=True):
        shares = [100 * one["lost"] / one["added"] for one in ways.values()]
        bars = named_bars(axes, list(ways), shares, COLOURS[kind])
        axes.bar_label(bars, [f"{share:.0f} %" for share in shares], padding=3)
        axes.set(xlabel="updates lost (%)", xlim=(0, 112))
        axes.set_title(kind)
    figure.suptitle("Four add one to the same number")
