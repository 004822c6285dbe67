"""What goes with a finding, as HTML: the guess, why it is so, what follows, and the source."""

from html import escape
from typing import TYPE_CHECKING

from crawler.lab.lessons import shown, solution_of, source_of
from crawler.lab.report.prose import html, inline
from crawler.lab.report.words import guessed_in_words

if TYPE_CHECKING:
    from crawler.lab.labels import Labels
    from crawler.lab.language import Language
    from crawler.lab.lesson import Guessed


def guess_of(guessed: "Guessed | None", labels: "Labels") -> str:
    """What was guessed, beside what was measured; nothing where nobody was asked."""
    if guessed is None:
        return ""
    held = guessed_in_words(guessed, labels, lambda text: f"<b>{escape(text)}</b>")
    return f"<p class=guess>{inline(guessed.question)}<br>{held}</p>"


def lesson_as_html(name: str, language: "Language") -> str:
    """All that is to be said after the figures. Reads a file: the experiment's source."""
    lesson, source, labels = language.lesson(name), source_of(name), language.labels
    places = "".join(
        f"<li><code>{escape(place.where)}</code>{labels.colon}{inline(place.what)}</li>"
        for place in lesson.places
    )
    solution = labels.solution.format(path=f"<code>{escape(solution_of(name))}</code>")
    return (
        f"<h3>{labels.why}</h3>{html(language.why(name))}"
        f"<h3>{labels.advice}</h3><p>{inline(lesson.advice)} "
        f"<a href='{escape(lesson.reading)}'>{labels.reference}</a></p>"
        f"<h3>{labels.places}</h3><ul>{places}</ul>"
        f"<h3>{labels.exercise}</h3><p>{inline(lesson.exercise)} {solution}</p>"
        f"<details><summary>{labels.source.format(path=escape(shown(source)))}</summary>"
        f"<div class=scroll tabindex=0><pre>{escape(source.read_text('utf-8'))}</pre></div></details>"
    )
