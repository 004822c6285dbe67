"""Findings in words, for the terminal and for the page."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.labels import ENGLISH, Labels
from crawler.lab.language import Language
from crawler.lab.lessons import shown, solution_of, source_of
from crawler.lab.machine import Machine
from crawler.lab.report.prose import plain
from crawler.lab.report.wrapping import fit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from crawler.lab.laboratory import Report
    from crawler.lab.lesson import Guessed

GIB = 1024**3
BUSY = 0.5
"""Load for each core above which other programs disturb what is measured."""
_COLOURS = {Verdict.BORNE_OUT: "green", Verdict.HALF: "yellow", Verdict.NOT_BORNE_OUT: "red"}


def describe(machine: Machine, scale: Scale, labels: Labels = ENGLISH) -> list[str]:
    """The machine, and how far its figures may be trusted, a line each."""
    memory = labels.memory.format(gib=machine.memory_bytes / GIB) if machine.memory_bytes else ""
    lines = [
        f"{cores_of(machine, labels)} ({machine.processor}){memory} · {machine.platform} · "
        f"{machine.python} · {machine.date[:16].replace('T', ' ')} UTC",
        *busy_note(machine, labels),
    ]
    if scale is Scale.QUICK:
        lines.append(labels.quick)
    return lines


def cores_of(machine: Machine, labels: Labels) -> str:
    """Such as ``2 cores``."""
    return labels.one_core if machine.cores == 1 else labels.cores.format(count=machine.cores)


def busy_note(machine: Machine, labels: Labels) -> list[str]:
    """That the machine did other work, in a line; none where it did not."""
    if machine.load is None or machine.load <= BUSY * machine.cores:
        return []
    return [labels.busy.format(load=machine.load)]


def verdict_of(finding: Finding, labels: Labels) -> str:
    """The verdict, as a sentence begins with it."""
    word = labels.verdicts[finding.verdict]
    return word[:1].upper() + word[1:]


def guessed_in_words(held: "Guessed", labels: Labels, marked: Callable[[str], str] = str) -> str:
    """A guess beside what was measured, both ``marked``, and whether it was right."""
    came = labels.right if held.guess == held.measured else labels.close
    return labels.guessed.format(
        guess=marked(held.guess),
        measured=marked(held.measured),
        came=came if held.right else labels.otherwise,
    )


def duration(seconds: float, labels: Labels = ENGLISH) -> str:
    """Such as ``8.3 s``."""
    return labels.seconds.format(seconds=seconds)


def console() -> "Console":
    """Standard output, wide enough for the tables where it is no terminal."""
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 140, highlight=False)


def is_numeric(table: Table, column: int) -> bool:
    """Whether a column holds numbers, which stand at its right."""
    cells = [row[column].lstrip("-+~<>≥≤×≈ ") for row in table.rows]
    return any(cell[:1].isdigit() for cell in cells) and all(
        cell in ("", "–") or (cell[:1].isdigit() and len(cell.split()) <= 2) for cell in cells
    )


def print_finding(console: "Console", finding: Finding, labels: Labels) -> None:
    """Print what one experiment found: the claim, what was done, the tables, and what they say to it."""
    from rich.text import Text

    width = console.width
    console.print(Text(fit(labels.claim.format(claim=finding.claim), width), style="bold"))
    console.print(Text(fit(finding.done, width)))
    for table in finding.tables:
        console.print(_rich_table(table))
    verdict = verdict_of(finding, labels)
    judged = Text(fit(f"{verdict}{labels.colon}{finding.because}", width))
    judged.stylize(f"bold {_COLOURS[finding.verdict]}", 0, len(verdict))
    console.print(judged)
    for note in finding.notes:
        console.print(Text(fit(note, width), style="dim"))


def _rich_table(table: Table) -> "RichTable":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(title=table.title or None, title_justify="left", box=SIMPLE_HEAD)
    for number, column in enumerate(table.columns):
        drawn.add_column(
            Text(column), justify="right" if is_numeric(table, number) else "left", overflow="fold"
        )
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def conclusion(report: "Report") -> list[str]:
    """What stands at the end of it all: each verdict, what was skipped, what failed, which machine."""
    from rich.cells import set_cell_size

    labels = report.language.labels
    told = [
        (labels.verdicts[result.finding.verdict], result.name, result.finding.claim)
        for result in report.results
        if result.finding is not None
    ]
    for word, reason in ((labels.skipped, "not_possible"), (labels.failed, "failed")):
        whys = [(result.name, getattr(result, reason)) for result in report.results]
        told += [(word, name, why) for name, why in whys if why]
    if report.interrupted:
        told.append((labels.interrupted, report.interrupted, labels.nothing_after))
    lines = [f"{set_cell_size(word, 14)}  {name}{labels.colon}{what}" for word, name, what in told]
    whole = duration(sum(result.seconds for result in report.results), labels)
    described = describe(report.machine, report.scale, labels)
    return [*lines, "", *described, labels.altogether.format(duration=whole)]


def print_lesson(console: "Console", name: str, language: Language) -> None:
    """Print what goes with an experiment's finding: why it is so, what follows, and an exercise."""
    from rich.padding import Padding
    from rich.text import Text

    lesson, labels = language.lesson(name), language.labels
    places = "\n".join(f"{place.where}\n    {plain(place.what)}" for place in lesson.places)
    for head, text in (
        (labels.why, plain(language.why(name))),
        (labels.advice, plain(lesson.advice)),
        (labels.places, places),
        (labels.read_more, f"{shown(source_of(name))}\n{lesson.reading}"),
        (labels.exercise, f"{plain(lesson.exercise)}\n{labels.solution.format(path=solution_of(name))}"),
    ):
        console.print(Text(f"\n{head}", style="bold"))
        console.print(Padding(Text(fit(text, console.width - 2)), (0, 0, 0, 2)))
