"""``crawler lab --ask``: a guess before each experiment, and what is to be learned after it."""

import io
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.cli.common import say, unread_is_no_error
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result
    from crawler.lab.finding import Scale
    from crawler.lab.laboratory import Report
    from crawler.lab.language import Language

TRIES = 2
"""How often it is asked: a wrong input is no reason to keep a reader from the figures."""


def prepare_to_ask(*, as_json: bool) -> None:
    """Have standard input take whatever is typed.

    Raises UsageError where nobody could answer, or where the questions would be among the JSON.
    """
    if as_json:
        raise UsageError("--ask and --json exclude each other: the questions would be printed among the JSON")
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("--ask needs a terminal, to read guesses from; standard input is none")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is typed in another encoding is a wrong input, no more


def predict_run_explain(
    names: Sequence[str],
    scale: "Scale",
    folder: Path,
    on_start: Callable[[str], None],
    on_result: Callable[["Result", "Report"], None],
    language: "Language",
) -> "Report":
    """As ``crawler.lab.laboratory.run_all``, with a question before each and its lesson after it.

    What is known not to be possible here is not asked for, and has no lesson: that is said, and no more.
    """
    from crawler.lab.experiment_process import lacking
    from crawler.lab.laboratory import run_all
    from crawler.lab.report.words import console, print_lesson

    guesses = _Guesses(language)

    def predict(name: str) -> None:
        on_start(name)
        if lacking(name) is None:
            guesses.ask(name)

    def explain(result: "Result", report: "Report") -> None:
        guesses.hold(result, report)
        on_result(result, report)
        if lacking(result.name) is None:
            with unread_is_no_error():
                print_lesson(console(), result.name, language)
                print()

    return run_all(names, scale, folder, predict, explain, language)


class _Guesses:
    """The guesses of one run of the lab."""

    def __init__(self, language: "Language") -> None:
        self._language = language
        self._given: dict[str, int | float] = {}

    def ask(self, name: str) -> None:
        """Ask for a guess; Enter, the end of input and a second wrong input are none."""
        lesson, labels = self._language.lesson(name), self._language.labels
        question = lesson.guess
        for line in (lesson.question, "", question.text, *question.options):
            say(f"   {line}".rstrip())
        for _ in range(TRIES):
            typed = _typed(f"   {labels.your_guess}")
            if not typed:
                break
            try:
                self._given[name] = question.read(_as_on_an_english_keyboard(typed))
            except ValueError:
                allowed = question.allowed(labels)
                say(f"   {labels.is_no_guess.format(typed=typed, allowed=allowed)}")
            else:
                return
        say(f"   {labels.no_guess}")

    def hold(self, result: "Result", report: "Report") -> None:
        """Hold the guess against what was measured, and keep both in the report."""
        if result.name not in self._given:
            return
        from crawler.lab.report.words import busy_note, guessed_in_words

        guess, labels = self._given[result.name], self._language.labels
        if result.finding is None:
            say(labels.stays_open)
            return
        question = self._language.lesson(result.name).guess
        held = question.held_against(guess, result.finding.figures)  # type: ignore[arg-type]  # it read it
        report.guesses[result.name] = held
        for line in (guessed_in_words(held, labels), *busy_note(report.machine, labels)):
            say(line)


def _as_on_an_english_keyboard(typed: str) -> str:
    """With the usual digits and marks for the wide ones of a Chinese keyboard: ``50%`` for ``５０％``."""
    return unicodedata.normalize("NFKC", typed).rstrip("。、")


def _typed(prompt: str) -> str:
    """A line that was typed, stripped; nothing at the end of input."""
    with unread_is_no_error():
        print(prompt, end="")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        say("")
    return line.strip()
