"""The first backend: aiohttp. No other file imports its client.

Taken of it are the connector (open connections, name lookup, TLS) and the protocol (the HTTP parser, bodies
that hold a fast server back). Its session is not: it repeats requests whose kept-alive connection broke,
follows redirects, keeps cookies, undoes content codings (a cut-off gzip is whole to it), requotes URLs, reads
passwords from the environment. A GET needs none of that, and is far cheaper without it.
"""

import asyncio
import functools
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.http_exceptions import BadHttpMessage, BadStatusLine, HttpProcessingError
from aiohttp.http_parser import RawResponseMessage
from yarl import URL

from crawler.config import Config
from crawler.fetch import backend
from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.aiohttp_answer import AiohttpAnswer
from crawler.fetch.backend import KEEP_ALIVE, NO_HEADERS, Exchange, FetchFailed, words_of
from crawler.fetch.deadlines import Deadlines
from crawler.fetch.proxy import Proxy, guards, proxy_of
from crawler.fetch.tls import tls_context
from crawler.fetch.wire import RequestWriter, Unsendable, as_parts, own_headers
from crawler.model.outcomes import Kind
from crawler.plumbing.starter_thread import off_loop
from crawler.trace.counters import Counters

MOST_INTERIM = 64
"""Interim answers (1xx) before one real answer; honest servers send one or two."""

