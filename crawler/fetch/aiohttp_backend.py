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
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage
from yarl import URL

from crawler.config import Config
from crawler.fetch.address_guard import AddressGuard, LookUp, system_addresses
from crawler.fetch.aiohttp_connection import Connector
from crawler.fetch.aiohttp_failures import failure
from crawler.fetch.backend import NO_HEADERS, OVER, Answer, FetchFailed
from crawler.fetch.proxy import Proxy, proxy_of
from crawler.fetch.wire import as_parts, as_received, header_lines, merged, own_headers
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters


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
        self._timeouts = aiohttp.ClientTimeout(connect=fetch.connect_timeout)
        self._headers = own_headers(fetch.user_agent)
        self._counters = counters
        guard = AddressGuard(fetch.allow_addresses, trusted_origins, look_up)
        self._proxy = proxy_of(config, guard) if fetch.proxy is not None else None
        if self._proxy is not None:
            guard = self._proxy.guard
        self._connector = Connector(guard, self._proxy, tls, fetch.concurrency)
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
                    yield await self._ask(connection, origin, target, headers)
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
            return await self._connector.connect(origin.key, [], self._timeouts)
        except Exception as error:
            failed = failure(error)
            raise (failed if origin.proxy is None else origin.proxy.unreachable(failed)) from error

    async def _ask(
        self, connection: Connection, origin: _Origin, target: bytes, headers: Mapping[str, str]
    ) -> "_Answer":
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or transport.is_closing():
            raise FetchFailed(Kind.RESET, "the connection broke before the request was sent")
        try:
            lines = header_lines(merged(origin.headers, headers)) if headers else origin.usual
            # Not public: the parser of the answer, and the time-out between two bytes.
            protocol.set_response_params(
                read_until_eof=True, auto_decompress=False, read_timeout=self._read_timeout
            )
            transport.write(b"GET %b HTTP/1.1\r\n%b" % (target, lines))
            self._counters.requests += 1
            protocol.start_timeout()
            head, body = await protocol.read()
        except Exception as error:
            raise failure(error) from error
        if origin.proxy is not None:
            origin.proxy.check(head.code)
        self._counters.statuses[head.code] += 1
        return _Answer(head, body, protocol)

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
        await self._connector.close()


class _Answer(Answer):
    """One answer; see :class:`crawler.fetch.backend.Answer`."""

    __slots__ = ("_body", "_is_chunked", "_protocol")

    def __init__(
        self, head: RawResponseMessage, body: aiohttp.StreamReader, protocol: ResponseHandler
    ) -> None:
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

    def _broken_with(self) -> OSError | None:
        error = self._protocol.exception()
        return error if isinstance(error, OSError) else None
