"""The second backend: httpx, for servers that speak HTTP/2. No other file imports it.

What is used of it is its transport. The client above it would parse and quote URLs anew, read and send
cookies, prepare redirects, take proxies and passwords from the environment, and write a line of log for each
request: all of it off here because it is not there. Codings stay on, since only raw bytes are asked for.
"""

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import h11
import httpx

from crawler.config import Config
from crawler.fetch.backend import (
    KEEP_ALIVE,
    NO_HEADERS,
    Answer,
    Exchange,
    FetchFailed,
    may_pass,
    words_of,
)
from crawler.fetch.deadlines import Deadlines
from crawler.fetch.httpx_network import GuardedNetwork, Resolve, Stream, system_addresses
from crawler.fetch.httpx_pool import UNREAD, Pool
from crawler.fetch.proxy import Proxy, guards, proxy_of
from crawler.fetch.tls import tls_context
from crawler.fetch.wire import as_parts, as_received, merged, own_headers
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters

MOST_HEADERS = 128
"""Header lines of an answer, as many as the first backend takes."""

READS_AT_ONCE = 512
"""Chunks read of one answer until others have a turn; a hostile one has a byte in each."""

_VERSIONS = ("HTTP/1.0", "HTTP/1.1", "HTTP/2")

_FAILURES: tuple[tuple[type[Exception], Kind, str], ...] = (
    # The first row that fits the error or one of its causes wins.
    (ssl.SSLCertVerificationError, Kind.TLS, "the server's certificate is not valid"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    (socket.gaierror, Kind.DNS, "the host name could not be resolved"),
    (UnicodeError, Kind.DNS, "the host name cannot be looked up"),
    (httpx.TimeoutException, Kind.TIMEOUT, "the time-out was over"),
    (httpx.ConnectError, Kind.CONNECT, "no connection could be made"),
    (h11.LocalProtocolError, Kind.CONNECT, "the request cannot be sent"),
    (httpx.InvalidURL, Kind.CONNECT, "the URL cannot be asked for"),
    (httpx.UnsupportedProtocol, Kind.CONNECT, "the URL cannot be asked for"),
    (TimeoutError, Kind.TIMEOUT, "the time-out was over"),
    (httpx.ProtocolError, Kind.FRAMING, "the answer is not valid HTTP"),
    (httpx.NetworkError, Kind.RESET, "the connection broke"),
    (OSError, Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)
_FOR_GOOD = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProtocolError)
"""They come again with every attempt …"""
_MAY_PASS = re.compile("closed connection|disconnected|illegal (?:status|request) line")
"""… but for these: the answer breaks off, or is none at all and may be the rest of another one."""
_HTTP2_FOR_GOOD = frozenset({12, 13})
"""RFC 9113 section 7: INADEQUATE_SECURITY, HTTP_1_1_REQUIRED."""


def failure(error: Exception) -> FetchFailed:
    """What ``error``, whatever the library raised, means to the crawl. The only such place."""
    if isinstance(error, FetchFailed):
        return error
    causes = list(_causes(error))
    last = causes[-1]
    kind, sentence = next(
        (kind, text) for of, kind, text in _FAILURES if any(isinstance(cause, of) for cause in causes)
    )
    if kind is Kind.CONNECT and isinstance(last, ConnectionResetError | ConnectionAbortedError):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    event = last.args[0] if last.args else None
    if (
        isinstance(error, httpx.RemoteProtocolError)
        and (code := getattr(event, "error_code", None)) is not None
    ):
        # HTTP/2 has a word of its own for breaking off, for a stream or the whole connection.
        words = f"the server broke off: HTTP/2 error {int(code)}"
        return FetchFailed(Kind.RESET, words, may_pass=code not in _HTTP2_FOR_GOOD)
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("httpx raised what it should not", exc_info=error)
    stays = isinstance(error, _FOR_GOOD) and not _MAY_PASS.search(str(last))
    return FetchFailed(kind, f"{sentence}: {words_of(last)}", may_pass=False if stays else may_pass(last))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it was made from, down to the first cause."""
    current: BaseException | None = error
    while current is not None:
        yield current
        inner = current.args[0] if current.args else None
        current = inner if isinstance(inner, BaseException) else current.__cause__


class HttpxAnswer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_chunks", "_reads", "_unread", "_version")

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = as_received(response.headers.raw)
        self._chunks = response.aiter_raw()
        self._reads = 0
        self._version = response.http_version
        self._unread: Callable[[], bytes] = response.extensions.get(UNREAD, bytes)

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        try:
            self._reads += 1
            if self._reads % READS_AT_ONCE == 0:
                # What has come in already is handed out chunk by chunk, and never waits.
                await asyncio.sleep(0)
            data = await anext(self._chunks, b"")
            if not data and _is_text(self._unread()):
                # As it is with the first backend: a page that is longer than it says is not whole.
                raise _against_the_rules("more was sent than the answer's length allows")
        except Exception as error:
            raise failure(error) from error
        return data

    def check(self) -> None:
        """Refuse what the library puts up with. Raises FetchFailed."""
        if self._version not in _VERSIONS:
            raise FetchFailed(Kind.FRAMING, f"the answer is of an unknown version, {self._version[:20]}")
        if len(self.headers) > MOST_HEADERS:
            raise _against_the_rules(f"the answer has more than {MOST_HEADERS} header lines")
        if self.header("transfer-encoding") is not None and self.header("content-length") is not None:
            # RFC 9112 section 6.3: it may be an attempt to smuggle an answer in.
            raise _against_the_rules("the answer states its length in two ways")


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own, over a pool of ours; there is no argument to give it one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool


class HttpxBackend:
    """See :class:`crawler.fetch.backend.Backend`. To be made while the event loop runs.

    ``resolve`` replaces the system's resolver and ``tls`` the system's certificates, for tests.
    """

    def __init__(
        self,
        config: Config,
        trusted_origins: frozenset[str],
        counters: Counters,
        resolve: Resolve = system_addresses,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._deadlines = Deadlines(config.fetch.timeout)
        self._timeouts = {"connect": config.fetch.connect_timeout, "read": config.fetch.read_timeout}
        self._counters = counters
        self._proxy = proxy_of(config)
        guard, self._target_guard = guards(config.fetch.allow_addresses, trusted_origins, self._proxy)
        network = GuardedNetwork(guard, resolve, self._proxy)
        pool = Pool(network, tls or tls_context(config), config.fetch.concurrency, KEEP_ALIVE)
        self._transport = _Transport(pool)
        self._headers = own_headers(config.fetch.user_agent)

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Exchange:
        """One GET of ``url``. Raises FetchFailed."""
        return _Exchange(self._deadlines, lambda: self._send(url, headers))

    async def _send(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        try:
            response = await self._transport.handle_async_request(self._request(url, headers))
            if self._proxy is not None and self._proxy.forwards(url):
                await self._check(self._proxy, response)
        except Exception as error:
            failed = failure(error)
            if self._proxy is not None and self._proxy.forwards(url):
                failed = self._proxy.unreachable(failed)
            raise failed from error
        self._counters.statuses[response.status_code] += 1
        stream = response.extensions.get("network_stream")
        if isinstance(stream, Stream):
            stream.answered()
        return response

    def _request(self, url: str, headers: Mapping[str, str]) -> httpx.Request:
        origin, target = as_parts(url)
        own = merged(self._headers, headers) if headers else self._headers
        if self._target_guard is not None:
            self._target_guard.check_target(url)
        if self._proxy is not None and self._proxy.forwards(url):
            own = {**own, "Host": origin.partition("://")[2], **self._proxy.headers}
            origin, target = self._proxy.url, origin.encode("ascii") + target
        return httpx.Request(
            "GET",
            origin,  # without the path, which httpx would quote anew
            headers=[(name.encode(), value.encode()) for name, value in own.items()],
            extensions={"target": target, "trace": self._trace, "timeout": self._timeouts},
        )

    async def _check(self, proxy: Proxy, response: httpx.Response) -> None:
        try:
            proxy.check(response.status_code)
        except FetchFailed:
            with suppress(httpx.HTTPError, OSError):
                await response.aclose()
            raise

    async def _trace(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith(".send_request_headers.complete"):
            self._counters.requests += 1

    async def close(self) -> None:
        """Close all connections."""
        self._deadlines.close()
        await self._transport.aclose()
        await asyncio.sleep(0)  # the loop takes a turn to close what was aborted


class _Exchange(Exchange):
    """One request."""

    def __init__(self, deadlines: Deadlines, send: Callable[[], Awaitable[httpx.Response]]) -> None:
        super().__init__(deadlines)
        self._send = send
        self._response: httpx.Response | None = None

    async def _begin(self) -> HttpxAnswer:
        self._response = await self._send()
        answer = HttpxAnswer(self._response)
        answer.check()
        return answer

    async def _end(self, _whole: bool) -> None:
        if self._response is not None:
            with suppress(httpx.HTTPError, OSError):  # nothing more is wanted of it
                await self._response.aclose()


def _against_the_rules(sentence: str) -> FetchFailed:
    return FetchFailed(Kind.FRAMING, sentence, may_pass=False)


def _is_text(rest: bytes) -> bool:
    """What came behind an answer belongs to it: it is neither a line end nor another answer."""
    return bool(rest.strip()) and not rest.lstrip().startswith(b"HTTP/")