_FAILURES: tuple[tuple[type[Exception], Kind, str], ...] = (
    # The first row that fits wins, so the more special ones stand above.
    (aiohttp.ClientConnectorCertificateError, Kind.TLS, "the server's certificate is not valid"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    (aiohttp.ClientConnectorDNSError, Kind.DNS, "the host name could not be resolved"),
    (UnicodeError, Kind.DNS, "the host name cannot be looked up"),
    (aiohttp.SocketTimeoutError, Kind.TIMEOUT, backend.NOTHING_IN_TIME),
    (TimeoutError, Kind.TIMEOUT, backend.NO_CONNECTION_IN_TIME),
    (aiohttp.ClientConnectorError, Kind.CONNECT, "no connection could be made"),
    (aiohttp.InvalidURL, Kind.CONNECT, "the URL cannot be asked for"),
    (Unsendable, Kind.CONNECT, "the request cannot be sent"),
    (aiohttp.ServerDisconnectedError, Kind.RESET, "the server closed the connection without an answer"),
    (HttpProcessingError, Kind.FRAMING, "the answer is not valid HTTP"),
    (aiohttp.ClientPayloadError, Kind.FRAMING, "the body is not framed as it should be"),
    (OSError, Kind.RESET, "the connection broke"),
    (aiohttp.ClientConnectionError, Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)
_FOR_GOOD = (aiohttp.InvalidURL, Unsendable, HttpProcessingError)
"""They come again with every attempt, but for a bad status line: that may be the rest of another answer."""


def failure(error: Exception) -> FetchFailed:
    """What ``error``, whatever the library raised, means to the crawl. The only such place."""
    if isinstance(error, FetchFailed):
        return error
    kind, sentence = next((kind, text) for of, kind, text in _FAILURES if isinstance(error, of))
    cause: Exception = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str):
        kind, sentence = Kind.FRAMING, "the answer breaks off before its body"  # what was read of the head
    if kind is Kind.CONNECT and isinstance(cause, ConnectionResetError | ConnectionAbortedError):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("aiohttp raised what it should not", exc_info=error)
    if isinstance(error, aiohttp.ServerDisconnectedError | TimeoutError):
        return FetchFailed(kind, sentence)  # the library's words would be the same once more
    words = error.message if isinstance(error, HttpProcessingError) else None
    if isinstance(error, aiohttp.ClientPayloadError):  # it quotes more than what is to be told
        words = str(error).partition("message='")[2].partition("'")[0]
    stays = isinstance(error, _FOR_GOOD) and not isinstance(error.__cause__, BadStatusLine)
    passing = False if stays else backend.may_pass(cause)
    return FetchFailed(kind, f"{sentence}: {words_of(cause, words)}", may_pass=passing)


class _Protocol(ResponseHandler):
    """A connection that drops interim answers (RFC 9110 section 15.2) and breaks off where they have no end.

    aiohttp queues them without a bound and the loop reads on as long as there is something: a server
    that sends nothing else was seen to stop the whole crawl for a second at a time.
    """

    _interim = 0
    silent_since: float | None = None
    """The loop's time since which nothing has come though somebody waits for it."""

    def waits(self) -> None:
        """Somebody begins to."""
        self.silent_since = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        if self.silent_since is not None:
            self.silent_since = self._loop.time()
        super().data_received(data)

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """A head was read; its body, or the next head, follows."""
        code = data[0].code
        if not 100 <= code < 200:
            self._interim = 0
            super().feed_data(data, size)
        elif code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.force_close()  # nobody asked for it: what comes next is not HTTP as we know it
            super().feed_data(data, size)
        else:
            self._interim += 1
            if self._interim > MOST_INTERIM and self.exception() is None:
                if self.transport is not None:
                    self.transport.abort()
                self.set_exception(BadHttpMessage(f"more than {MOST_INTERIM} interim answers"))


class _Connector(aiohttp.TCPConnector):
    """Connections of our own kind, through ``proxy`` where there is one."""

    def __init__(self, config: Config, proxy: Proxy | None, **options: Any) -> None:
        super().__init__(**options)
        self._config, self._proxy = config, proxy
        self._tls: ssl.SSLContext | None = None  # it takes 20 ms, and not every crawl needs it
        self._making_tls = asyncio.Lock()  # connections begin together, and one of them makes it
        # Where aiohttp looks up what a connection is; a test sees whether it still does.
        made: Callable[..., ResponseHandler] = _Protocol
        self._factory = functools.partial(made, loop=self._loop)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if req.is_ssl():
            async with self._making_tls:
                self._tls = self._tls or await off_loop(lambda: tls_context(self._config))
        if self._proxy is None or self._proxy.forwards(f"{req.url.scheme}:"):
            return await super()._create_connection(req, traces, timeout)
        host, tls = req.url.raw_host or "", self._get_ssl_context(req)
        _, protocol = await self._wrap_existing_connection(
            self._factory,
            sock=await self._proxy.tunnel(host, req.url.port or 0),
            ssl=tls,
            server_hostname=host.rstrip(".") if tls else None,
            req=req,
            timeout=timeout,
        )
        return protocol

    def _get_ssl_context(self, req: aiohttp.ClientRequest) -> ssl.SSLContext | None:
        # aiohttp's own one knows nothing of fetch.ca_file, and may trust nobody: certificates_unread().
        return self._tls if req.is_ssl() else None


class _GuardedResolver(AbstractResolver):
    """Resolves through the system, whatever else is installed, and leaves out what is forbidden."""

    def __init__(self, guard: AddressGuard, system: AbstractResolver) -> None:
        self._guard, self._system = guard, system

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of ``host``. Raises FetchFailed, OSError."""
        self._guard.check_name(host, port)
        found = await self._system.resolve(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address of a known family")
        good = set(self._guard.permitted(host, port, [result["host"] for result in found]))
        return [result for result in found if result["host"] in good]

    async def close(self) -> None:
        """Close the system's."""
        await self._system.close()


class _Way(NamedTuple):
    """What all requests to one origin have in common."""

    opening: aiohttp.ClientRequest
    """Tells the connector which connections are the right ones; it is never sent."""
    writer: RequestWriter
    proxy: Proxy | None
    """Asked in the origin's place."""


class AiohttpBackend:
    """See :class:`crawler.fetch.backend.Backend`. Made while the loop runs; ``resolver`` is for tests."""

    def __init__(
        self,
        config: Config,
        trusted_origins: frozenset[str],
        counters: Counters,
        resolver: AbstractResolver | None = None,
    ) -> None:
        fetch = config.fetch
        self.deadlines = Deadlines(fetch.timeout, fetch.read_timeout)
        self.timeouts = aiohttp.ClientTimeout(connect=fetch.connect_timeout)
        self._headers = own_headers(fetch.user_agent)
        self._proxy = proxy_of(config)
        self.counters = counters
        self._guard, self._target_guard = guards(fetch.allow_addresses, trusted_origins, self._proxy)
        self.connector = _Connector(
            config,
            self._proxy,
            limit=fetch.concurrency,
            keepalive_timeout=KEEP_ALIVE,
            resolver=_GuardedResolver(self._guard, resolver or aiohttp.ThreadedResolver()),
            socket_factory=self._socket,
        )
        self._way = functools.lru_cache(maxsize=1_024)(self._new_way)  # a few kB each

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Exchange:
        """One GET of ``url``. Raises FetchFailed."""
        if self._target_guard is not None:
            self._target_guard.check_target(url)
        origin, target = as_parts(url)
        return _Exchange(self, self._way(origin), target, headers)

    def _new_way(self, origin: str) -> _Way:
        proxy = self._proxy if self._proxy is not None and self._proxy.forwards(origin) else None
        try:
            url = URL(origin, encoded=True) if proxy is None else URL(proxy.address)
            opening = aiohttp.ClientRequest("GET", url, loop=asyncio.get_running_loop())
        except Exception as error:
            raise failure(error) from error
        return _Way(opening, RequestWriter(origin, self._headers, proxy.headers if proxy else None), proxy)

    def _socket(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, endpoint = address
        self._guard.check_connection(str(endpoint[0]), int(endpoint[1]))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Close all connections."""
        self.deadlines.close()
        await self.connector.close()


class _Exchange(Exchange):
    """One request, on a connection of its own meanwhile."""

    __slots__ = ("_backend", "_body", "_connection", "_headers", "_protocol", "_target", "_way")

    def __init__(self, backend: AiohttpBackend, way: _Way, target: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(backend.deadlines)
        self._backend, self._way = backend, way
        self._target, self._headers = target, headers
        self._connection: Connection | None = None
        self._protocol: _Protocol | None = None
        self._body: aiohttp.StreamReader | None = None

    async def _begin(self) -> AiohttpAnswer:
        backend, proxy = self._backend, self._way.proxy
        try:
            connection = await backend.connector.connect(self._way.opening, [], backend.timeouts)
        except Exception as error:
            failed = failure(error)
            raise (failed if proxy is None else proxy.unreachable(failed)) from error
        self._connection = connection
        protocol, transport = connection.protocol, connection.transport
        if not isinstance(protocol, _Protocol) or transport is None or transport.is_closing():
            raise FetchFailed(Kind.RESET, "the connection broke before the request was sent")
        self._protocol = protocol
        try:
            protocol.set_response_params(read_until_eof=True, auto_decompress=False)
            transport.write(self._way.writer.request(self._target, self._headers))
            backend.counters.requests += 1
            protocol.waits()
            head, self._body = await protocol.read()
            protocol.silent_since = None
        except Exception as error:
            raise failure(error) from error
        if proxy is not None:
            proxy.check(head.code)
        backend.counters.statuses[head.code] += 1
        return AiohttpAnswer(head, self._body, protocol, failure)

    def silent_since(self) -> float | None:
        """See :class:`crawler.fetch.deadlines.Timed`."""
        return None if self._protocol is None else self._protocol.silent_since

    def give_up_waiting(self) -> None:
        """Whoever waits for a byte learns that none came."""
        silent = aiohttp.SocketTimeoutError()
        if self._protocol is not None:
            self._protocol.silent_since = None
            self._protocol.set_exception(silent)
        if self._body is not None:
            self._body.set_exception(silent)

    async def _end(self, whole: bool) -> None:
        if self._connection is not None:
            # Released, it closes itself where the body was not read to its end.
            (self._connection.release if whole else self._connection.close)()
