"""The first backend: aiohttp. Only the files named after it import its client.

Taken of it are the connector (open connections, TLS) and the protocol (the HTTP parser, bodies that hold a
fast server back). Its session is not: it repeats requests whose kept-alive connection broke, follows
redirects, keeps cookies, undoes content codings (a cut-off gzip is whole to it), requotes URLs, reads
passwords from the environment. A GET needs none of that, and without it a crawl takes 4 to 8 % less time.

So this file, and aiohttp_connection beside it, use what aiohttp does not promise to keep: each such name is
marked "Not public" where it is used. pyproject.toml bounds the versions; tests/stations/test_fetch_private.py
names what is no longer as it was.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from crawler.config import Config
from crawler.fetch.address_guard import guard_of
from crawler.fetch.aiohttp_connection import Connector, Protocol, ReceivedAnswer
from crawler.fetch.aiohttp_failures import failure
from crawler.fetch.backend import NO_HEADERS, OVER, Answer, FetchFailed
from crawler.fetch.lookup_thread import LookUp, look_ups_of, system_addresses
from crawler.fetch.proxy import Proxy, proxy_of
from crawler.fetch.wire import as_parts, header_lines, merged, own_headers
from crawler.model.outcomes import Kind
from crawler.rules.head import fault_of, lines_of
from crawler.trace.counters import Counters

_NO_TIMEOUTS = aiohttp.ClientTimeout()
"""Ours are in the connector and around everything."""


class _Origin(NamedTuple):
    """What all requests to one origin have in common."""

    key: aiohttp.ClientRequest
    """Tells the connector which connections are the right ones; it is never sent."""
    headers: dict[str, str]
    usual: bytes
    """These headers as they are sent."""
    proxy: Proxy | None
    """Asked in the origin's place."""


class AiohttpBackend:
    """See :class:`crawler.fetch.backend.Backend`. To be made while the event loop runs.

    ``tls`` is aiohttp's own where it is None, which trusts whom the system trusts; ``look_up`` is for tests.
    """

    def __init__(
        self,
        config: Config,
        trusted_origins: frozenset[str],
        counters: Counters,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = system_addresses,
    ) -> None:
        fetch = config.fetch
        self._timeout, self._read_timeout = fetch.timeout, fetch.read_timeout
        self._headers = own_headers(fetch.user_agent)
        self._counters = counters
        self._look_ups = look_ups_of(config, look_up)
        guard = guard_of(config, trusted_origins, self._look_ups)
        self._proxy = proxy_of(config, guard) if fetch.proxy is not None else None
        if self._proxy is not None:
            guard = self._proxy.guard
        self._connector = Connector(guard, self._proxy, tls, fetch.concurrency, fetch.connect_timeout)
        self._origin = functools.lru_cache(maxsize=1_024)(self._new_origin)  # a few kB each

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Answer]:
        """One GET of ``url``. Raises FetchFailed."""
        if self._proxy is not None:
            self._proxy.check_target(url)
        origin_url, target = as_parts(url)
        origin = self._origin(origin_url)
        if origin.proxy is not None:
            target = origin_url.encode() + target
        try:
            async with asyncio.timeout(self._timeout) as total:
                connection = await self._connect(origin)
                try:
                    try:
                        answer = await self._ask(connection, origin, target, headers)
                    except FetchFailed as failed:
                        if not _went_away(connection, failed):
                            raise
                        connection = await self._another(connection, origin)
                        answer = await self._ask(connection, origin, target, headers)
                    yield answer
                except BaseException:
                    connection.close()
                    raise
                connection.release()  # it closes itself where the body was not read to its end
        except TimeoutError as error:
            if not total.expired():
                raise
            raise FetchFailed(Kind.TIMEOUT, OVER.format(self._timeout)) from error

    async def _connect(self, origin: _Origin) -> Connection:
        try:
            # Not public: the way to a pooled connection, and a request that is never sent as its key.
            return await self._connector.connect(origin.key, [], _NO_TIMEOUTS)
        except Exception as error:
            failed = failure(error)
            raise (failed if origin.proxy is None else origin.proxy.unreachable(failed)) from error

    async def _another(self, connection: Connection, origin: _Origin) -> Connection:
        """One that nobody has used: the server may have closed all idle ones, as it did ``connection``."""
        while not isinstance(connection.protocol, Protocol) or connection.protocol.answers:
            connection.close()
            connection = await self._connect(origin)
        return connection

    async def _ask(
        self, connection: Connection, origin: _Origin, target: bytes, headers: Mapping[str, str]
    ) -> ReceivedAnswer:
        protocol, transport = connection.protocol, connection.transport
        if not isinstance(protocol, Protocol) or transport is None or transport.is_closing():
            raise FetchFailed(Kind.RESET, "the connection broke before the request was sent")
        try:
            lines = header_lines(merged(origin.headers, headers)) if headers else origin.usual
            protocol.begin(self._read_timeout)
            request = b"GET %b HTTP/1.1\r\n%b" % (target, lines)
            transport.write(request)
            self._counters.requests += 1
            # Not public: the time-out between two bytes.
            protocol.start_timeout()
            head, body = await protocol.read()
        except HttpProcessingError as error:
            raise _refused(lines_of(protocol.head_so_far())) or failure(error) from error
        except Exception as error:
            raise failure(error) from error
        if "transfer-encoding" in head.headers:  # of which the parser knows more than chunked, but not all
            refused = _refused([b"%b: %b" % header for header in head.raw_headers])
            if refused is not None or not head.chunked:
                raise refused or _in_doubt("its transfer coding is not known here")
        if origin.proxy is not None:
            origin.proxy.check(head.code)
        self._counters.statuses[head.code] += 1
        answer = ReceivedAnswer(request, head, body, protocol)
        answer.connection_info = transport.get_extra_info  # the protocol's own may be gone by now
        return answer

    def _new_origin(self, url: str) -> _Origin:
        proxy = self._proxy if self._proxy is not None and self._proxy.forwards(url) else None
        headers = {"Host": url.partition("://")[2], **self._headers, **(proxy.headers if proxy else {})}
        try:
            address = URL(url, encoded=True) if proxy is None else URL(proxy.address)
            key = aiohttp.ClientRequest("GET", address, loop=asyncio.get_running_loop())
        except Exception as error:
            raise failure(error) from error
        return _Origin(key, headers, header_lines(headers), proxy)

    async def close(self) -> None:
        """Close all connections."""
        self._look_ups.close()
        await self._connector.close()


def _went_away(connection: Connection, failed: FetchFailed) -> bool:
    """Whether the server closed a connection that it had kept open, just as a further request came.

    RFC 9112 section 9.3.1: then that is to be sent again, and it is no failure of the page.
    """
    protocol = connection.protocol
    if failed.kind not in (Kind.RESET, Kind.TLS) or not isinstance(protocol, Protocol):
        return False
    return protocol.answers > 0 and protocol.heard == 0


def _refused(lines: list[bytes]) -> FetchFailed | None:
    fault = fault_of(lines)
    return None if fault is None else _in_doubt(fault)


def _in_doubt(fault: str) -> FetchFailed:
    return FetchFailed(Kind.FRAMING, f"the answer is not valid HTTP: {fault}", retryable=False)
