"""The tables and the picture of ``pool-size``: throughput against size."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, GREEN, logarithmic, panels
from crawler.lab.tables.units import ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def table(rates: dict[int, float], columns: tuple[str, str], title: str) -> Table:
    """A row for each size."""
    best = max(rates.values())
    rows = [(str(size), f"{rate:,.0f}", f"{rate / best:.0%}") for size, rate in rates.items()]
    return Table((*columns, "of the best"), tuple(rows), title)


def busy_table(levels: dict[int, dict[str, float]]) -> Table:
    """A row for each number of requests in flight, with what kept its core busy meanwhile."""
    best = max(level["answers_per_s"] for level in levels.values())
    rows = [
        (
            f"{count:,}",
            f"{level['answers_per_s']:,.0f}",
            f"{level['answers_per_s'] / best:.0%}",
            f"{level['loop']:.0%}",
            f"{level['site']:.0%}",
        )
        for count, level in levels.items()
    ]
    heads = ("requests in flight", "answers/s", "of the best", "loop's core busy", "our site's core busy")
    return Table(heads, tuple(rows), "I/O-bound")


def draw(
    cpu: dict[int, float], io: dict[int, float], here: int, knee: int | None, delay: float, figure: "Figure"
) -> None:
    """Two curves; marked are the number of cores in the one and the knee, if one was found, in the other."""
    left, right = panels(figure, 2)
    left.plot(list(cpu), list(cpu.values()), "o-", color=BLUE)
    left.axvline(here, color="#777777", linestyle=":")
    left.annotate(
        f"{here} cores",
        (here, 0.04),
        (5, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color="#555555",
    )
    left.set(xlabel="processes in the pool", ylabel="tasks/s", ylim=(0, None), xlim=(0, None))
    left.set_title("CPU-bound")
    ideal = [level / delay for level in io]
    right.plot(list(io), ideal, "--", color="#999999", label="if only waiting took time")
    right.plot(list(io), list(io.values()), "o-", color=GREEN, label="measured")
    right.legend(frameon=False)
    if knee is not None:
        right.axvline(knee, color="#777777", linestyle=":")
        right.annotate(
            f"loop's core full: {knee:,}",
            (knee, 0.04),
            (-5, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color="#555555",
            ha="right",
        )
    logarithmic(right)
    right.set(xlabel="requests in flight", ylabel="answers/s", xticks=list(io))
    right.set_xticklabels([str(level) for level in io])
    right.set_title(f"I/O-bound ({ms(delay)} ms latency)")
