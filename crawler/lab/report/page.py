"""The report as one page of HTML that loads nothing: styles and pictures are inside it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.lab.finding import Finding, Table, Verdict
from crawler.lab.report.learned import guess_of, lesson_as_html
from crawler.lab.report.pictures import NARROW_BELOW, narrow
from crawler.lab.report.words import cores_of, describe, duration, is_numeric, verdict_of

if TYPE_CHECKING:
    from crawler.lab.experiment_process import Result
    from crawler.lab.laboratory import Report
    from crawler.lab.language import Language

MARKS = {Verdict.BORNE_OUT: "✓", Verdict.HALF: "◐", Verdict.NOT_BORNE_OUT: "✗"}


def page(report: "Report") -> str:
    """The whole page. Reads files: the style, the pictures, and the experiments' sources."""
    labels = report.language.labels
    found = [(result, result.finding) for result in report.results if result.finding is not None]
    contents = "".join(_entry(result.name, finding, report.language) for result, finding in found)
    sections = "".join(_section(report, result, finding) for result, finding in found)
    where = "".join(
        f"<p class='faint wide'>{escape(line)}</p>" for line in describe(report.machine, report.scale, labels)
    )
    title = labels.page_title.format(cores=cores_of(report.machine, labels), date=report.machine.date[:10])
    style = Path(__file__).with_name("page.css").read_text("utf-8")
    return (
        f"<!doctype html>\n<html lang={labels.html_language}><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style>\n<main><h1>{labels.heading}</h1>{where}"
        f"<nav><ul>{contents}</ul></nav>{sections}{_missing(report)}</main></html>\n"
    )


def _entry(name: str, finding: Finding, language: "Language") -> str:
    mark, question = MARKS[finding.verdict], escape(language.lesson(name).question)
    return f"<li>{mark} <a href='#{name}'>{escape(name)}</a>{language.labels.colon}{question}</li>"


def _section(report: "Report", result: "Result", finding: Finding) -> str:
    kind = {Verdict.BORNE_OUT: "good", Verdict.HALF: "half", Verdict.NOT_BORNE_OUT: "bad"}[finding.verdict]
    language, labels = report.language, report.language.labels
    lesson = language.lesson(result.name)
    verdict = labels.on_this_machine.format(verdict=verdict_of(finding, labels))
    notes = "".join(f"<p class=faint>{escape(note)}</p>" for note in finding.notes)
    return (
        f"<section id='{result.name}'><h2>{escape(lesson.question)}</h2>"
        f"<p class=name>{escape(result.name)} · {duration(result.seconds, labels)}</p>"
        f"<p>{labels.said.format(claim=escape(finding.claim))}</p>"
        f"<p>{escape(finding.done)}</p>"
        f"<p class='verdict {kind}'><b>{MARKS[finding.verdict]} {verdict}</b>{escape(finding.because)}</p>"
        f"{guess_of(report.guesses.get(result.name), labels)}"
        f"{_picture(result, lesson.caption)}{''.join(map(_table, finding.tables))}{notes}"
        f"{lesson_as_html(result.name, language)}</section>"
    )


def _picture(result: "Result", caption: str) -> str:
    if result.picture is None:
        return ""
    small, large = (_inside(path.with_suffix(".svg")) for path in (narrow(result.picture), result.picture))
    return (
        f"<figure><picture><source media='(max-width: {NARROW_BELOW}px)' srcset='{small}'>"
        f"<img alt='{escape(caption)}' src='{large}'></picture>"
        f"<figcaption aria-hidden=true>{escape(caption)}</figcaption></figure>"
    )


def _inside(svg: Path) -> str:
    """A picture as an address that is the picture itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.read_bytes()).decode()}"


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
    labels = report.language.labels
    lines = [
        f"<li><b>{escape(result.name)}</b>{labels.colon}"
        f"{escape(result.not_possible or result.failed or '')}</li>"
        for result in report.results
        if result.finding is None
    ]
    if report.interrupted:
        name = f"<b>{escape(report.interrupted)}</b>"
        lines.append(f"<li>{labels.was_interrupted.format(name=name)}</li>")
    head = f"<h2>{labels.not_measured}</h2>"
    return f"<section>{head}<ul>{''.join(lines)}</ul></section>" if lines else ""
