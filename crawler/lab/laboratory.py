"""Runs experiments one after the other and makes the report of what they found."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.lab.experiment_process import Result, run_in_process
from crawler.lab.finding import Scale
from crawler.lab.language import ENGLISH, Language
from crawler.lab.lesson import Guessed
from crawler.lab.lessons import shown, solution_of, source_of
from crawler.lab.machine import Machine, this_machine
from crawler.model.errors import OutputError


@dataclass(slots=True)
class Report:
    """What the experiments found, on which machine."""

    machine: Machine
    scale: Scale
    results: list[Result] = field(default_factory=list)
    guesses: dict[str, Guessed] = field(default_factory=dict)
    """By experiment, what was guessed before it was run, where a guess was asked for and given."""
    interrupted: str | None = None
    """The experiment in which Ctrl-C ended it all."""
    language: Language = ENGLISH
    """That of the findings, and of all that is made of the report."""

    @property
    def failed(self) -> bool:
        """An experiment went wrong."""
        return any(result.failed is not None for result in self.results)


def report_folder(out: Path | None) -> Path:
    """Make the folder of a report: ``out``, or a new ``crawls/lab-UTCTIME``. Raises OutputError."""
    if out is None:
        out = Path("crawls") / f"lab-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"-o {out}: the report's folder cannot be made: {error.strerror}") from error
    return out


def run_all(
    names: Sequence[str],
    scale: Scale,
    folder: Path,
    on_start: Callable[[str], None] = lambda _: None,
    on_result: Callable[[Result, Report], None] = lambda _result, _report: None,
    language: Language = ENGLISH,
) -> Report:
    """Run the experiments; each one's pictures are in ``folder`` when ``on_result`` hears of it.

    Ctrl-C ends it and is no error: the report holds what was found until then.
    """
    report = Report(this_machine(), scale, language=language)
    for name in names:
        try:
            on_start(name)
            result = run_in_process(name, scale, folder)
        except KeyboardInterrupt:
            report.interrupted = name
            return report
        if result.finding is not None:
            result = replace(result, finding=language.finding(name, result.finding))
        if result.not_possible is not None:
            result = replace(result, not_possible=language.reason(name, result.not_possible))
        report.results.append(result)
        on_result(result, report)
    return report


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    return {
        "language": report.language.code,
        "machine": asdict(report.machine),
        "scale": report.scale.value,
        "interrupted": report.interrupted,
        "experiments": {
            result.name: _found(result) | _learned(report, result.name)
            for result in report.results
            if result.finding
        },
        "not_possible": {
            result.name: result.not_possible for result in report.results if result.not_possible
        },
        "failed": {result.name: result.failed for result in report.results if result.failed},
    }


def _found(result: Result) -> dict[str, Any]:
    if result.finding is None:
        raise ValueError("unreachable: only findings come here")
    found = asdict(replace(result.finding, draw=None))
    del found["draw"]
    drawn = result.picture
    names = [f"{drawn.name}{end}" for end in (".png", ".svg", "-narrow.svg")] if drawn else []
    return {**found, "seconds": round(result.seconds, 3), "pictures": names}


def _learned(report: Report, name: str) -> dict[str, Any]:
    """What goes with the finding: see :class:`crawler.lab.lesson.Lesson`."""
    lesson, guessed = report.language.lesson(name), report.guesses.get(name)
    return {
        "question": lesson.question,
        "caption": lesson.caption,
        "guess": asdict(guessed) if guessed is not None else None,
        "why": report.language.why(name),
        "in_your_program": lesson.advice,
        "in_this_program": [asdict(place) for place in lesson.places],
        "source": shown(source_of(name)),
        "reading": lesson.reading,
        "exercise": {"task": lesson.exercise, "solution": solution_of(name)},
    }


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.html`` and ``report.json``. Raises OutputError."""
    from crawler.lab.report.page import page

    try:
        (folder / "report.json").write_text(
            json.dumps(as_json(report), indent=1, ensure_ascii=False), "utf-8"
        )
        (folder / "report.html").write_text(page(report), "utf-8")
    except OSError as error:
        raise OutputError(f"{folder}: the report cannot be written: {error.strerror}") from error
