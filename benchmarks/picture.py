"""The picture of a table of times: one bar for each contender, its median, and its least and most."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def draw(title: str, figures: Mapping[str, Mapping[str, Any]], path: Path) -> str | None:
    """Write the picture; in words why there is none, or None.

    ``figures`` are those of the results file; whoever has a ``problem`` has no bar.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return "no picture, there is no matplotlib here (pip install -e '.[lab]')"
    mpl.use("Agg")
    from matplotlib import pyplot, ticker

    shown = sorted(
        ((name, got) for name, got in figures.items() if "problem" not in got),
        key=lambda one: -one[1]["wall_s"],
    )
    if not shown:
        return "no picture, nobody has figures"
    names, walls = [name for name, _ in shown], [got["wall_s"] for _, got in shown]
    below = [got["wall_s"] - min(got["wall_s_each"]) for _, got in shown]
    above = [max(got["wall_s_each"]) - got["wall_s"] for _, got in shown]
    figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(shown) + 1.2), layout="constrained")
    colours = ["tab:orange" if name == "crawler" else "tab:gray" for name in names]
    bars = axes.barh(names, walls, xerr=[below, above], color=colours, ecolor="black", capsize=3)
    # Beyond the whisker's end, so that neither hides the other.
    for bar, wall, most in zip(bars, walls, above, strict=True):
        axes.annotate(
            f"{wall:.2f} s",
            (wall + most, bar.get_y() + bar.get_height() / 2),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    least = min(wall - less for wall, less in zip(walls, below, strict=True))
    axes.set_xlim(least / 2, max(wall + most for wall, most in zip(walls, above, strict=True)) * 1.6)
    axes.set_xlabel("seconds of wall time, start-up included (logarithmic); median, least and most")
    axes.set_title(title, fontsize=10)
    axes.grid(axis="x", alpha=0.3)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return None
