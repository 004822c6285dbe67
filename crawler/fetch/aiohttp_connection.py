"""Connections of the aiohttp backend, to checked addresses alone, patient only so far, and their answers."""

import asyncio
import functools
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_parser import RawResponseMessage

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.aiohttp_failures import failure
from crawler.fetch.backend import KEEP_ALIVE, Answer, FetchFailed, Heads
from crawler.fetch.proxy import Proxy
from crawler.fetch.wire import as_head, as_received
from crawler.model.outcomes import Kind
from crawler.rules.head import HEAD_TOO_LONG, MAX_FIELD, MAX_FIELDS, MAX_HEAD

MAX_INTERIM = 64
"""Interim answers (1xx) before one real answer; honest servers send one or two."""


class Protocol(ResponseHandler):
    """A connection that drops interim answers (RFC 9110 section 15.2) and bounds what comes before an answer.

    aiohttp queues interim answers and reads on as long as there is something: a server that sends nothing
    else was seen to stop the whole crawl for a second at a time. Nor has it a bound for a head, but for each
    of its lines.

    Not public: ``set_response_params``, which makes the parser; ``feed_data``, called with each head, and
    ``data_received``, for both of which see above; ``force_close``, without which a connection that is no
    longer HTTP would be used again; ``start_timeout``, see below.
    """

    answers = 0
    """Whose heads have come over it."""
    heard = 0
    """Bytes that have come of a further one, until its head is whole."""
    _in_head = False

    def begin(self, read_timeout: float | None) -> None:
        """A request is about to be sent; ``read_timeout`` is in seconds."""
        self.heard = self._interim = 0
        self._in_head = True
        self._head: list[bytes] = []
        self.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=read_timeout,
            max_line_size=MAX_FIELD,
            max_field_size=MAX_FIELD,
            max_headers=MAX_FIELDS,
        )

    def head_so_far(self) -> bytes:
        """What came of a head that is not whole yet."""
        return b"".join(self._head)

    def data_received(self, data: bytes) -> None:
        """The transport has read something."""
        if self._in_head:
            self._head.append(data)
            self.heard += len(data)
            if self.heard > MAX_HEAD:
                self._break_off(HEAD_TOO_LONG)
                return
        super().data_received(data)

    def _break_off(self, words: str) -> None:
        if self.exception() is not None:
            return
        self._in_head = False
        self._head = []
        if self.transport is not None:
            self.transport.abort()
        self.set_exception(FetchFailed(Kind.FRAMING, words, retryable=False))

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """A head was read; its body, or the next head, follows."""
        code = data[0].code
        if 100 <= code < 200 and code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._interim += 1
            if self._interim <= MAX_INTERIM:
                # aiohttp takes it for an answer without a body, and no longer waits for bytes.
                # Do not copy this: it has no public way to wait on, either.
                self._loop.call_soon(self.start_timeout)
            else:
                self._break_off(f"the answer is not valid HTTP: more than {MAX_INTERIM} interim answers")
            return
        if code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.force_close()  # nobody asked for it: what comes next is not HTTP as we know it
        self.answers += 1
        self.heard = 0
        self._in_head = False
        self._head = []
        super().feed_data(data, size)


class Connector(aiohttp.TCPConnector):
    """Connects where ``guard`` permits it, through ``proxy`` if there is one; ``most`` connections at once.

    ``seconds`` bound each of connecting and TLS, and no bound of aiohttp's does: that would count the wait
    for a look-up's turn.

    Not public: ``_factory``, what makes the protocol of a connection; without it that is the stock one.
    ``_create_connection``, since aiohttp's own way asks no guard and knows no SOCKS; without it every request
    would go wherever a name leads. ``_get_ssl_context``, the one that says which certificates are good.
    """

    def __init__(
        self,
        guard: AddressGuard,
        proxy: Proxy | None,
        tls: ssl.SSLContext | None,
        most: int,
        seconds: float | None,
    ) -> None:
        super().__init__(limit=most, keepalive_timeout=KEEP_ALIVE, ssl=True if tls is None else tls)
        self._guard, self._proxy, self._seconds = guard, proxy, seconds
        made: Callable[..., ResponseHandler] = Protocol
        # Do not copy this: aiohttp has no public way to say what reads an answer, or where it connects.
        self._factory = functools.partial(made, loop=self._loop)

    # Do not copy this: it is aiohttp's own, and may have another name in the next version.
    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],  # noqa: ARG002
        timeout: aiohttp.ClientTimeout,  # noqa: ARG002
    ) -> ResponseHandler:
        """Raises FetchFailed, OSError and UnicodeError where a name is looked up, aiohttp's errors."""
        host, port, context = req.url.raw_host or "", req.url.port or 0, self._get_ssl_context(req)
        try:
            if self._proxy is None or self._proxy.forwards(f"{req.url.scheme}:"):
                connected = await self._guard.connect(host, port, self._seconds)
            else:
                connected = await self._proxy.tunnel(host, port, self._seconds)
            async with asyncio.timeout(self._seconds):
                _, protocol = await self._loop.create_connection(
                    self._factory,
                    sock=connected,
                    ssl=context,
                    server_hostname=host.rstrip(".") if context else None,
                )
        except OSError as error:
            is_ours = isinstance(error, TimeoutError) and error.errno is None
            if is_ours or isinstance(error, socket.gaierror | ssl.SSLError):
                raise
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        return protocol


class ReceivedAnswer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_body", "_head", "_is_chunked", "_protocol", "_request")

    def __init__(
        self, request: bytes, head: RawResponseMessage, body: aiohttp.StreamReader, protocol: ResponseHandler
    ) -> None:
        self._request, self._head = request, head
        self.status, self.changes_cookie = head.code, False
        self.headers = as_received(head.raw_headers)
        self._body, self._protocol = body, protocol
        self._is_chunked = "transfer-encoding" in head.headers

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        try:
            if self._is_chunked:
                piece = await self._body.readany()  # chunks may be small and many: what waits, in one
            else:
                piece, _ = await self._body.readchunk()  # as it came: putting pieces together copies them
        except Exception as error:
            raise failure(self._broken_with() or error) from error
        ends_with_its_connection = not self._is_chunked and self.header("content-length") is None
        if not piece and ends_with_its_connection and (broken := self._broken_with()):
            raise failure(broken)  # to aiohttp it is whole even when that end was a reset
        return piece

    def heads(self) -> Heads:
        """What was said before the body."""
        head = self._head
        version = head.version
        reason = head.reason.encode(errors="surrogateescape")
        first = b"HTTP/%d.%d %03d %b" % (version.major, version.minor, head.code, reason)
        protocol = "HTTP/1.1" if version >= (1, 1) else "HTTP/1.0"  # whatever it calls itself
        return Heads(self._request, as_head(first, head.raw_headers), protocol)

    def _broken_with(self) -> OSError | None:
        error = self._protocol.exception()
        return error if isinstance(error, OSError) else None
