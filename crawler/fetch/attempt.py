"""One try at one ticket: what is known of it so far, and the record of one that ends there."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from crawler.fetch.backend import Answer
from crawler.model import record
from crawler.model.messages import Finished, HostFeedback, Page, Redirect, StoredRobots, Ticket
from crawler.model.outcomes import MEANING, Kind, Outcome, Purpose
from crawler.model.page_version import PageVersion
from crawler.model.rows import Unchanged
from crawler.rules.urls import resolve
from crawler.trace.steps import Step

if TYPE_CHECKING:
    from crawler.fetch.hops import Hops


_MAX_DIGITS = 18
"""Of a Content-Length that is believed: it is to fit into a column of 64 bits."""


class Retry(NamedTuple):
    """The ticket is to be tried again; its next attempt's number is up to the frontier."""

    delay: float
    """Seconds from now."""
    kind: Kind
    """Why."""


class Deferred(NamedTuple):
    """Its turn comes again, as its lane allows, and at no attempt.

    Either the host was asked for robots.txt in its place, or it said to come again later.
    """

    ticket: Ticket
    delay: float = 0.0
    """Seconds from now, at least."""


class NotModified(NamedTuple):
    """It is what it was in the generation before, by the server's word (304)."""

    unchanged: Unchanged


class Fetched(NamedTuple):
    """What became of a ticket, and what it taught about its host."""

    result: "Result"
    feedback: HostFeedback


Result = Page | Finished | Retry | Deferred | NotModified
"""The last one only where the ticket asked for it: see :mod:`crawler.fetch.recrawling`."""


class Fetches(Protocol):
    """Whoever fetches tickets: :class:`crawler.fetch.fetcher.Fetcher`, or one that asks it."""

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``. Raises CrawlFailed where a body cannot be spooled; else nothing."""


class Keeps(Protocol):
    """What fetching wants of the frontier; each is as in :class:`crawler.frontier.protocol.Frontier`."""

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        """Take URLs in; how many of them were new."""

    def knows(self, url: str) -> bool:
        """Whether a URL was ever taken in as a page or sitemap."""

    async def turn(self, url: str) -> None:
        """Wait until another request may be sent, for ``url``."""

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin."""

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""


class Attempt:
    """Filled in as the exchange goes on, so that a record says all that was learnt before it failed."""

    __slots__ = (
        "_began",
        "certificate_ends",
        "content_type",
        "fetched_at",
        "given",
        "is_put_off",
        "latency",
        "notes_facts",
        "retry_after",
        "status",
        "ticket",
        "url",
    )

    def __init__(self, ticket: Ticket, *, notes_facts: bool = False) -> None:
        """``notes_facts``: the crawl keeps them."""
        self.notes_facts = notes_facts
        self.ticket = self.given = ticket
        """As it was handed out; the other one has the hops of redirects in place, too."""
        self.url = ticket.url
        """What is asked for: another one only after redirects in place."""
        self.fetched_at = time.time()
        """Unix time in seconds."""
        self._began: float | None = None
        self.status: int | None = None
        self.content_type: str | None = None
        self.latency = 0.0
        """Seconds until the first answer's head had come; 0 while there was none."""
        self.retry_after: float | None = None
        """Seconds until a further one, at least: what the server asked for, capped."""
        self.is_put_off = False
        """The answer said to come again later."""
        self.certificate_ends: float | None = None
        """Unix time in seconds, of a probe: it stands for its origin."""

    def begin(self) -> None:
        """The request is about to be sent."""
        self._began = time.perf_counter()

    def answered(self, answer: Answer) -> None:
        """The head of an answer has come."""
        self.status = answer.status
        self.content_type = answer.header("content-type")
        self.latency = self.latency or self.elapsed or 0.0
        if self.ticket.purpose is Purpose.PROBE:
            self.certificate_ends = answer.certificate_ends

    def take(self, hops: "Hops") -> None:
        """Go on where redirects in place have led, or end there."""
        self.url = hops.url
        if hops.are_recorded:
            self.ticket = replace(self.ticket, redirects=hops.taken)

    @property
    def elapsed(self) -> float | None:
        """Seconds since the request was sent; None where nothing was asked for."""
        return None if self._began is None else time.perf_counter() - self._began

    @property
    def is_overloaded(self) -> bool:
        """The answer says that there is too much to do."""
        return self.status is not None and (self.status == 429 or self.status >= 500)

    def unread(self, answer: Answer, kind: Kind | None, message: str) -> Finished:
        """The ticket ends here with a good answer, whose body is not read.

        With a kind that is told, and why it was not; with None no more than the head was of interest.
        """
        if kind is not None:
            return self.finished(kind, message)
        length = answer.header("content-length") or ""
        is_length = length.isascii() and length.isdecimal() and len(length) <= _MAX_DIGITS
        return self.finished(None, None, size=int(length) if is_length else None)

    def finished(
        self,
        kind: Kind | None,
        message: str | None,
        final_url: str | None = None,
        redirect: Redirect | None = None,
        *,
        size: int | None = None,
    ) -> Finished:
        """The ticket ends here, as ``kind``, with None well; ``message`` is one sentence for people.

        ``size`` in bytes is that of the body.
        """
        outcome, elapsed = Outcome.OK if kind is None else MEANING[kind].outcome, self.elapsed
        line = record.of_ticket(
            self.ticket,
            outcome,
            kind,
            final_url=final_url or self.url,
            message=message,
            status=self.status,
            fetched_at=record.timestamp(self.fetched_at),
            elapsed_ms=None if elapsed is None else record.milliseconds(elapsed),
            bytes=size,
            content_type=self.content_type,
        )
        facts = b""
        if self.certificate_ends is not None:
            facts = _certificate_facts(self.certificate_ends)
        elif self.notes_facts and redirect is not None and "#" in redirect.hops[-1].location:
            facts = _fragment_facts(redirect)
        # What fails is asked for again whatever was known of it.
        version = None if outcome is Outcome.ERROR else PageVersion(self.fetched_at)
        return Finished(
            self.ticket, outcome, kind, record.encode(line), facts=facts, redirect=redirect, version=version
        )

    def not_modified(self) -> NotModified:
        """The ticket's condition does not hold: nothing has changed."""
        elapsed = self.elapsed
        took = None if elapsed is None else record.milliseconds(elapsed)
        return NotModified(Unchanged(self.fetched_at, took))


def _certificate_facts(ends: float) -> bytes:
    from crawler.model.facts import Mark, Odd, PageFacts, encode  # only a check needs it

    return encode(PageFacts(marks=[Mark(Odd.CERTIFICATE, 0, 0, f"{ends:.0f}")]))


def _fragment_facts(redirect: Redirect) -> bytes:
    from crawler.model.facts import PageFacts, Reference, encode
    from crawler.model.sources import Source

    hop = redirect.hops[-1]
    whole = resolve(hop.location, hop.url, keep_fragment=True) or ""
    to = Reference(0, whole.partition("#")[2], 0, 0, Source.REFRESH)
    return encode(PageFacts.of([redirect.url], [to]))
