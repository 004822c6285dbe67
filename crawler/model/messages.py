"""The life of one URL as four frozen messages: Ticket → Page → Finished → Ack.

::

    Ticket    the frontier hands it out (a job)  "fetch this"
    Page      fetch makes it from the answer     "parse this"
    Finished  parse makes it (or fetch, when there is nothing to parse)   "write this, then it is done"
    Ack       a writer process sends it          "batch n is on disk, my file now ends here"

msgspec's structs are much like dataclasses: they pickle small, are made in a third of the time, and never
form cycles (``gc=False``). The first fields of each matter to every crawl, others to a recrawl or a check.
"""

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from crawler.model.exchange import Exchange
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.page_version import PageVersion
from crawler.model.spans import ChildWork, Span


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One redirect already taken: the URL asked, the status, the Location header as it was sent."""

    url: str
    status: int
    location: str


class Ticket(msgspec.Struct, frozen=True, gc=False):
    """One URL leased from the frontier."""

    id: int
    """Row id in ``crawl.db``; the URL's identity everywhere in the program."""
    url: str
    """Absolute, as the WHATWG URL standard serialises it, without a fragment."""
    lane: int
    """Id of its lane (scheme + host + port: a per-host queue), the unit of politeness."""
    depth: int
    """Links followed from a seed; seeds are 0. A redirect's target keeps its source's depth."""
    referrer: str | None = None
    attempt: int = 1
    """1 for the first try."""
    redirects: tuple[Hop, ...] = ()
    """Hops that led here, oldest first."""
    purpose: Purpose = Purpose.PAGE
    """What it is asked for."""
    indexes: int = 0
    """Of a sitemap: indexes on the way to it."""
    refused_since: float | None = None
    """Monotonic seconds: when its host put it off (429) for the first time; None where it has not."""
    alone: bool = False
    """Nothing else is asked of its host, to see whether that answers again after it put everything off."""
    generation: int = 1
    """Of the crawl."""
    earlier: PageVersion | None = None
    """What the generation before has of it, to ask whether that has changed; None: it is simply asked for."""


class HostFeedback(msgspec.Struct, frozen=True, gc=False):
    """What an answer taught about its host; handed back when the host's slot is freed."""

    retry_after: float | None = None
    """Seconds for which the whole lane must rest (already capped), or None."""
    crawl_delay: float | None = None
    """Seconds between requests that robots.txt asks for (already capped), or None."""
    elapsed: float = 0.0
    """Seconds until the answer's head had come; 0 where that was not measured."""
    failed: bool = False
    """True when there was no answer, or a 429 or 5xx."""
    put_off: bool = False
    """True when it was a 429: "come again later"."""
    asked: bool = True
    """False when the host was not asked for anything, be it robots.txt: nobody needs to wait for that."""


class Page(msgspec.Struct, frozen=True, gc=False):
    """An answer whose body was read and is to be parsed."""

    ticket: Ticket
    status: int
    headers: tuple[tuple[str, str], ...]
    """As received, names in lower case, order and repeats kept."""
    pieces: tuple[bytes, ...]
    """Decoded body as it came in; empty when it was spooled (put aside in a file, since it is long)."""
    body_path: str | None
    """Path of that file; whoever finishes the page removes it."""
    size: int
    """Bytes of the decoded body."""
    content_type: str | None
    """The Content-Type header as received."""
    fetched_at: float
    """Unix time in seconds, when the request was sent."""
    elapsed: float
    """Seconds that the exchange took."""
    sniffed: str | None = None
    """What stands for that header where it says nothing: the type by the body's first bytes."""
    truncated: bool = False
    """The body limit cut it."""
    follow: bool = True
    """False when X-Robots-Tag says nofollow and robots are obeyed."""
    final_url: str | None = None
    """Where the answer came from, if that was not the ticket's URL (see :mod:`crawler.fetch.hops`)."""
    accept_encoding: str = ""
    """What the request said that it could read."""
    certificate_ends: float | None = None
    """Of a probe, Unix time in seconds; None without TLS, or where the certificate was not verified."""
    exchanges: tuple[Exchange, ...] = ()
    """Those that led to it, in order; they do not travel to the parsers."""

    @property
    def url(self) -> str:
        """What the body's own links are relative to."""
        return self.final_url or self.ticket.url

    @property
    def body(self) -> bytes:
        """All pieces in one: a copy, so this is for whoever parses it and not for the event loop."""
        return b"".join(self.pieces)

    @property
    def weight(self) -> int:
        """Bytes it holds in memory, about; what the page queue is bounded by."""
        kept = sum(exchange.weight for exchange in self.exchanges)
        return kept + (1024 if self.body_path is not None else self.size + 1024)


