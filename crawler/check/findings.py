"""From a crawl's folder to all that a check found there: the one way in for commands and reports."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from crawler.check.coverage import why_so_little
from crawler.check.finding import Finding, Ignored, Place, Result, Unverified
from crawler.check.rules import RULES
from crawler.check.site import FACTS_FILE, Facts, open_facts
from crawler.check.unverified import find_unverified
from crawler.config import Config
from crawler.frontier.view import FrontierView, damaged_settings, open_view
from crawler.model.errors import OutputError, UsageError
from crawler.model.facts import Source
from crawler.model.findings import SEVERITIES, RuleId, Severity
from crawler.model.outcomes import Purpose
from crawler.watch.summary import SUMMARY_FILE

NEARLY_ALL = 0.8, 5
"""The part of the pages on which a finding is when its message says so, and how many there must be."""


class CheckResult:
    """Implements :class:`crawler.check.finding.Result`, from facts that are open."""

    def __init__(self, out: Path, facts: Facts, view: FrontierView) -> None:
        """Runs every rule that is on. Raises sqlite3.Error."""
        meta, config = view.meta(), facts.site.config
        self._db = facts.site.db
        self.out = out
        self.seeds: Sequence[str] = config.seeds
        self.state = meta.get("state", "incomplete")
        self.started_at = meta.get("started_at", "")
        self.counts: Mapping[str, Mapping[str, int]] = _counts(self._db)
        read = self.counts.get("page", {})
        self.pages = read.get("ok", 0) + read.get("truncated", 0)
        self.seconds = _seconds(out)
        self.references = facts.references
        severities = _severities(config)
        for rule in RULES:
            if rule.id in severities:
                rule.find(facts.site)
        self._db.execute("CREATE INDEX temp.found_by_cause ON found (rule, target, page, line, col)")
        self.ignored: Sequence[Ignored] = _ignore(self._db, config)
        self.findings: Sequence[Finding] = _grouped(self._db, severities, self.pages)
        self.unverified: Sequence[Unverified] = find_unverified(self._db, facts.answers, view, config)
        self.coverage = why_so_little(self._db, facts.answers, config, self.pages)
        least = config.check.min_pages or 0
        self.pages_missing = least - self.pages if self.pages < least else None

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """Where it shows, the first ``most`` or all, in the order of the pages; read from disk."""
        rows = self._db.execute(
            "SELECT a.url, nullif(f.line, 0), nullif(f.col, 0), f.source, f.text"
            " FROM found f CROSS JOIN answers a ON a.id = f.page WHERE f.rule = ? AND f.target = ?"
            " ORDER BY f.page, f.line, f.col LIMIT ?",
            (finding.rule, finding.target, -1 if most is None else most),
        )
        for page, line, column, source, text in rows:
            yield Place(page, line, column, "" if source is None else Source(source).label, text)

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
        return {level: sum(one.severity == level for one in self.findings) for level in SEVERITIES}


@contextmanager
def open_result(out: Path) -> Iterator[Result]:
    """All of the check in OUT, whose crawl is over or goes on; its places can be read while the block lasts.

    The settings are those that the crawl was made with. Raises OutputError where OUT holds no check,
    StoreFailed where its ``crawl.db`` is damaged.
    """
    with open_view(out) as view:
        text = view.meta().get("settings", "")
        try:
            config = Config.from_json(text)
        except UsageError as error:
            raise damaged_settings(out, error) from error
        with view.one_moment():
            try:
                with open_facts(out, view, config) as facts:
                    yield CheckResult(out, facts, view)
            except (sqlite3.Error, msgspec.DecodeError) as error:
                raise OutputError(f"{out / FACTS_FILE} cannot be read: {error}") from error


def _seconds(out: Path) -> float:
    """Of the crawl, as its summary has them; 0 before there is one."""
    try:
        return float(msgspec.json.decode((out / SUMMARY_FILE).read_bytes())["seconds"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0.0


def _severities(config: Config) -> dict[RuleId, Severity]:
    """Of every rule that is on."""
    chosen: Mapping[str, Any] = getattr(config.check, "rules", {})
    levels = {rule.id: chosen.get(rule.id) or rule.severity for rule in RULES}
    return {rule: level for rule, level in levels.items() if level != "off"}


def _counts(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for purpose, outcome, count in db.execute(
        "SELECT purpose, outcome, count(*) FROM current JOIN answers USING (id) GROUP BY 1, 2"
    ):
        counts.setdefault(Purpose(purpose).name.lower(), {})[outcome] = count
    return counts


def _ignore(db: sqlite3.Connection, config: Config) -> list[Ignored]:
    """Take away what the settings do not want to hear of.

    A pattern that is found in the target takes the finding away; in a page, the places on that page.
    """
    ignored = []
    for ignore in getattr(config.check, "ignore", ()):
        pattern = re.compile(ignore.url)
        db.create_function("is_unwanted", 1, lambda text, pattern=pattern: pattern.search(text) is not None)
        db.execute(
            "CREATE TEMP TABLE away AS SELECT found.rowid AS place, rule, target FROM found"
            " WHERE ? IN ('*', rule) AND (is_unwanted(target)"
            " OR page IN (SELECT id FROM answers WHERE id IN (SELECT page FROM found) AND is_unwanted(url)))",
            (ignore.rule,),
        )
        (count,) = db.execute("SELECT count(*) FROM (SELECT DISTINCT rule, target FROM away)").fetchone()
        db.execute("DELETE FROM found WHERE rowid IN (SELECT place FROM away)")
        db.execute("DROP TABLE away")
        ignored.append(Ignored(ignore.rule, ignore.url, ignore.reason, count))
    return ignored


def _grouped(db: sqlite3.Connection, severities: Mapping[RuleId, Severity], pages: int) -> list[Finding]:
    """One finding for each cause; SQLite takes the bare columns from the row that holds the minimum."""
    rows = db.execute(
        "SELECT rule, target, message, detail, count(*), count(DISTINCT page), min(rowid) FROM found"
        " GROUP BY rule, target"
    )
    findings = [
        Finding(
            0,
            rule,
            severities[rule],
            target,
            _on_how_many(message, on_pages, pages),
            msgspec.json.decode(detail),
            places,
            on_pages,
        )
        for rule, target, message, detail, places, on_pages, _ in rows
    ]
    order = {rule.id: number for number, rule in enumerate(RULES)}
    findings.sort(
        key=lambda one: (SEVERITIES.index(one.severity), -one.pages_count, order[one.rule], one.target)
    )
    return [one._replace(number=number) for number, one in enumerate(findings, 1)]


def _on_how_many(message: str, on_pages: int, pages: int) -> str:
    """What is in a header or footer is there on all pages, and is mended once."""
    part, least = NEARLY_ALL
    if on_pages < least or on_pages < part * pages:
        return message
    return f"{message.rstrip('.')} (on {on_pages:,} of {pages:,} pages)."
