"""Keeps what is said on the wire, for sinks that archive answers; where none does, it is not there at all.

It stands at both ends of the fetcher: behind it, a backend that keeps what others read of an answer; before
it, a fetcher that puts all exchanges of a ticket on what that ends as. Nobody between the two knows. Not kept
are robots.txt, which is in ``crawl.db``, and tries that are to be repeated.

Of HTTP/2 is kept what HTTP/1.1 would have said, as readers of archives expect it, and as Heritrix, Common
Crawl and browsertrix write it (iipc/warc-specifications, issues 15 and 42): a request line and ``host`` for
the pseudo-header fields; ``HTTP/1.1 200`` and an empty reason phrase for ``:status``, since HTTP/2 has none;
then the fields as they came, names in lower case. What it was says
:attr:`crawler.model.exchange.Exchange.protocol`.

What was sent for the sake of a login is nobody's but the user's, so such fields are left out of requests.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from pathlib import Path

from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.attempt import Fetched, Fetches
from crawler.fetch.backend import NO_HEADERS, Answer, Backend, FetchFailed, Heads
from crawler.fetch.body import Buffer
from crawler.model.exchange import Exchange
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind
from crawler.plumbing.spool import remove_payloads, remove_spooled
from crawler.plumbing.starter_thread import off_loop
from crawler.trace.steps import Step

_SECRET = frozenset({b"authorization", b"proxy-authorization", b"cookie"})
"""Fields of requests that are left out, beside those that the user adds."""
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
"""RFC 9112 section 6.3."""

_asking_for: ContextVar["_Ticket"] = ContextVar("asking_for")


class _Ticket:
    """The ticket that a worker is at, and what was said for it so far."""

    __slots__ = ("exchanges", "id")

    def __init__(self, ticket: Ticket) -> None:
        self.id = ticket.id
        self.exchanges: list[Exchange] = []


class ArchivingFetcher:
    """Puts what :class:`ArchivingBackend` has kept on the page or the record; else removes it."""

    def __init__(self, fetcher: Fetches) -> None:
        self._fetcher = fetcher

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``; see :class:`crawler.fetch.attempt.Fetches`."""
        asked = _Ticket(ticket)
        result = None
        token = _asking_for.set(asked)
        try:
            fetched = await self._fetcher.fetch(ticket, step)
            result, exchanges = fetched.result, asked.exchanges
            if isinstance(result, Page) and result.truncated:
                exchanges[-1] = await _cut_like(result, exchanges[-1])
        except BaseException:
            await remove_payloads(asked.exchanges)
            if isinstance(result, Page) and result.body_path is not None:
                await remove_spooled(result.body_path)
            raise
        finally:
            _asking_for.reset(token)
        if isinstance(result, Page | Finished):
            return fetched._replace(result=replace(result, exchanges=tuple(exchanges)))
        await remove_payloads(exchanges)
        return fetched


async def _cut_like(page: Page, exchange: Exchange) -> Exchange:
    """``exchange`` with no more of its payload than ``page`` has; it was the limit that ended the reading."""
    if any(name == "content-encoding" for name, _ in page.headers):
        return exchange if exchange.cut is None else replace(exchange, cut="length")
    if exchange.path is not None:
        await off_loop(partial(os.truncate, exchange.path, page.size))
        return replace(exchange, size=page.size, cut="length")
    payload = b"".join(exchange.payload)[: page.size]
    return replace(exchange, payload=(payload,), size=page.size, cut="length")


class ArchivingBackend:
    """A backend that keeps its answers as they are read; see :class:`crawler.fetch.backend.Backend`.

    To be asked only within :meth:`ArchivingFetcher.fetch`. Payloads longer than ``fetch.spool_above`` go to
    files in ``spool_dir``, which must exist.
    """

    def __init__(self, backend: Backend, config: Config, spool_dir: Path) -> None:
        self._backend, self._spool_dir = backend, str(spool_dir)
        self._spool_above = config.fetch.spool_above
        self._knows_address = config.fetch.proxy is None
        added = (line.partition(":")[0].strip().lower().encode() for line in config.session.headers)
        self._secret = _SECRET.union(added)

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Answer]:
        """One GET of ``url``. Raises FetchFailed, and CrawlFailed where a body cannot be spooled."""
        ticket, at = _asking_for.get(), time.time()
        path = f"{self._spool_dir}{os.sep}{ticket.id}-{len(ticket.exchanges)}.payload"
        buffer = Buffer(sys.maxsize, self._spool_above, path)
        answer: _KeptAnswer | None = None
        try:
            try:
                async with self._backend.get(url, headers) as received:
                    answer = _KeptAnswer(received, buffer)
                    yield answer
            except FetchFailed as failed:
                # Such a ticket may end with this answer's status: then what had come of it is kept.
                if answer is not None:
                    answer.broke_off(failed)
                    ticket.exchanges.append(await self._exchange(url, at, answer, buffer))
                raise
            ticket.exchanges.append(await self._exchange(url, at, answer, buffer))
        except FetchFailed:
            raise
        except BaseException:
            await buffer.discard()
            raise

    async def _exchange(self, url: str, at: float, answer: "_KeptAnswer", buffer: Buffer) -> Exchange:
        body, heads = await buffer.finish(), answer.heads()
        lines = heads.request.split(b"\r\n")
        request = b"\r\n".join(
            [line for line in lines if line.partition(b":")[0].lower() not in self._secret]
        )
        return Exchange(
            url=url,
            at=at,
            request=request,
            head=heads.answer,
            protocol=heads.protocol,
            address=answer.address if self._knows_address else None,
            payload=body.pieces,
            path=body.path,
            size=body.size,
            cut=answer.why_cut(body.size),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._backend.close()


class _KeptAnswer(Answer):
    """An answer of which everything that is read is kept."""

    __slots__ = ("_answer", "_buffer", "_cut", "_is_whole", "address")

    def __init__(self, answer: Answer, buffer: Buffer) -> None:
        self.status, self.headers = answer.status, answer.headers
        self.changes_cookie, self.connection_info = answer.changes_cookie, answer.connection_info
        self.is_outdated = getattr(answer, "is_outdated", bool)  # only there with a session
        self._answer, self._buffer = answer, buffer
        self._cut: str | None = None
        self._is_whole = answer.status in _WITHOUT_BODY
        peer = answer.connection_info("peername")  # now, since later there may be no connection
        self.address: str | None = peer[0] if peer else None

    def heads(self) -> Heads:
        """What was said before the body."""
        return self._answer.heads()

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed, CrawlFailed."""
        try:
            piece = await self._answer.read()
            if piece:
                await self._buffer.add(piece)
            else:
                self._is_whole = True
        except FetchFailed as failed:
            self._cut = "time" if failed.kind is Kind.TIMEOUT else "disconnect"
            raise
        except asyncio.CancelledError:
            self._cut = "time"  # a time-out; at the end of the crawl nothing of it is kept
            raise
        return piece

    def broke_off(self, failed: FetchFailed) -> None:
        """The exchange ended so, within a read or between two."""
        if self._cut is None and failed.kind is Kind.TIMEOUT:
            self._cut = "time"

    def why_cut(self, size: int) -> str | None:
        """In WARC's words, why ``size`` bytes are not all of the body; None where they are."""
        if self._is_whole or (self.header("content-length") == str(size) and not self._is_chunked):
            return None
        if self._cut is not None:
            return self._cut
        # Of a good answer the type was not wanted; of any other no more is read than a connection is worth.
        return "unspecified" if 200 <= self.status < 300 else "length"

    @property
    def _is_chunked(self) -> bool:
        return self.header("transfer-encoding") is not None
