"""The first backend: aiohttp. No other file but aiohttp_network.py imports its client.

What it would do by itself and is kept from: repeat a request whose kept-alive connection broke (all
failures leave its middleware as FetchFailed, which it does not repeat on), follow redirects, keep cookies,
undo content codings (it takes a cut-off gzip for a whole one), requote URLs, read proxy settings and
passwords from the environment.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType

from crawler.config import Config
from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.aiohttp_network import Connector, GuardedResolver
from crawler.fetch.backend import (
    KEEP_ALIVE,
    NO_CONNECTION_IN_TIME,
    NO_HEADERS,
    NOTHING_IN_TIME,
    FetchFailed,
)
from crawler.fetch.proxy import Proxy, proxy_of
from crawler.fetch.tls import tls_context, trusts_as_usual
from crawler.fetch.wire import as_received, as_sent, own_headers
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters

_FAILURES: tuple[tuple[type[Exception], Kind, str], ...] = (
    # The first row that fits wins, so the more special ones stand above.
    (aiohttp.ClientConnectorCertificateError, Kind.TLS, "the server's certificate is not valid"),
    (aiohttp.ClientSSLError, Kind.TLS, "TLS failed"),
    (ssl.SSLError, Kind.TLS, "TLS failed"),
    (aiohttp.ClientConnectorDNSError, Kind.DNS, "the host name could not be resolved"),
    (UnicodeError, Kind.DNS, "the host name cannot be looked up"),
    (aiohttp.ConnectionTimeoutError, Kind.TIMEOUT, NO_CONNECTION_IN_TIME),
    (aiohttp.SocketTimeoutError, Kind.TIMEOUT, NOTHING_IN_TIME),
    (TimeoutError, Kind.TIMEOUT, "the time-out was over"),
    (aiohttp.ClientConnectorError, Kind.CONNECT, "no connection could be made"),
    (aiohttp.InvalidURL, Kind.CONNECT, "the URL cannot be asked for"),
    (aiohttp.ServerDisconnectedError, Kind.RESET, "the server closed the connection without an answer"),
    (aiohttp.ClientResponseError, Kind.FRAMING, "the answer is not valid HTTP"),
    (aiohttp.ClientPayloadError, Kind.FRAMING, "the body is not framed as it should be"),
    (OSError, Kind.RESET, "the connection broke"),
    (aiohttp.ClientConnectionError, Kind.RESET, "the connection broke"),
    (Exception, Kind.FRAMING, "the HTTP library failed"),
)


def failure(error: Exception) -> FetchFailed:
    """What ``error``, whatever the library raised, means to the crawl. The only such place."""
    if isinstance(error, FetchFailed):
        return error
    kind, sentence = next((kind, text) for of, kind, text in _FAILURES if isinstance(error, of))
    cause: Exception = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ServerDisconnectedError):
        if not isinstance(error.message, str):  # it is what was read of the head
            kind, sentence = Kind.FRAMING, "the answer breaks off before its body"
        return FetchFailed(kind, sentence)
    if kind is Kind.CONNECT and isinstance(cause, ConnectionResetError | ConnectionAbortedError):
        kind, sentence = Kind.RESET, "the connection broke while it was being made"
    if sentence == _FAILURES[-1][2]:
        logging.getLogger(__name__).warning("aiohttp raised what it should not", exc_info=error)
    if isinstance(error, aiohttp.ServerTimeoutError):
        return FetchFailed(kind, sentence)  # the library's words would be the same once more
    return FetchFailed(kind, f"{sentence}: {_detail(cause)}")


def _detail(error: Exception) -> str:
    text = str(error)
    if isinstance(error, aiohttp.ClientResponseError):
        text = error.message
    elif isinstance(error, OSError) and error.strerror:
        # asyncio puts the address in front of the reason, or instead of it.
        text = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    elif isinstance(error, aiohttp.ClientPayloadError):
        _, _, text = text.partition("message='")
        text = text.partition("'")[0]
    # Bytes of the answer may be quoted in it; the record takes text alone.
    text = text.encode(errors="replace").decode()
    return " ".join(text.split())[:200] or type(error).__name__


class AiohttpAnswer:
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_content", "_protocol", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers = as_received(response.raw_headers)
        self._content = response.content
        self._protocol = None if response.connection is None else response.connection.protocol

    def header(self, name: str) -> str | None:
        """The first value under ``name``, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def values(self, name: str) -> list[str]:
        """Every value under ``name``."""
        return [value for key, value in self.headers if key == name]

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        try:
            chunk = await self._content.readany()
        except Exception as error:
            raise self._broken() or failure(error) from error
        if not chunk and self._ends_with_its_connection() and (broken := self._broken()):
            raise broken
        return chunk

    def _ends_with_its_connection(self) -> bool:
        return self.header("content-length") is None and self.header("transfer-encoding") is None

    def _broken(self) -> FetchFailed | None:
        # A body that ends where the connection ends is taken for whole by aiohttp even when that
        # end was a reset; the protocol remembers it.
        error = None if self._protocol is None else self._protocol.exception()
        return failure(error) if isinstance(error, OSError) else None


