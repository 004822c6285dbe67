"""The table and the picture of ``executor``: how late requests are while a page is parsed."""

from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from crawler.lab.finding import Table
from crawler.lab.report.pictures import BLACK, BLUE, ORANGE, VERMILION
from crawler.lab.tables.units import ms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"no parsing": BLACK, "inline": VERMILION, "thread": ORANGE, "process": BLUE}


def table(found: dict[str, dict[str, list[float]]]) -> Table:
    """A row for each place."""
    rows = []
    for place, one in found.items():
        latencies, parses = one["latencies_s"], one["parses_s"]
        p95 = quantiles(latencies, n=20)[-1]
        times = [ms(value, 1) for value in (median(latencies), p95, max(latencies), median(parses))]
        rows.append((place, str(len(latencies)), *times[:3], "–" if place == "no parsing" else times[3]))
    return Table(
        ("parsed", "requests", "latency: median, ms", "95 %, ms", "worst, ms", "a parse takes, ms"),
        tuple(rows),
    )


def draw(found: dict[str, dict[str, list[float]]], p95: dict[str, float], figure: "Figure") -> None:
    """A histogram of the latencies for each place, over one logarithmic scale."""
    figure.set_figheight(6)
    every: list[Any] = [value * 1e3 for one in found.values() for value in one["latencies_s"]]
    low, high = min(every) * 0.9, max(every) * 1.1
    edges = [low * (high / low) ** (number / 50) for number in range(51)]
    for axes, (place, colour) in zip(
        figure.subplots(len(COLOURS), sharex=True), COLOURS.items(), strict=True
    ):
        latencies = [value * 1e3 for value in found[place]["latencies_s"]]
        weights = [100 / len(latencies)] * len(latencies)
        axes.hist(latencies, edges, color=colour, weights=weights, histtype="stepfilled")
        axes.axvline(p95[place] * 1e3, color="#777777", linestyle=":")
        axes.set(xscale="log", ylabel="requests (%)")
        where = {"no parsing": "no parsing", "inline": "parsed inline"}.get(place, f"parsed in a {place}")
        axes.set_title(f"{where}: 95 % within {ms(p95[place])} ms")
    axes.set_xlabel("latency of a request (ms)")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if low <= tick <= high]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
