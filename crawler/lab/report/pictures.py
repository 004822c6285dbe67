"""The pictures' common looks, and how they become files.

Colours are those of Okabe and Ito, which remain distinct with every kind of colour blindness
(Okabe and Ito 2008, "Color Universal Design").
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, SKY, PURPLE, YELLOW, BLACK = "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000"
CYCLE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK, YELLOW)
"""The order in which a picture takes them; yellow is last since it is faint on white."""

HOW_TO_DRAW = "no pictures: matplotlib is not installed (pip install 'crawler[lab]')"
_LOOKS = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "font.size": 10,
    "legend.frameon": False,
    "svg.hashsalt": "crawler",
}


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def draw(how: "Callable[[Figure], None]", path: Path, above: str) -> None:
    """Draw a picture, say ``above`` what it is about, and save it as ``path``.png and ``path``.svg.

    No window and no global state of matplotlib is touched. ``how`` may set another size.
    """
    from matplotlib import rc_context, rcParams
    from matplotlib.figure import Figure
    from matplotlib.rcsetup import cycler

    with rc_context():
        looks: Any = _LOOKS | {"axes.prop_cycle": cycler(color=CYCLE)}
        rcParams.update(looks)
        figure = Figure(figsize=(9, 4.5), layout="constrained")
        how(figure)
        titles = "\n".join(filter(None, (above, figure.get_suptitle())))  # some have one of their own
        figure.suptitle(titles, x=0.01, horizontalalignment="left", fontweight="bold")
        figure.savefig(path.with_suffix(".png"), dpi=150)
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
