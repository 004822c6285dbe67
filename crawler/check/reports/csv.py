"""The report for spreadsheets: a row for each place, as RFC 4180 has it, in UTF-8."""

import csv
import re
from typing import TextIO

from crawler.check.finding import Place, Result
from crawler.check.verdict import Verdict
from crawler.watch.words import visible

COLUMNS = (
    "finding",  # its number, the same in all its rows
    "severity",
    "rule",
    "target",
    "message",
    "page",
    "line",
    "column",
    "element",
    "text",
    "places_count",
    "pages_count",
    "since",  # the crawl in which it first stood
    "mend",  # where what is dead probably is now
)
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet take a cell for a formula, if it begins so (OWASP, "CSV Injection")."""
_BETWEEN_BREAKS = re.compile("[^\t\n\r]+")
_NOWHERE = Place("", None, None, "", "")


def write(result: Result, _verdict: Verdict, stream: TextIO) -> None:
    """Write a row for each place; a finding that has none gets one row too, without a page."""
    rows = csv.writer(stream)  # its lines end with CR LF
    rows.writerow(COLUMNS)
    for finding in result.findings:
        number, rule, severity, target, message, _, places_count, pages_count, since, mend = finding
        cause = (number, severity, rule, _cell(target), _cell(message))
        known = since.crawl if since else "", mend.target if mend else ""
        rest = (places_count, pages_count, *map(_cell, known))
        empty = True
        for page, line, column, element, text in result.places(finding):
            empty = False
            place = (_cell(page), line, column, _cell(element), _cell(text))
            rows.writerow((*cause, *place, *rest))
        if empty:
            rows.writerow((*cause, *_NOWHERE, *rest))


def _cell(text: str) -> str:
    """``text`` as a spreadsheet shows it and does not run it: a quote goes before a formula.

    A terminal, or an editor, does not run it either: control characters are made visible, but for the breaks
    of lines and columns, which a quoted cell may hold.
    """
    text = _BETWEEN_BREAKS.sub(lambda found: visible(found[0]), text)
    return f"'{text}" if text.startswith(_FORMULA) else text
