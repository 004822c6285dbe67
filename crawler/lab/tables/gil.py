"""The tables and the picture of ``gil``: threads against processes as the share of CPU grows."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLUE, ORANGE
from crawler.lab.tables.units import ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"threads": ORANGE, "processes": BLUE}


def speed_table(waiting: dict[str, tuple[float, float]], computing: dict[str, tuple[float, float]]) -> Table:
    """How many times as fast as one thread, and how many cores that took."""
    rows = [
        (
            name,
            f"{computing['1 threads'][0] / computing[name][0]:.2f}",
            f"{computing[name][1]:.2f}",
            f"{waiting['1 threads'][0] / waiting[name][0]:.2f}",
        )
        for name in computing
    ]
    heads = ("workers", "computing: × one thread", "computing: cores busy", "waiting: × one thread")
    return Table(heads, tuple(rows), "Speed")


def share_table(found: dict[str, dict[str, tuple[float, float]]], gains: dict[float, float]) -> Table:
    """Threads against processes as the share of CPU grows."""
    rows = [
        (f"{share:.0%}", *(ms(cells[f"4 {kind}"][0]) for kind in COLOURS), f"{gain:.2f}")
        for (share, gain), cells in zip(gains.items(), found.values(), strict=True)
    ]
    return Table(("share of CPU", "4 threads, ms", "4 processes, ms", "threads ÷ processes"), tuple(rows))


def draw(found: dict[str, dict[str, tuple[float, float]]], crossover: float | None, figure: "Figure") -> None:
    """Two lines that part where processes begin to pay."""
    axes = figure.subplots()
    across = [float(share) * 100 for share in found]
    for kind, colour in COLOURS.items():
        times = [cells[f"4 {kind}"][0] * 1e3 for cells in found.values()]
        axes.plot(across, times, "o-", color=colour)
        # Threads are told above the end of their line, processes below: the ends may be the same.
        shift = (8, 4 if kind == "threads" else -11)
        axes.annotate(f"4 {kind}", (across[-1], times[-1]), shift, textcoords="offset points", color=colour)
    if crossover is not None:
        axes.axvline(crossover * 100, color="#777777", linestyle=":")
        said = f"processes pay\nfrom {crossover:.0%} on"
        axes.text(crossover * 100 + 1, 0.5, said, color="#555555", va="bottom")
    axes.set(xlabel="share of CPU in each 10 ms task (%)", ylabel="time for all tasks (ms)")
    axes.set(xlim=(-3, 118), ylim=(0, None), xticks=range(0, 101, 20))
    axes.set_title("The same tasks on threads and on processes")
