"""What a check found, grouped by cause: what every report is made from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from crawler.check.source_map import SourceMap
from crawler.model.findings import RuleId, Severity


class Place(NamedTuple):
    """Where a fault shows."""

    page: str
    """URL of the page, style sheet or sitemap; with a folder, the file's path in it."""
    line: int | None
    """From 1, as is the column, in characters of the page as served; None where it is the page as a whole."""
    column: int | None
    element: str
    """As :class:`~crawler.model.sources.Source` labels it, such as ``a href``; empty without one."""
    text: str
    """The link's text, shortened, or the fragment that is missing; empty without one."""


class Since(NamedTuple):
    """In which crawl a fault first stood, of those that can be looked at."""

    crawl: str
    """As a command line names it: ``OUT@2``, or the older OUT that was named."""
    at: str
    """When that crawl began: RFC 3339, UTC."""
    checks: int
    """How many checks in a row have seen it, from that one on, with this one."""


class Mend(NamedTuple):
    """Where what is dead probably is now."""

    target: str
    """A URL (with its fragment) of the present site; with a folder, the file's path in it."""
    rule: str
    """The rule of thumb that says so, for programs: ``same-content``, ``same-title``, ``near-path`` …"""
    why: str
    """The same for people, as half a sentence: ``it has the content that was there``."""
    sure: float
    """From 0 to 1: the part of what this rule of thumb said that was right, where it was measured."""


class Finding(NamedTuple):
    """One cause, with every place where it shows."""

    number: int
    """From 1, in the order of the report: by severity, then by how many pages it is on."""
    rule: RuleId
    severity: Severity
    target: str
    """What is at fault: a URL (with its fragment), the page itself, an id, a title."""
    message: str
    """One sentence for people, in the system's own words where there are some."""
    detail: Mapping[str, object]
    """What programs may want to know: ``status``, ``kind``, ``hops``; JSON values."""
    places_count: int
    pages_count: int
    """Distinct pages among the places."""
    since: Since | None = None
    """None where there is no earlier crawl to look at."""
    mend: Mend | None = None
    """None where nothing is likely enough."""


class Entry(NamedTuple):
    """A line of a baseline. What lies on the site's own origin is told by its path alone."""

    rule: str
    target: str
    page: str


class Known(NamedTuple):
    """What a baseline has made of the findings: what it lists is left out of them."""

    file: Path
    entries: int
    """That it listed before this check."""
    findings: int
    """Causes of which it lists some page, or all."""
    places: int
    stale: Sequence[Entry]
    """What it lists and this check, which has looked, did not find any more."""
    unseen: int
    """Entries about what this check did not look at."""
    written: int | None = None
    """Entries that the file has now, where it was written anew."""


class HeldBack(NamedTuple):
    """A fault of another site that was not seen in enough checks to count; it is none of the findings."""

    rule: RuleId
    target: str
    message: str
    places_count: int
    checks: int
    """How many in a row have seen it, with this one."""
    needed: int


class Unverified(NamedTuple):
    """References that nobody can vouch for, by reason."""

    reason: str
    """A few words: ``other origins``, ``robots.txt``, ``anchors that only a script could make``."""
    references: int
    targets: int
    example: str
    """One of the targets."""


class Ignored(NamedTuple):
    """An ignore of the configuration, and what it did."""

    rule: str
    url: str
    """The pattern."""
    reason: str
    findings: int
    """0: it was not needed."""


class Result(Protocol):
    """All of a check."""

    out: Path
    name: str
    """As a command line names it: OUT, or OUT@2 where there is a later check in it."""
    seeds: Sequence[str]
    """With a folder, its path as it was given."""
    state: str
    """``finished``, ``stopped``, ``incomplete``: of the crawl."""
    started_at: str
    """RFC 3339, UTC."""
    seconds: float
    """How long its last run took: one that went on with an earlier one is told without that."""
    pages: int
    """Pages that were read."""
    counts: Mapping[str, Mapping[str, int]]
    """URLs by purpose (``page``, ``asset``, …) and by outcome."""
    references: int
    """References that were looked at."""
    findings: Sequence[Finding]
    unverified: Sequence[Unverified]
    ignored: Sequence[Ignored]
    known: Known | None
    """None without a baseline."""
    held_back: Sequence[HeldBack]
    sources: SourceMap
    coverage: str | None
    """Why so little was covered, in a sentence; None where all is well."""
    pages_missing: int | None
    """How many pages ``check.min_pages`` wanted more; None where there were enough."""

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """Where it shows, the first ``most`` or all, in the order of the pages; read from disk."""

    def pages_at_fault(self) -> Iterator[tuple[str, Mapping[Severity, int]]]:
        """Each page that has a place, in any order, with how many findings show there; read from disk."""

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
