"""The tables and the picture of ``start-methods``: what a start takes, and what a child is given."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, SKY
from crawler.lab.tables.units import ms, yes_or_no

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Start = dict[str, Any]
"""Seconds of the first child, ``first_s``, and of a later one, ``later_s``; and whether it has each thing."""


def in_words(found: dict[str, Start], looks: dict[str, str]) -> str:
    """What each method gives to a child."""
    sentences = []
    for method, one in found.items():
        had = "; ".join(text for key, text in looks.items() if one[key])
        sentences.append(f"By {method} a child had {had or 'nothing of its parent'}.")
    return " ".join(sentences)


def table(found: dict[str, Start], looks: dict[str, str]) -> Table:
    """A column for each method."""
    rows = [
        ("the first child, ms", *(ms(one["first_s"], 1) for one in found.values())),
        ("a later child, ms", *(ms(one["later_s"], 1) for one in found.values())),
        *(
            (f"it has {text}", *(yes_or_no(one[key]) for one in found.values()))
            for key, text in looks.items()
        ),
    ]
    return Table(("started by", *found), tuple(rows))


def default_table(defaults: Sequence[tuple[str, str, str]], here: str) -> Table:
    """Which method each system and version takes, and this one."""
    rows = (*defaults, ("this one", "this one", here))
    return Table(("system", "Python", "method"), rows, "Unless told otherwise")


def draw(found: dict[str, Start], figure: "Figure") -> None:
    """Two bars for each method: the first child, and a later one."""
    axes = figure.subplots()
    for shift, (key, label, colour) in zip(
        (-0.2, 0.2), (("first_s", "the first child", SKY), ("later_s", "a later child", BLUE)), strict=True
    ):
        times = [one[key] * 1e3 for one in found.values()]
        bars = axes.bar([place + shift for place in range(len(found))], times, 0.4, color=colour, label=label)
        axes.bar_label(bars, [f"{time:.0f}" for time in times], padding=3)
    axes.set_xticks(range(len(found)), list(found))
    axes.set(ylabel="from start() to the end of a child\nthat does nothing (ms)")
    axes.margins(y=0.1)
    axes.legend()
    axes.set_title("What it takes to start a process")
