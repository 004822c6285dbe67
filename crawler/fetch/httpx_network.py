"""Connections for the httpx backend: its protocols are httpcore's, the network below them is this one.

httpx has no say in where it connects, but httpcore, the library below it, takes a network of ours: it leads
to checked addresses alone. And httpcore uses some connections again that it should not: here each knows when
to be retired.

Not public in httpcore: ``_connection`` and ``_h11_state``, where bytes behind an answer can be seen; without
them a page that is longer than it says would be whole. tests/stations/test_fetch_private.py names what is no
longer as it was.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import FetchFailed
from crawler.fetch.proxy import Proxy
from crawler.model.outcomes import Kind

MAX_HEAD = 102_400
"""Bytes that may come before a head of HTTP/1.1 is whole, with interim answers (RFC 9110 section 15.2)."""
CONNECTION = "crawler_connection"
"""The extension of a response under which its :class:`Connection` is found."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects where ``guard`` permits it, through ``proxy`` if there is one."""

    def __init__(self, guard: AddressGuard, proxy: Proxy | None) -> None:
        self._guard, self._proxy = guard, proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> "Stream":
        """Raises FetchFailed, UnicodeError, httpcore.ConnectError. ``timeout`` is in seconds."""
        proxy = self._proxy
        is_direct = proxy is None or (proxy.is_http and (host, port) == (proxy.host, proxy.port))
        try:
            if proxy is None or is_direct:
                return Stream(await self._guard.connect(host, port, timeout))
            return Stream(await proxy.tunnel(host, port, timeout))
        except OSError as error:
            raise httpcore.ConnectError(error) from error


class Stream(httpcore.AsyncNetworkStream):
    """One connection, over a connected socket, and with a bound for what may come before an answer."""

    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._heard = 0
        self._is_http2 = False
        self.in_head = True
        """Until the head of an answer of HTTP/1.1 is whole."""

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        """To be called first, if at all. Raises httpcore's errors."""
        # In the order in which they are wanted; httpcore names them the other way round.
        ssl_context.set_alpn_protocols(["h2", "http/1.1"])
        name = (server_hostname or "").rstrip(".")  # the last dot is not in its certificate
        _, writer = await self._opened(timeout, ssl=ssl_context, server_hostname=name)
        self._is_http2 = writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        return self

    async def _opened(
        self, timeout: float | None, **tls: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None:
            with _translated(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    opened = await asyncio.open_connection(sock=self._socket, **tls)
            self._reader, self._writer = opened
        return self._reader, self._writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises FetchFailed where the server closed too early or its head is too long, httpcore's errors."""
        reader, _ = await self._opened(timeout)
        with _translated(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                data = await reader.read(max_bytes)
        self._heard += len(data)
        if not data and (self._is_http2 or not self._heard):
            raise FetchFailed(Kind.RESET, "the server closed the connection without an answer")
        if self.in_head and not self._is_http2 and self._heard > MAX_HEAD:
            words = f"the head of the answer is longer than {MAX_HEAD} bytes"
            raise FetchFailed(Kind.FRAMING, words, retryable=False)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises httpcore's errors."""
        _, writer = await self._opened(timeout)
        with _translated(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                writer.write(buffer)
                await writer.drain()

    async def aclose(self) -> None:
        """At once."""
        if self._writer is None:
            self._socket.close()
        else:
            self._writer.transport.abort()
            await asyncio.sleep(0)  # in which the transport closes its socket

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for."""
        return None if self._writer is None else self._writer.get_extra_info(info)


@contextmanager
def _translated(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Raises httpcore's errors in place of the system's."""
    try:
        yield
    except TimeoutError as error:
        raise late(error) from error
    except OSError as error:
        raise broken(error) from error


class Pool(httpcore.AsyncConnectionPool):
    """At most ``most`` connections, each made with ``options``."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(max_connections=most)
        self._options = options

    def create_connection(self, origin: httpcore.Origin) -> "Connection":
        """One more connection; made when its first request is sent."""
        return Connection(origin, **self._options)


class Connection(httpcore.AsyncHTTPConnection):
    """One connection of either version, used again only over HTTP/2.

    Of HTTP/1.1 httpcore would take what a server sends behind an answer for the answer to the next request.
    Of HTTP/2 it forgets a stream that is left before its end, while the server goes on sending: then this
    lets the other streams end, and takes no further one.
    """

    is_retired = False
    """No further request is to be sent."""

    def behind_the_answer(self) -> bytes:
        """What came behind the answer of HTTP/1.1, which was read to its end."""
        parser = getattr(self._connection, "_h11_state", None)
        return b"" if parser is None else bytes(parser.trailing_data[0])

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send one request."""
        try:
            response = await super().handle_async_request(request)
        except httpcore.ConnectionNotAvailable:  # it is another request's, and the pool finds one for this
            raise
        except BaseException:
            self.is_retired = True
            raise
        if response.extensions["http_version"] != b"HTTP/2":
            self.is_retired = True
            response.extensions["network_stream"].in_head = False
        response.extensions[CONNECTION] = self
        return response

    def is_available(self) -> bool:
        """Whether the pool may give it a request."""
        return not self.is_retired and super().is_available()

    def has_expired(self) -> bool:
        """Whether the pool is to close it."""
        return super().has_expired() or (self.is_retired and self.is_idle())