class Links(msgspec.Struct, frozen=True, gc=False):
    """Links to be added to the frontier, as two flat byte strings: no per-link object is pickled."""

    urls: bytes = b""
    """URLs joined by newlines, distinct, in document order."""
    fingerprints: bytes = b""
    """8 bytes for each URL, native order: its 64-bit fingerprint under the crawl's hash seed."""
    purpose: Purpose = Purpose.PAGE
    """What they are to be asked for."""


class Redirect(msgspec.Struct, frozen=True, gc=False):
    """Where a redirect led, when it is to be followed: a new URL that carries its hops."""

    url: str
    hops: tuple[Hop, ...]


class Finished(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A URL with its outcome: its record as opaque bytes, and what it adds to the frontier."""

    ticket: Ticket
    outcome: Outcome
    kind: Kind | None
    record: bytes
    """One JSON object in UTF-8, no newline (see :mod:`crawler.model.record`)."""
    links: tuple[Links, ...] = ()
    """What it leads to, each with the purpose for which it is to be asked; one of each purpose at most."""
    facts: bytes = b""
    """With the sink ``facts``, what was noted of it (see :mod:`crawler.model.facts`)."""
    redirect: Redirect | None = None
    extract_error: str | None = None
    """How the extract function failed on it: one line, and the first time the whole traceback."""
    login: str | None = None
    """The title of a page that asks for a password (empty where it has none); None of any other."""
    version: PageVersion | None = None
    """For the next generation; None where there is nothing to be compared."""
    links_out_of_scope: int = 0
    links_too_deep: int = 0
    links_nofollow: int = 0
    links_too_long: int = 0
    """Longer than ``scope.max_url_length``, or growing beyond ``scope.max_repeats``."""
    body_lost: bool = False
    """The file with its body could not be read: nothing was learnt, and the page is worth another fetch."""
    exchanges: tuple[Exchange, ...] = ()
    """Those that led to it, in order, where a sink asks for answers."""
    span: Span | None = None  # when it was parsed, where a trace is written

    @property
    def weight(self) -> int:
        """Bytes it holds in memory, about."""
        links = sum(len(some.urls) + len(some.fingerprints) for some in self.links)
        kept = sum(exchange.weight for exchange in self.exchanges)
        return len(self.record) + len(self.facts) + links + kept + 512

    def without_links(self) -> "Finished":
        """What the writers and the commit need; links would only take memory until then."""
        return replace(self, links=(), redirect=None)


class Ack(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """A sink's word that a batch is on disk."""

    batch: int
    position: int
    """Where the sink ends with this batch (an offset): bytes for a file, the last row id for a table."""
    work: ChildWork | None = None
    """What the writer did since it last said so, where a trace is written."""


class Commit(msgspec.Struct, frozen=True, gc=False):
    """One numbered batch that every sink holds, ready for the transaction in which its URLs become done."""

    n: int
    """Number of the batch; they count up by one, in the order of the records in every sink."""
    finished: tuple[Finished, ...]
    """In the order of their records."""
    positions: dict[str, int]
    """Where each sink (by name) ends with *this* batch, whatever it holds by now: bytes or row id."""


class StoredRobots(NamedTuple):
    """A robots.txt that the frontier keeps for an origin."""

    status: int
    body: bytes
    age: float = 0.0
    """Seconds since it was fetched; negative where the clock was set back since."""
