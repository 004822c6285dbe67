"""What an experiment finds: a claim, what was done about it, the figures, and whether they bear it out.

Each experiment is a module of :mod:`crawler.lab.experiments` with a function ``run(scale) -> Finding``.
It prints nothing and draws nothing by itself: table, picture and report are made from its finding.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class NotPossible(Exception):
    """The machine or the Python lacks what an experiment needs; ``str()`` says what, in one sentence."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An experiment's ``run``, before which it is checked whether the machine has what it needs."""

    checks: tuple[Callable[[], None], ...]
    run: "Callable[[Scale], Finding]"

    def check(self) -> None:
        """Raise NotPossible where something is missing."""
        for one in self.checks:
            one()

    def __call__(self, scale: "Scale") -> "Finding":
        """Run it, if it can be run. Raises NotPossible."""
        self.check()
        return self.run(scale)


def needs(*checks: Callable[[], None]) -> "Callable[[Callable[[Scale], Finding]], Checked]":
    """Of an experiment's ``run``: each of ``checks`` raises NotPossible where it cannot be run.

    So that is known without running it, and nobody is asked to guess what cannot be measured.
    """
    return lambda run: Checked(checks, run)


class Verdict(StrEnum):
    """What the figures say to the claim."""

    BORNE_OUT = "borne out"
    HALF = "half true"
    NOT_BORNE_OUT = "not borne out"

    @classmethod
    def of(cls, points: Iterable[bool]) -> "Verdict":
        """Borne out where every point speaks for the claim, not borne out where none does."""
        spoken = list(points)
        return cls.BORNE_OUT if all(spoken) else cls.HALF if any(spoken) else cls.NOT_BORNE_OUT


class Scale(StrEnum):
    """How much is measured."""

    QUICK = "quick"
    """For tests and the impatient: the direction is right, the figures are rough."""
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures for people: every cell is text already, with its unit in the column's name."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one experiment found."""

    claim: str
    """One sentence, as a tutorial would say it."""
    done: str
    """What was done about it, in a sentence or two."""
    tables: Sequence[Table]
    verdict: Verdict
    because: str
    """One or two sentences with the figures that decide it."""
    figures: dict[str, Any] = field(default_factory=dict)
    """The numbers themselves, for ``--json`` and for tests; SI units, which their names end with."""
    draw: "Callable[[Figure], None] | None" = None
    """Draws the picture on an empty figure; None where a table says it all."""
    notes: Sequence[str] = ()
    """What else a reader should know, such as parts that this machine could not try."""
