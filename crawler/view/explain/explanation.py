"""Why a URL is, or is not, in a crawl: what ``crawler explain --json`` prints, so its fields are a contract.

:mod:`crawler.view.explain.explaining` fills these in, :mod:`crawler.view.explain.words` tells them to people.
What cannot be known is null.
"""

import msgspec


class WayStep(msgspec.Struct):
    """One URL of the way by which another was found, from a seed on."""

    url: str
    how: str
    """How it was found: ``seed``, ``link``, ``redirect``, ``sitemap``."""
    depth: int
    state: str


class LinkedFrom(msgspec.Struct):
    """A page that leads to the URL."""

    url: str
    through: str | None = None
    """What it links to, where that redirects."""
    nofollow: bool = False
    """It asks crawlers to follow none of its links."""


class RecordAt(msgspec.Struct):
    """Where its record lies."""

    file: str
    begin: int
    end: int
    """Positions between which its batch lies there: bytes of a file, row ids of a database."""
    fetched_at: str | None


class RobotsKept(msgspec.Struct):
    """What the robots.txt of its origin, as the crawl has kept it, says of it."""

    status: int
    obeyed: bool
    allowed: bool
    agent: str | None
    line: int | None
    text: str | None
    age_seconds: float


class KeptOut(msgspec.Struct):
    """The first rule that keeps it out."""

    rule: str
    """A key such as ``scope.exclude`` or ``scope.max_depth``; ``nofollow``; ``purpose``; ``redirect``;
    ``not linked``; ``not yet``; ``unknown``."""
    words: str
    """A sentence without its full stop."""
    advice: str | None = None
    """What would take it in."""


class Near(msgspec.Struct):
    """A URL that is in, and differs a little."""

    url: str
    state: str
    difference: str


class Explanation(msgspec.Struct):
    """All of it."""

    given: str
    url: str
    """As the crawl would have it."""
    changes: list[str]
    """What is other in it than in what was given."""
    out: str
    generation: int
    crawl_state: str
    """How the crawl stands: ``running``, ``silent``, ``dead``, ``finished``, ``stopped``, ``incomplete``."""
    is_in: bool = False
    """It was taken in, as a page or a sitemap."""
    state: str | None = None
    """``pending``, ``ok``, ``truncated``, ``error``, ``skipped``; of what is not in, where it is known."""
    kind: str | None = None
    status: int | None = None
    message: str | None = None
    purpose: str | None = None
    depth: int | None = None
    attempts: int | None = None
    due: str | None = None
    """Before which it is not tried again: RFC 3339, UTC."""
    redirects_to: str | None = None
    batch: int | None = None
    way: list[WayStep] = []
    """From a seed to it."""
    linked_from: list[LinkedFrom] = []
    """The first pages that lead to it, by the records."""
    linked_from_more: bool = False
    records_problem: str | None = None
    """Why the records could not be looked through."""
    record: RecordAt | None = None
    robots: RobotsKept | None = None
    kept_out: KeptOut | None = None
    near: list[Near] = []
