"""What can be read of a crawl's state, row by row: the frontier makes these rows, others show them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.model.outcomes import Kind, Outcome
from crawler.model.page_version import PageVersion


class Pace(NamedTuple):
    """How politely one origin was asked: the columns of its row in ``crawl.db``, in their order there."""

    crawl_delay: float | None
    """Seconds between the starts of two requests that its robots.txt asks for."""
    per_host: int
    """Requests at once, and …"""
    delay: float
    """… seconds between the starts of two, that the settings and Crawl-delay allow."""
    slots_now: int
    delay_now: float
    """What the throttle makes of them now."""
    slow: float
    """How many times slower than its limits; 1 is full speed."""
    requests: int
    """Ever started, robots.txt and retries included."""
    failures: int
    """Of these: no answer, 429 or 5xx."""
    peak: int
    """Most requests that were ever under way at once."""
    smallest_gap: float | None
    """Seconds between the starts of two, at least; None before the second."""
    last_start: float | None
    """Unix time, as is the next one."""
    resting_until: float | None
    """Until when an answer asked us to rest; None if none ever did."""


class FirstNamed(NamedTuple):
    """Where a URL lies, and by whom it was first named."""

    origin: str
    referrer: int | None
    """Row id of the URL whose page did; None of a seed."""


class HostRow(NamedTuple):
    """One origin and how many of its URLs ended how."""

    origin: str
    """As ``http://host:port``, without a default port."""
    pending: int
    """Not finished, those in flight included."""
    ok: int
    truncated: int
    error: int
    skipped: int
    pace: Pace | None = None
    """None where it was never asked."""


class Failed(NamedTuple):
    """A URL that ended as an error."""

    id: int
    url: str
    kind: str
    status: int | None
    message: str | None


class Leaf(NamedTuple):
    """A page that is not ok, and to which no further redirect was followed."""

    url: str
    kind: str
    status: int | None
    target: str | None
    """Where it redirects to, when that was not followed."""
    message: str | None
    source: str | None
    """What redirects to it."""


class Part(NamedTuple):
    """A folder with records of a crawl: all of them, or what one of several nodes has written."""

    folder: Path
    first: int
    """Batches with a higher number are here, up to the first one of the next part."""
    spans: Mapping[str, tuple[int, int]]
    """Of each sink, the positions between which its committed records are."""


class EarlierPage(NamedTuple):
    """A URL as the generation before has it."""

    url: str
    outcome: Outcome
    kind: Kind | None
    batch: int
    """The one that its record is in."""
    left: tuple[int, int, int]
    """Links that were out of scope, too deep, and nofollow."""
    extract_error: str | None
    login: str | None
    leads_to: bytes | None
    version: PageVersion | None
    """By what it is compared; None where there is nothing to be compared."""


class Unchanged(NamedTuple):
    """When it was found out that a page is what it was."""

    at: float
    """Unix time in seconds."""
    elapsed_ms: float | None
    """What that took."""


class HostNow(msgspec.Struct, frozen=True):
    """One host: how it is asked now, and what is left to ask."""

    origin: str
    in_flight: int
    pending: int
    per_host: int
    """Requests at once that it is asked now."""
    delay: float
    """Seconds between two requests now; more than configured where it was slowed down."""
    slowed: float
    """How much slower than its limits allow, 1 is not at all."""
    resting_seconds: float
    """Until it may be asked again after a Retry-After or a failure; 0 where it is not resting."""
    failures: int
    """Requests that had no answer, or a 429 or 5xx."""
    crawl_delay: float | None
    """What its robots.txt asks for, in seconds."""
    given_up: bool
    """It put everything off for too long."""
