"""The pictures' common looks, and how they become files.

Colours are those of Okabe and Ito, which remain distinct with every kind of colour blindness
(Okabe and Ito 2008, "Color Universal Design").
"""

import re
import textwrap
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, SKY, PURPLE, YELLOW, BLACK = "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000"
CYCLE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK, YELLOW)
"""The order in which a picture takes them; yellow is last since it is faint on white."""

WIDE, NARROW = 9.0, 4.0
"""Inches. There is a narrow form of each picture, since a wide one cannot be read on a telephone."""
NARROW_BELOW = 600
"""Pixels of a page's width, up to which it shows the narrow form."""
_TWO_DECADES = 100
"""A scale that is shorter has numbers between the powers of ten, too."""
_LOOKS = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "legend.frameon": False,
    "svg.hashsalt": "crawler",
    "svg.fonttype": "none",  # words are words, not outlines: they can be searched, and are smaller
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
}
_FAMILY = "'DejaVu Sans', 'Verdana', sans-serif"
"""As matplotlib writes it, at every word."""


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def narrow(path: Path) -> Path:
    """Where the narrow form of a picture lies, which is an SVG only."""
    return path.with_name(f"{path.name}-narrow")


def draw(how: "Callable[[Figure], None]", path: Path, above: str) -> None:
    """Draw a picture, say ``above`` what it is about, and save it as ``path``.png and ``path``.svg.

    It is drawn once more, as ``path``-narrow.svg: ``how`` is called with a narrow figure. It may set another
    height, and asks :func:`is_narrow` where that is not enough. No window and no global state of matplotlib
    is touched.
    """
    from matplotlib import rc_context, rcParams
    from matplotlib.figure import Figure
    from matplotlib.rcsetup import cycler

    with rc_context():
        looks: Any = _LOOKS | {"axes.prop_cycle": cycler(color=CYCLE)}
        rcParams.update(looks)
        for width, target in ((WIDE, path), (NARROW, narrow(path))):
            rcParams["font.size"] = 10 if width == WIDE else 9
            figure = Figure(figsize=(width, width / 2 if width == WIDE else 3.6), layout="constrained")
            how(figure)
            said = "\n".join(filter(None, (above, figure.get_suptitle())))  # some have a title of their own
            figure.suptitle(_wrapped(said, figure), x=0.01, horizontalalignment="left", fontweight="bold")
            figure.savefig(target.with_suffix(".svg"), metadata={"Date": None})
            if width == WIDE:
                figure.savefig(target.with_suffix(".png"), dpi=150)
            slim(target.with_suffix(".svg"))


def is_narrow(figure: "Figure") -> bool:
    """Whether a picture is drawn for a narrow page."""
    return bool(figure.get_figwidth() <= NARROW)


def small_letters() -> float:
    """The smallest size of letters that can be read on a page, in points."""
    from matplotlib import rcParams

    return float(rcParams["font.size"]) - 0.5


def logarithmic(axes: "Axes") -> None:
    """Make both scales logarithmic, with numbers in full: exponents of powers would be too small to read.

    What is to be seen has been plotted before.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.set(xscale="log", yscale="log")
    low, high = axes.get_ylim()
    if high < _TWO_DECADES * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda number, _place: shortened(number)))
    axes.minorticks_off()


def legend_below(figure: "Figure", axes: "Axes") -> None:
    """Say below all plots what the lines of the first one are: inside it, the words would stand on them."""
    lines, names = axes.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=2 if is_narrow(figure) else len(names))


def shortened(number: float) -> str:
    """Such as ``0.01``, ``100``, ``10 k`` and ``1 M``."""
    for unit, sign in ((1e6, " M"), (1e3, " k")):
        if number >= unit:
            return f"{number / unit:g}{sign}"
    return f"{number:g}"


def panels(figure: "Figure", count: int, **more: Any) -> "list[Axes]":
    """So many plots side by side; on a narrow figure below each other, which makes it higher."""
    if not is_narrow(figure):
        return list(figure.subplots(1, count, **more))
    figure.set_figheight(figure.get_figheight() * (count + 1) / 2)
    return list(figure.subplots(count, 1, **more))


def named_bars(axes: "Axes", names: Sequence[str], values: Sequence[float], color: Any) -> "BarContainer":
    """Horizontal bars, the first on top. Each name is beside its bar; on a narrow figure it is above it."""
    rows, narrowly = range(len(names)), is_narrow(cast("Figure", axes.figure))
    bars = axes.barh(rows, values, 0.4 if narrowly else 0.8, color=color)
    axes.invert_yaxis()
    if narrowly:
        axes.set_yticks([])
        axes.set_ylim(len(names) - 0.7, -0.9)
        for row, name in zip(rows, names, strict=True):
            axes.text(0, row - 0.25, f" {name}", va="bottom")
    else:
        axes.set_yticks(rows, names)
    return bars


def slim(svg: Path) -> None:
    """Make a picture smaller: a tenth of a point is as fine as anybody can see."""
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r'<g id="\w+_\d+">', "<g>", text)  # nobody refers to a group by its name
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = text.replace(f"font-family: {_FAMILY}; ", "")
    text = text.replace("*{stroke", f"text{{font-family: {_FAMILY}}}*{{stroke", 1)
    text = re.sub(r"<[^>]+>", lambda tag: re.sub(r"-?\d+\.\d{2,}", _rounded, tag[0]), text)
    svg.write_text(re.sub(r"\s*\n\s*", "\n", text), "utf-8")


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _wrapped(text: str, figure: "Figure") -> str:
    width = int(figure.get_figwidth() * 10) - 4  # in bold, so many letters are an inch
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())
