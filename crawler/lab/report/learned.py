"""What goes with a finding, as HTML: the guess, why it is so, what follows, and the source."""

from html import escape
from typing import TYPE_CHECKING

from crawler.lab.lessons import lesson_of, shown, solution_of, source_of, why
from crawler.lab.report.prose import html, inline

if TYPE_CHECKING:
    from crawler.lab.lesson import Guessed


def guess_of(guessed: "Guessed | None") -> str:
    """What was guessed, beside what was measured; nothing where nobody was asked."""
    if guessed is None:
        return ""
    return (
        f"<p class=guess>{inline(guessed.question)}<br>Guessed: <b>{escape(guessed.guess)}</b>. "
        f"Measured: <b>{escape(guessed.measured)}</b>.</p>"
    )


def lesson_as_html(name: str) -> str:
    """All that is to be said after the figures. Reads a file: the experiment's source."""
    lesson, source = lesson_of(name), source_of(name)
    places = "".join(
        f"<li><code>{escape(place.where)}</code>: {inline(place.what)}</li>" for place in lesson.places
    )
    return (
        f"<h3>Why</h3>{html(why(name))}"
        f"<h3>So in your program</h3><p>{inline(lesson.advice)} "
        f"<a href='{escape(lesson.reading)}'>Python's reference on it</a></p>"
        f"<h3>In this program</h3><ul>{places}</ul>"
        f"<h3>Exercise</h3><p>{inline(lesson.exercise)} "
        f"A solution is in <code>{escape(solution_of(name))}</code>.</p>"
        f"<details><summary>The source: {escape(shown(source))}</summary>"
        f"<div class=scroll tabindex=0><pre>{escape(source.read_text('utf-8'))}</pre></div></details>"
    )
