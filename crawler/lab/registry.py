"""Which experiments there are, in the order in which they are run and best read."""

from collections.abc import Sequence

from crawler.model.errors import UsageError

_HERE = "crawler.lab.experiments"

EXPERIMENTS: dict[str, tuple[str, str]] = {
    "race": (f"{_HERE}.race.race", "the same crawl under every model"),
}
"""Of each name: the module with its ``run(scale)``, and what it is about. Imported only to be run."""

APART = ("crash", "faults")
"""Experiments on this crawler itself. They have options of their own and are run one at a time."""


def chosen(names: Sequence[str]) -> list[str]:
    """The experiments that ``names`` asks for, each once, in its order; none asks for all.

    Raises UsageError at a name that is none.
    """
    for name in names:
        if name in APART:
            raise UsageError(f"{name} is run by itself: crawler lab {name}")
        if name not in EXPERIMENTS:
            allowed = ", ".join([*EXPERIMENTS, *APART])
            raise UsageError(f"there is no experiment {name!r}; allowed: {allowed}")
    return list(dict.fromkeys(names)) or list(EXPERIMENTS)
