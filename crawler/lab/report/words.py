"""Findings in words, for the terminal and for the page."""

from typing import TYPE_CHECKING

from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.lessons import lesson_of, shown, solution_of, source_of, why
from crawler.lab.machine import Machine
from crawler.lab.report.prose import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from crawler.lab.laboratory import Report

GIB = 1024**3
BUSY = 0.5
"""Load for each core above which other programs disturb what is measured."""
_COLOURS = {Verdict.BORNE_OUT: "green", Verdict.HALF: "yellow", Verdict.NOT_BORNE_OUT: "red"}


def describe(machine: Machine, scale: Scale) -> list[str]:
    """The machine, and how far its figures may be trusted, a line each."""
    memory = f", {machine.memory_bytes / GIB:.0f} GiB of memory" if machine.memory_bytes else ""
    count = f"{machine.cores} core{'' if machine.cores == 1 else 's'}"
    lines = [
        f"{count} ({machine.processor}){memory} · {machine.platform} · {machine.python} · "
        f"{machine.date[:16].replace('T', ' ')} UTC",
    ]
    if machine.load is not None and machine.load > BUSY * machine.cores:
        lines.append(
            f"The machine was busy with other things (load average {machine.load:.1f} before the first "
            "experiment): figures are worse than they could be, and rougher."
        )
    if scale is Scale.QUICK:
        lines.append("Measured with --quick: trust the directions, not the figures.")
    return lines


def duration(seconds: float) -> str:
    """Such as ``8.3 s``."""
    return f"{seconds:.1f} s"


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


def print_finding(console: "Console", finding: Finding) -> None:
    """Print what one experiment found: the claim, what was done, the tables, and what they say to it."""
    from rich.text import Text

    console.print(Text(f"Claim: {finding.claim}", style="bold"))
    console.print(Text(finding.done))
    for table in finding.tables:
        console.print(_rich_table(table))
    verdict = Text(finding.verdict.capitalize(), style=f"bold {_COLOURS[finding.verdict]}")
    console.print(verdict + Text(f": {finding.because}", style="none"))
    for note in finding.notes:
        console.print(Text(note, style="dim"))


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
    lines = [
        f"{result.finding.verdict:14}  {result.name}: {result.finding.claim}"
        for result in report.results
        if result.finding is not None
    ]
    for word, reason in (("skipped", "not_possible"), ("failed", "failed")):
        whys = [(result.name, getattr(result, reason)) for result in report.results]
        lines += [f"{word:14}  {name}: {why}" for name, why in whys if why]
    if report.interrupted:
        lines.append(f"{'interrupted':14}  {report.interrupted}: nothing after it was run")
    whole = duration(sum(result.seconds for result in report.results))
    return [*lines, "", *describe(report.machine, report.scale), f"{whole} altogether."]


def print_lesson(console: "Console", name: str) -> None:
    """Print what goes with an experiment's finding: why it is so, what follows, and an exercise."""
    from rich.padding import Padding
    from rich.text import Text

    lesson = lesson_of(name)
    places = "\n".join(f"{place.where}\n    {plain(place.what)}" for place in lesson.places)
    for head, text in (
        ("Why", plain(why(name))),
        ("So in your program", plain(lesson.advice)),
        ("In this program", places),
        ("Read more", f"{shown(source_of(name))}\n{lesson.reading}"),
        ("Exercise", f"{plain(lesson.exercise)}\nA solution: {solution_of(name)}"),
    ):
        console.print(Text(f"\n{head}", style="bold"))
        console.print(Padding(Text(text), (0, 0, 0, 2)))
