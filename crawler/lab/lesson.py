"""What a reader takes along from an experiment: a guess before it, and what to make of it after it.

A :class:`Lesson` stands in :mod:`crawler.lab.lessons`, in a file named as the experiment's own. Why it is so
is not repeated there: that is the experiment's docstring.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.lab.labels import Labels

Figures = Mapping[str, Any]
"""The figures of a finding, which a guess is held against."""
CLOSE = 1.5
"""A number is guessed well where neither is more than so many times the other."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """A guess, and what was measured instead, or as well."""

    question: str
    guess: str
    measured: str
    right: bool
    """The very answer that was measured, or a number that is close to it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with answers to choose from."""

    text: str
    answers: tuple[str, ...]
    measured: Callable[[Figures], int]
    """Which of the answers the figures give, counted from 0."""

    @property
    def options(self) -> tuple[str, ...]:
        """The answers, each with the number to type."""
        return tuple(f"{number}) {answer}" for number, answer in enumerate(self.answers, 1))

    def allowed(self, labels: Labels) -> str:
        """What may be typed, in words."""
        return labels.one_of.format(most=len(self.answers))

    def read(self, typed: str) -> int:
        """The answer that was typed, counted from 0. Raises ValueError at anything but its number."""
        number = int(typed.strip().rstrip(")."))
        if not 1 <= number <= len(self.answers):
            raise ValueError(f"there is no answer {number}")
        return number - 1

    def held_against(self, guess: int, figures: Figures) -> Guessed:
        """The guess beside what was measured."""
        measured = self.measured(figures)
        return Guessed(self.text, self.answers[guess], self.answers[measured], guess == measured)


@dataclass(frozen=True, slots=True)
class Number:
    """A question for a number of at least 0."""

    text: str
    unit: str
    """What is counted, or ``%``, or ``times``."""
    measured: Callable[[Figures], float]

    @property
    def options(self) -> tuple[str, ...]:
        """Nothing to choose from."""
        return ()

    def allowed(self, labels: Labels) -> str:
        """What may be typed, in words."""
        return labels.at_least_0.format(unit=self.unit)

    def read(self, typed: str) -> float:
        """The number that was typed, with its unit or without. Raises ValueError at anything else."""
        number = float(typed.strip().removesuffix(self.unit).replace(",", "").rstrip("x× "))
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{number} is no number from 0 on")
        return number

    def held_against(self, guess: float, figures: Figures) -> Guessed:
        """The guess beside what was measured."""
        measured = self.measured(figures)
        low, high = sorted((guess, measured))
        return Guessed(
            self.text, self._in_words(guess), self._in_words(measured), low == high or high <= CLOSE * low
        )

    def _in_words(self, number: float) -> str:
        rounded = f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.2g}"
        return f"{rounded} {self.unit}"


Question = Choice | Number


@dataclass(frozen=True, slots=True)
class Place:
    """Where this program does it."""

    where: str
    """File and function, such as ``crawler/fetch/fetch_task.py#fetch_task``."""
    what: str
    """What is done there, in a few words."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What goes with an experiment's finding."""

    question: str
    """The claim, asked."""
    guess: Question
    """What is asked before it is run."""
    advice: str
    """So in your program: a sentence or two."""
    places: tuple[Place, ...]
    """So in this program."""
    reading: str
    """Where the standard library's reference says it: a URL."""
    exercise: str
    """Something small to change and to predict; ``examples/exercises/`` has a solution."""
    caption: str = ""
    """What the experiment's picture shows, in a sentence; empty where it has none."""
