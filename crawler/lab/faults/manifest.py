"""What a fault is: an address that misbehaves, and beside it what a correct crawler must record.

The faults themselves stand in the files beside this one, one for each part of an answer that can go wrong;
:mod:`crawler.lab.faults.site` puts them among good pages.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from crawler.model.outcomes import Kind, Outcome

TIMES = 2
"""Attempts that a URL has in all: the crawl of the faults is told to retry once."""
RETRY_AFTER_MAX = 1.0
"""Seconds of Retry-After that this crawl grants."""
MAX_BODY = 6 * 1024 * 1024
"""Bytes at which this crawl cuts a body."""
MAX_DEPTH = 12
"""Links from the start page: what ends the calendar that has no end."""
MAX_REDIRECTS = 5
EXCLUDED = (r"[?&]sid=",)
"""Session ids: what whoever crawls such a site would leave out."""
MAX_URL_LENGTH = 40_000
"""Characters: the longest link that this crawl follows has half of them."""
MAX_REPEATS = 5
"""Times that one segment may stand in a path: what ends the paths that grow."""

ANY_STATUS = -1
"""Wanted where it depends on how the bytes fell into packets whether the status was seen."""

OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
"""The beginning of an answer in which nothing is wrong yet."""
HEAD = OPEN + b"Connection: close\r\n"
"""The same where the server hangs up afterwards: unsaid, it would hit the next request, whatever that is."""


class Here(NamedTuple):
    """Where the server listens, which is known only when it does."""

    port: int
    other: int
    """The port of the neighbour, to which no page may send a crawler."""

    @property
    def origin(self) -> str:
        """The site's."""
        return f"http://127.0.0.1:{self.port}"


class Call(Protocol):
    """One request, as an answer written in Python sees it."""

    path: str
    """Path and query, as on the request line."""
    nth: int
    """How often this path was asked for, this time included."""
    head: bytes
    """The request, from its first byte to the empty line."""

    async def send(self, data: bytes) -> None:
        """Write, and wait while the client does not read. Raises OSError when it has gone."""

    async def pause(self, seconds: float) -> None:
        """Do nothing for so long, or until the client goes, which raises OSError."""

    async def reset(self) -> None:
        """Break the connection off with a TCP reset."""

    def race(self, how: "Answer") -> None:
        """Answer the next good page that is asked for on this connection with ``how``."""

    async def give(self, answer: "Answer") -> bool:
        """Send an answer, whatever it is made of; True where the connection stays open after it."""


class Kept(bytes):
    """A whole answer, after which the connection stays open for the next request."""


Answer = bytes | Callable[[Call], Awaitable[bool | None]]
"""Bytes that are sent, after which the connection is closed (see :class:`Kept`); or a coroutine function,
after which it is closed unless it returned True."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must stand in the record, and in the server's log."""

    outcome: Outcome
    kind: Kind | None = None
    status: int | None = 200
    attempts: int = 1
    asked: int | None = None
    """Requests for it; None: one for each attempt."""
    waits: float = 0.0
    """Seconds that must lie between one request for it and the next."""
    also: Mapping[str, object] = field(default_factory=dict)
    """Further keys of the record; ``links`` and ``redirects`` as their number or as a list of URLs."""

    @property
    def requests(self) -> int:
        """How often it must have been asked for."""
        return self.attempts if self.asked is None else self.asked


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave."""

    name: str
    """Also its path, without the slash in front."""
    answer: Answer
    wanted: Wanted
    more: Mapping[str, tuple[Answer | None, Wanted]] = field(default_factory=dict)
    """Further URLs that it leads to, with what must come of them: paths, or whole URLs elsewhere, whose
    answer is None."""
    hrefs: tuple[str, ...] = ()
    """How it is linked, where that is not its path."""

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/{self.name}"


def ok(status: int = 200, attempts: int = 1, waits: float = 0.0, **also: object) -> Wanted:
    """A page that is read after all."""
    return Wanted(Outcome.OK, None, status, attempts, waits=waits, also=also)


def cut(**also: object) -> Wanted:
    """A page of which only :data:`MAX_BODY` bytes are kept."""
    return Wanted(Outcome.TRUNCATED, Kind.TOO_LARGE, also={"bytes": MAX_BODY, **also})


def lost(kind: Kind, status: int | None = None, attempts: int = TIMES, waits: float = 0.0) -> Wanted:
    """A page that cannot be had; most are tried again first."""
    return Wanted(Outcome.ERROR, kind, status, attempts, waits=waits)


def refused(status: int, attempts: int = 1, waits: float = 0.0) -> Wanted:
    """An answer that is no page; those that say "not now" are tried again first."""
    return lost(Kind.HTTP_STATUS, status, attempts, waits)


def skipped(kind: Kind, status: int | None, **also: object) -> Wanted:
    """A URL that ends without an error and without a page."""
    return Wanted(Outcome.SKIPPED, kind, status, also=also)


def html(title: str, body: str = "") -> bytes:
    """A small page in UTF-8."""
    return f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{body}".encode()


def answer(
    body: bytes, *headers: str, status: str = "200 OK", media: str | None = "text/html; charset=utf-8"
) -> Kept:
    """A flawless answer: status line, Content-Type, Content-Length, ``headers``, body."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    if media is not None:
        lines.append(f"Content-Type: {media}")
    return Kept("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def page(title: str, body: str = "", *headers: str) -> Kept:
    """A flawless answer with a small page."""
    return answer(html(title, body), *headers)


def chunked(*parts: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    """Transfer coding (RFC 9112 section 7.1) with its header line and the empty line behind it."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"Transfer-Encoding: chunked\r\n\r\n" + framed + last
