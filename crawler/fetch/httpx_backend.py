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
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import anyio
import h11
import httpx

from crawler.config import Config
from crawler.fetch import backend
from crawler.fetch.backend import NO_HEADERS, Answer, FetchFailed, words_of
from crawler.fetch.deadlines import Deadlines
from crawler.fetch.httpx_network import (
    CONNECTION,
    Connection,
    GuardedNetwork,
    Pool,
    Resolve,
    system_addresses,
)
from crawler.fetch.proxy import guards, proxy_of
from crawler.fetch.tls import tls_context
from crawler.fetch.wire import as_parts, as_received, merged, own_headers
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters

MAX_HEADERS = 128
"""Header lines of an answer, as many as the first backend takes."""

READS_AT_ONCE = 512
"""Chunks read of one answer until others have a turn; a hostile one has a byte in each."""

_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Kind, str], ...] = (
    # The first row that fits the error or one of its causes wins.
    (ssl.SSLCertVerificationError, Kind.TLS, "the server's certificate is not valid"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    ((socket.gaierror, UnicodeError), Kind.DNS, "the host name could not be resolved"),
    (httpx.ConnectTimeout, Kind.TIMEOUT, backend.NO_CONNECTION_IN_TIME),
    (httpx.ReadTimeout, Kind.TIMEOUT, backend.NOTHING_IN_TIME),
    (httpx.TimeoutException, Kind.TIMEOUT, "the time-out was over"),
    (httpx.ConnectError, Kind.CONNECT, "no connection could be made"),
    (h11.LocalProtocolError, Kind.CONNECT, "the request cannot be sent"),
    ((httpx.InvalidURL, httpx.UnsupportedProtocol), Kind.CONNECT, "the URL cannot be asked for"),
    (httpx.ProtocolError, Kind.FRAMING, "the answer is not valid HTTP"),
    ((httpx.NetworkError, OSError), Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)
_BROKEN = (ConnectionResetError, ConnectionAbortedError, anyio.EndOfStream)
_FOR_GOOD = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProtocolError)
"""They come again with every attempt …"""
_RETRYABLE = re.compile("closed connection|disconnected|illegal (?:status|request) line")
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
    if kind is Kind.TIMEOUT:
        return FetchFailed(kind, sentence)
    if kind is Kind.CONNECT and isinstance(last, _BROKEN):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    code = getattr(last.args[0] if last.args else None, "error_code", None)
    if isinstance(error, httpx.RemoteProtocolError) and code is not None:
        # HTTP/2 has a word of its own for breaking off, for a stream or the whole connection.
        words = f"the server broke off: HTTP/2 error {int(code)}"
        return FetchFailed(Kind.RESET, words, retryable=code not in _HTTP2_FOR_GOOD)
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("httpx raised what it should not", exc_info=error)
    stays = isinstance(error, _FOR_GOOD) and not _RETRYABLE.search(str(last))
    retryable = False if stays else backend.retryable(last)
    return FetchFailed(kind, f"{sentence}: {words_of(last)}", retryable=retryable)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it was made from, down to the first cause."""
    current: BaseException | None = error
    while current is not None:
        yield current
        inner = current.args[0] if current.args else None
        current = inner if isinstance(inner, BaseException) else current.__cause__


class HttpxAnswer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_chunks", "_connection", "_reads", "is_whole")

    def __init__(self, response: httpx.Response) -> None:
        """Raises FetchFailed for what the library puts up with."""
        self.status = response.status_code
        self.headers = as_received(response.headers.raw)
        self.is_whole = False
        self._connection: Connection | None = response.extensions.get(CONNECTION)
        self._chunks = response.aiter_raw()
        self._reads = 0
        if response.http_version not in ("HTTP/1.0", "HTTP/1.1", "HTTP/2"):
            raise FetchFailed(
                Kind.FRAMING, f"the answer is of an unknown version, {response.http_version[:20]}"
            )
        if len(self.headers) > MAX_HEADERS:
            raise _refused(f"the answer has more than {MAX_HEADERS} header lines")
        if self.header("transfer-encoding") is not None and self.header("content-length") is not None:
            # RFC 9112 section 6.3: it may be an attempt to smuggle an answer in.
            raise _refused("the answer states its length in two ways")

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        self._reads += 1
        if self._reads % READS_AT_ONCE == 0:
            # What has come in already is handed out chunk by chunk, and never waits.
            await asyncio.sleep(0)
        try:
            data = await anext(self._chunks, b"")
        except Exception as error:
            raise failure(error) from error
        if not data:
            rest = b"" if self._connection is None else self._connection.unread().lstrip()
            if rest and not rest.startswith(b"HTTP/"):
                # As it is with the first backend: a page that is longer than it says is not whole.
                raise _refused("more was sent than the answer's length allows")
            self.is_whole = True
        return data


def _refused(sentence: str) -> FetchFailed:
    return FetchFailed(Kind.FRAMING, sentence, retryable=False)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own, over a pool of ours.

    The one private name of httpx, since there is no argument for it. Without it httpx would connect wherever
    a name leads; were it renamed, there would be no pool at all, and every request would fail.
    """

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
        fetch = config.fetch
        self.deadlines = Deadlines(fetch.timeout)
        self.counters = counters
        self.proxy = proxy_of(config)
        guard, self._target_guard = guards(fetch.allow_addresses, trusted_origins, self.proxy)
        pool = Pool(
            fetch.concurrency,
            network_backend=GuardedNetwork(guard, resolve, self.proxy),
            ssl_context=tls or tls_context(config),
            keepalive_expiry=backend.KEEP_ALIVE,
            http2=True,
        )
        self.transport = _Transport(pool)
        self._headers = own_headers(fetch.user_agent)
        timeouts = {"connect": fetch.connect_timeout, "read": fetch.read_timeout}
        self._extensions = {"trace": self._trace, "timeout": timeouts}

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> backend.Exchange:
        """One GET of ``url``. Raises FetchFailed."""
        return _Exchange(self, url, headers)

    def request(self, url: str, headers: Mapping[str, str]) -> httpx.Request:
        """The request for ``url``. Raises FetchFailed, and what httpx raises."""
        origin, target = as_parts(url)
        own = merged(self._headers, headers) if headers else self._headers
        if self._target_guard is not None:
            self._target_guard.check_target(url)
        if self.proxy is not None and self.proxy.forwards(url):
            own = {**own, "Host": origin.partition("://")[2], **self.proxy.headers}
            origin, target = self.proxy.url, origin.encode("ascii") + target
        return httpx.Request(
            "GET",
            origin,  # without the path, which httpx would quote anew
            headers=[(name.encode(), value.encode()) for name, value in own.items()],
            extensions={**self._extensions, "target": target},
        )

    async def _trace(self, event: str, _info: dict[str, Any]) -> None:
        if event.endswith(".send_request_headers.complete"):
            self.counters.requests += 1

    async def close(self) -> None:
        """Close all connections."""
        self.deadlines.close()
        await self.transport.aclose()


class _Exchange(backend.Exchange):
    """One request."""

    def __init__(self, owner: HttpxBackend, url: str, headers: Mapping[str, str]) -> None:
        super().__init__(owner.deadlines)
        self._backend, self._url, self._headers = owner, url, headers
        self._response: httpx.Response | None = None
        self._answer: HttpxAnswer | None = None

    async def _begin(self) -> HttpxAnswer:
        proxy = self._backend.proxy
        if proxy is not None and not proxy.forwards(self._url):
            proxy = None
        try:
            request = self._backend.request(self._url, self._headers)
            self._response = await self._backend.transport.handle_async_request(request)
        except Exception as error:
            failed = failure(error)
            raise (failed if proxy is None else proxy.unreachable(failed)) from error
        if proxy is not None:
            proxy.check(self._response.status_code)
        self._backend.counters.statuses[self._response.status_code] += 1
        self._answer = HttpxAnswer(self._response)
        return self._answer

    async def _end(self, _whole: bool) -> None:
        if self._response is None:
            return
        connection: Connection | None = self._response.extensions.get(CONNECTION)
        if connection is not None and (self._answer is None or not self._answer.is_whole):
            connection.retire()
        with suppress(httpx.HTTPError, OSError):  # nothing more is wanted of it
            await self._response.aclose()
