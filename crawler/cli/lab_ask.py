"""``crawler lab --ask``: a guess before each experiment, and what is to be learned after it."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.cli.common import say, unread_is_no_error
from crawler.lab.lessons import lesson_of
from crawler.model.errors import UsageError

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result
    from crawler.lab.finding import Scale
    from crawler.lab.laboratory import Report
    from crawler.lab.lesson import Guessed

TRIES = 2
"""How often it is asked: a wrong input is no reason to keep a reader from the figures."""


def refuse_to_ask(*, as_json: bool) -> None:
    """Raise UsageError where nobody could answer, or where the questions would be among the JSON."""
    if as_json:
        raise UsageError("--ask and --json exclude each other: the questions would be printed among the JSON")
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("--ask needs a terminal, to read guesses from; standard input is none")


def predict_run_explain(
    names: Sequence[str],
    scale: "Scale",
    folder: Path,
    on_start: Callable[[str], None],
    on_result: Callable[["Result", "Report"], None],
) -> "Report":
    """As ``crawler.lab.laboratory.run_all``, with a question before each and its lesson after it."""
    from crawler.lab.laboratory import run_all
    from crawler.lab.report.words import console, print_lesson

    guesses = _Guesses()

    def predict(name: str) -> None:
        on_start(name)
        guesses.ask(name)

    def explain(result: "Result", report: "Report") -> None:
        guesses.hold(result, report)
        on_result(result, report)
        with unread_is_no_error():
            print_lesson(console(), result.name)
            print()

    return run_all(names, scale, folder, predict, explain)


class _Guesses:
    """The guesses of one run of the lab."""

    def __init__(self) -> None:
        self._given: dict[str, int | float] = {}

    def ask(self, name: str) -> None:
        """Ask for a guess; Enter, the end of input and a second wrong input are none."""
        lesson = lesson_of(name)
        question = lesson.guess
        for line in (lesson.question, "", question.text, *question.options):
            say(f"   {line}".rstrip())
        for _ in range(TRIES):
            typed = _typed("   Your guess (Enter for none): ")
            if not typed:
                break
            try:
                self._given[name] = question.read(typed)
            except ValueError:
                say(f"   {typed!r} is no guess; allowed: {question.allowed}")
            else:
                return
        say("   No guess, then.")

    def hold(self, result: "Result", report: "Report") -> None:
        """Hold the guess against what was measured, and keep both in the report."""
        if result.name not in self._given:
            return
        guess = self._given[result.name]
        if result.finding is None:
            say("Your guess stays open.")
            return
        question = lesson_of(result.name).guess
        held = question.held_against(guess, result.finding.figures)  # type: ignore[arg-type]  # it read it
        report.guesses[result.name] = held
        say(_in_words(held))


def _typed(prompt: str) -> str:
    """A line that was typed, stripped; nothing at the end of input."""
    with unread_is_no_error():
        print(prompt, end="")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        say("")
    return line.strip()


def _in_words(held: "Guessed") -> str:
    came = "That is right" if held.right and held.guess == held.measured else "That is close"
    return (
        f"You guessed: {held.guess}. Measured: {held.measured}. {came if held.right else 'It is otherwise'}."
    )
