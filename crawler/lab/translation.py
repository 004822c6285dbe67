"""A finding in another language than English, in which experiments write theirs.

What does not depend on figures is a text; what does is a function of them, so that it is as true as the
original. Cells of tables are translated one by one. The Chinese ones stand in :mod:`crawler.lab.chinese`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crawler.lab.finding import Finding, Table
from crawler.lab.lesson import Choice, Figures, Lesson, Number, Place

_WITHOUT_WORDS = re.compile(r"[^A-Za-z]*|[-+~<>≥≤×≈ \d.,]+ ?(?:[µmn]?s|[kMG]B|B|KiB|MiB|GiB|x)")
"""Numbers, with a unit or without, and signs: the same in every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What one experiment says, in one other language. Figures come as ``--json`` has them: keys are text."""

    about: str
    """What it is about, as ``crawler lab --help`` lists it."""
    question: str
    claim: str
    done: Callable[[Figures], str]
    because: Callable[[Figures], str]
    caption: str
    """What its picture shows, in a sentence: the words inside pictures stay English. Without a picture it is
    not shown."""
    why: str
    """The experiment's docstring, marked up alike, without its headline and what it says of this program."""
    guess: str
    """The question before it is run."""
    answers: tuple[str, ...] = ()
    """Of a question with answers to choose from, in the same order."""
    unit: str = ""
    """Of a question for a number; empty where the original's holds."""
    advice: str
    places: tuple[str, ...]
    """What is done in each of the lesson's places, in their order."""
    exercise: str
    words: Mapping[str, str] = field(default_factory=dict)
    """Titles and columns of tables, cells and notes, each as a whole."""
    patterns: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = ()
    """The same for those with figures in them: a regular expression for all of it, and a template for
    :meth:`re.Match.expand`, or a function of the match."""
    as_they_are: frozenset[str] = frozenset()
    """Cells that stay English, such as names of functions."""

    def word(self, text: str, others: Mapping[str, str] | None = None) -> str | None:
        """A title, column, cell or note in the other language; None where there is no translation of it."""
        for words in (self.words, others or {}):
            if text in words:
                return words[text]
        for pattern, template in self.patterns:
            if found := re.fullmatch(pattern, text):
                return found.expand(template) if isinstance(template, str) else template(found)
        return text if text in self.as_they_are or _WITHOUT_WORDS.fullmatch(text) else None

    def finding(self, finding: Finding, others: Mapping[str, str] | None = None) -> Finding:
        """The finding with all texts translated. ``others`` are words that several experiments use."""

        def word(text: str) -> str:
            return found if (found := self.word(text, others)) is not None else text

        def table(one: Table) -> Table:
            rows = tuple(tuple(map(word, row)) for row in one.rows)
            return Table(tuple(map(word, one.columns)), rows, word(one.title))

        figures = json.loads(json.dumps(finding.figures))
        return replace(
            finding,
            claim=self.claim,
            done=self.done(figures),
            because=self.because(figures),
            tables=[table(one) for one in finding.tables],
            notes=[word(note) for note in finding.notes],
        )

    def lesson(self, lesson: Lesson) -> Lesson:
        """The lesson with all texts translated."""
        return replace(
            lesson,
            question=self.question,
            guess=self._question(lesson.guess),
            advice=self.advice,
            places=tuple(
                Place(place.where, what) for place, what in zip(lesson.places, self.places, strict=True)
            ),
            exercise=self.exercise,
            caption=self.caption,
        )

    def _question(self, question: Choice | Number) -> Choice | Number:
        if isinstance(question, Choice):
            return replace(question, text=self.guess, answers=self.answers)
        return replace(question, text=self.guess, unit=self.unit or question.unit)


def untranslated(
    translation: Translation, finding: Mapping[str, Any], others: Mapping[str, str] | None = None
) -> list[str]:
    """Titles, columns, cells and notes, of a finding as ``report.json`` has it, that stay English unasked."""
    texts: list[str] = list(finding["notes"])
    tables: Sequence[Mapping[str, Any]] = finding["tables"]
    for table in tables:
        texts += [table["title"], *table["columns"], *(cell for row in table["rows"] for cell in row)]
    return [text for text in dict.fromkeys(texts) if translation.word(text, others) is None]