class AiohttpBackend:
    """See :class:`crawler.fetch.backend.Backend`. To be made while the event loop runs.

    ``resolver`` replaces the system's, for tests.
    """

    def __init__(
        self,
        config: Config,
        trusted_origins: frozenset[str],
        counters: Counters,
        resolver: AbstractResolver | None = None,
    ) -> None:
        fetch = config.fetch
        self._timeout = fetch.timeout
        self._proxy = proxy_of(config)
        self._counters = counters
        self._guard = AddressGuard(fetch.allow_addresses, trusted_origins)
        if self._proxy is not None:
            self._target_guard, self._guard = self._guard, AddressGuard((), {self._proxy.address})
        # Its own context is the default one, made once; an extra one takes some 20 ms.
        tls: ssl.SSLContext | bool = True if trusts_as_usual(config) else tls_context(config)
        self._session = aiohttp.ClientSession(
            connector=Connector(
                self._proxy,
                ssl=tls,
                limit=fetch.concurrency,
                keepalive_timeout=KEEP_ALIVE,
                resolver=GuardedResolver(self._guard, resolver or aiohttp.ThreadedResolver()),
                socket_factory=self._socket,
            ),
            headers=own_headers(fetch.user_agent),
            # The total is around everything, and ours.
            timeout=aiohttp.ClientTimeout(connect=fetch.connect_timeout, sock_read=fetch.read_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            middlewares=(self._send_once,),
        )

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[AiohttpAnswer]:
        """One GET of ``url``. Raises FetchFailed."""
        try:
            async with asyncio.timeout(self._timeout), await self._send(url, headers) as response:
                yield AiohttpAnswer(response)
        except TimeoutError as error:
            raise FetchFailed(Kind.TIMEOUT, f"the time-out of {self._timeout:g} s was over") from error

    async def _send(self, url: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        try:
            if self._proxy is None:
                response = await self._session.get(as_sent(url), headers=headers, allow_redirects=False)
            else:
                response = await self._send_through(self._proxy, url, headers)
        except Exception as error:
            raise failure(error) from error
        self._counters.statuses[response.status] += 1
        return response

    async def _send_through(
        self, proxy: Proxy, url: str, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        self._target_guard.check_target(url)
        if not proxy.forwards(url):
            return await self._session.get(as_sent(url), headers=headers, allow_redirects=False)
        headers = {**headers, **proxy.headers}
        try:
            response = await self._session.get(
                as_sent(url), headers=headers, proxy=proxy.url, allow_redirects=False
            )
        except FetchFailed as failed:
            raise proxy.unreachable(failed) from failed
        try:
            proxy.check(response.status)
        except FetchFailed:
            response.close()
            raise
        return response

    async def _send_once(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        try:
            return await send(request)
        except Exception as error:
            raise failure(error) from error
        finally:
            # It has its response object once the request has gone out.
            if getattr(request, "response", None) is not None:
                self._counters.requests += 1

    def _socket(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, endpoint = address
        self._guard.check_connection(str(endpoint[0]), int(endpoint[1]))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
