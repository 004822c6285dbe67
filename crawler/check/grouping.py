"""What the rules have found, grouped by cause, without what nobody wants to hear of."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from crawler.check.finding import Finding, Ignored
from crawler.check.folder import namer
from crawler.config import Config
from crawler.model.findings import RULE_IDS, SEVERITIES, RuleId, Severity

NEARLY_ALL = 0.8, 5
"""The part of the pages on which a finding is when its message says so, and how many there must be."""
SHOWS = " It shows on "
"""Begins the sentence that says so, the last of its message."""


def ignore(db: sqlite3.Connection, config: Config) -> list[Ignored]:
    """Take away what the settings do not want to hear of.

    A pattern that is found in the target takes the finding away; in a page, the places on that page. With a
    folder, it may be found in what reports call these, too.
    """
    ignored, name = [], namer(config)
    for one in config.check.ignore:
        db.create_function("is_unwanted", 1, partial(_is_in, re.compile(one.url), name), deterministic=True)
        db.execute(
            "CREATE TEMP TABLE unwanted AS SELECT found.rowid AS place, rule, target FROM found"
            " WHERE ? IN ('*', rule) AND (is_unwanted(target)"
            " OR page IN (SELECT id FROM answers WHERE id IN (SELECT page FROM found) AND is_unwanted(url)))",
            (one.rule,),
        )
        (count,) = db.execute("SELECT count(*) FROM (SELECT DISTINCT rule, target FROM unwanted)").fetchone()
        db.execute("DELETE FROM found WHERE rowid IN (SELECT place FROM unwanted)")
        db.execute("DROP TABLE unwanted")
        ignored.append(Ignored(one.rule, one.url, one.reason, count))
    return ignored


def _is_in(pattern: re.Pattern[str], name: Callable[[str], str], text: str) -> bool:
    return pattern.search(text) is not None or pattern.search(name(text)) is not None


def grouped(db: sqlite3.Connection, severities: Mapping[RuleId, Severity], pages: int) -> list[Finding]:
    """One finding for each cause, in the order of the report; ``pages`` were read."""
    # SQLite takes the bare columns from the row that holds the minimum.
    rows = db.execute(
        "SELECT rule, target, message, detail, count(*), count(DISTINCT page), min(rowid) FROM found"
        " GROUP BY rule, target"
    )
    findings = []
    for rule, target, message, detail, places, on_pages, _ in rows:
        more = msgspec.json.decode(detail)
        # A message about pages that are alike has counted them.
        words = message if "pages" in more else _on_how_many(message, on_pages, pages)
        findings.append(Finding(0, rule, severities[rule], target, words, more, places, on_pages))
    findings.sort(key=_order)
    return [one._replace(number=number) for number, one in enumerate(findings, 1)]


def _order(one: Finding) -> tuple[int, int, int, str]:
    return SEVERITIES.index(one.severity), -one.pages_count, RULE_IDS.index(one.rule), one.target


def _on_how_many(message: str, on_pages: int, pages: int) -> str:
    """What is in a header or footer is there on all pages, and is mended once."""
    part, least = NEARLY_ALL
    if on_pages < least or on_pages < part * pages:
        return message
    return f"{message.rstrip('.')}.{SHOWS}{on_pages:,} of {pages:,} pages."
