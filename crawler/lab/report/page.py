"""The report as one page of HTML that loads nothing: styles and pictures are inside it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.finding import Finding, Table, Verdict
from crawler.lab.lessons import lesson_of
from crawler.lab.report.learned import guess_of, lesson_as_html
from crawler.lab.report.words import describe, duration, is_numeric

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result
    from crawler.lab.laboratory import Report

_MARKS = {Verdict.BORNE_OUT: "✓", Verdict.HALF: "◐", Verdict.NOT_BORNE_OUT: "✗"}


def page(report: "Report") -> str:
    """The whole page. Reads files: the style, the pictures, and the experiments' sources."""
    found = [result for result in report.results if result.finding is not None]
    contents = "".join(_entry(result.name, result.finding) for result in found if result.finding)
    sections = "".join(_section(report, result, result.finding) for result in found if result.finding)
    where = "".join(
        f"<p class='faint wide'>{escape(line)}</p>" for line in describe(report.machine, report.scale)
    )
    style = Path(__file__).with_name("page.css").read_text("utf-8")
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>crawler lab: {report.machine.cores} cores, {escape(report.machine.date[:10])}</title>"
        f"<style>{style}</style>\n<main><h1>Coroutines, threads, processes: measured here</h1>{where}"
        f"<nav><ul>{contents}</ul></nav>{sections}{_missing(report)}</main></html>\n"
    )


def _entry(name: str, finding: Finding) -> str:
    mark = _MARKS[finding.verdict]
    return f"<li>{mark} <a href='#{name}'>{escape(name)}</a>: {escape(lesson_of(name).question)}</li>"


def _section(report: "Report", result: "Result", finding: Finding) -> str:
    kind = {Verdict.BORNE_OUT: "good", Verdict.HALF: "half", Verdict.NOT_BORNE_OUT: "bad"}[finding.verdict]
    notes = "".join(f"<p class=faint>{escape(note)}</p>" for note in finding.notes)
    return (
        f"<section id='{result.name}'><h2>{escape(lesson_of(result.name).question)}</h2>"
        f"<p class=name>{escape(result.name)} · {duration(result.seconds)}</p>"
        f"<p>What is said: “{escape(finding.claim)}”</p>"
        f"<p>{escape(finding.done)}</p>"
        f"<p class='verdict {kind}'><b>{_MARKS[finding.verdict]} {escape(finding.verdict.capitalize())} "
        f"on this machine</b>{escape(finding.because)}</p>"
        f"{guess_of(report.guesses.get(result.name))}"
        f"{_picture(result)}{''.join(map(_table, finding.tables))}{notes}"
        f"{lesson_as_html(result.name)}</section>"
    )


def _picture(result: "Result") -> str:
    if result.picture is None:
        return ""
    svg: Path = result.picture.with_suffix(".svg")
    data = base64.b64encode(svg.read_bytes()).decode()
    return f"<img alt='{escape(result.name)}, drawn' src='data:image/svg+xml;base64,{data}'>"


def _table(table: Table) -> str:
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    kinds = [" class=number" if is_numeric(table, n) else "" for n in range(len(table.columns))]

    def line(tag: str, cells: Sequence[str]) -> str:
        tags = [tag if cell else "td" for cell in cells]  # a head without words is none
        written = (
            f"<{t}{kind}>{escape(cell)}</{t}>" for t, kind, cell in zip(tags, kinds, cells, strict=True)
        )
        return f"<tr>{''.join(written)}</tr>"

    head, rows = line("th", table.columns), "".join(line("td", row) for row in table.rows)
    drawn = f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f"<div class=scroll tabindex=0>{drawn}</div>"


def _missing(report: "Report") -> str:
    lines = [
        f"<li><b>{escape(result.name)}</b>: {escape(result.not_possible or result.failed or '')}</li>"
        for result in report.results
        if result.finding is None
    ]
    if report.interrupted:
        lines.append(
            f"<li><b>{escape(report.interrupted)}</b> was interrupted, and nothing after it was run.</li>"
        )
    return f"<section><h2>Not measured</h2><ul>{''.join(lines)}</ul></section>" if lines else ""
