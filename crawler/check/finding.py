"""What a check found, grouped by cause: what every report is made from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

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
    seeds: Sequence[str]
    """With a folder, its path as it was given."""
    state: str
    """``finished``, ``stopped``, ``incomplete``: of the crawl."""
    started_at: str
    """RFC 3339, UTC."""
    seconds: float
    """The crawl, in all its runs."""
    pages: int
    """Pages that were read."""
    counts: Mapping[str, Mapping[str, int]]
    """URLs by purpose (``page``, ``asset``, …) and by outcome."""
    references: int
    """References that were looked at."""
    findings: Sequence[Finding]
    unverified: Sequence[Unverified]
    ignored: Sequence[Ignored]
    coverage: str | None
    """Why so little was covered, in a sentence; None where all is well."""
    pages_missing: int | None
    """How many pages ``check.min_pages`` wanted more; None where there were enough."""

    def places(self, finding: Finding, most: int | None = None) -> Iterator[Place]:
        """Where it shows, the first ``most`` or all, in the order of the pages; read from disk."""

    def totals(self) -> Mapping[Severity, int]:
        """Findings by severity; each is there."""
