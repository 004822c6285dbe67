"""Connections for the httpx backend: those of httpcore, to checked addresses alone.

httpx has no say in where it connects, but the library below it takes a network of ours: that resolves each
name once, and lets httpcore connect to an address that was checked. And httpcore uses some connections again
that it should not: here each knows when to be retired.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

import httpcore
from anyio.abc import SocketStream

# The one private name: httpcore's connection over a socket that is connected already, which a proxy's tunnel
# is. Its public backend only connects by itself; without the name ``fetch.proxy`` could not be used here.
# Where it is gone, this import fails, and with it every test of the backend.
from httpcore._backends.anyio import AnyIOStream

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import NO_CONNECTION_IN_TIME, FetchFailed
from crawler.fetch.proxy import Proxy
from crawler.model.outcomes import Kind
from crawler.rules.guard import literal_address

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Any]]]
"""Addresses as :func:`socket.getaddrinfo` gives them."""
MAX_HEAD = 102_400
"""Bytes that may come before a head of HTTP/1.1 is whole, with interim answers (RFC 9110 section 15.2)."""
CONNECTION = "crawler_connection"
"""The extension of a response under which its :class:`Connection` is found."""
_BLANK_LINE = re.compile(rb"\n\r?\n")


async def system_addresses(host: str, port: int) -> list[Any]:
    """What the system says (so /etc/hosts counts). Raises OSError and UnicodeError."""
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects where the guard permits it."""

    def __init__(self, guard: AddressGuard, resolve: Resolve, proxy: Proxy | None = None) -> None:
        self._guard, self._resolve, self._proxy = guard, resolve, proxy
        self._stock = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> "Stream":
        """Raises FetchFailed, httpcore's errors, and what resolving raises. ``timeout`` is in seconds."""
        proxy = self._proxy
        try:
            async with asyncio.timeout(timeout):
                if proxy is None or (proxy.is_http and (host, port) == (proxy.host, proxy.port)):
                    return Stream(await self._connected(host, port, timeout))
                tunnel = await proxy.tunnel(host, port)
                return Stream(AnyIOStream(await SocketStream.from_socket(tunnel)))
        except TimeoutError as error:
            raise FetchFailed(Kind.TIMEOUT, NO_CONNECTION_IN_TIME) from error

    async def _connected(self, host: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses:
            self._guard.check_connection(address, port)
            try:
                return await self._stock.connect_tcp(address, port, share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _addresses(self, host: str, port: int) -> list[str]:
        """At least one."""
        literal = literal_address(host)
        if literal is not None:
            return [literal]
        self._guard.check_name(host, port)
        found = await self._resolve(host, port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address of a known family")
        return self._guard.permitted(host, port, [str(address[4][0]) for address in found])


class Stream(httpcore.AsyncNetworkStream):
    """One of httpcore's connections, that hands out the head of an answer of HTTP/1.1 apart from its body.

    So the parser never holds bytes behind the answer's end, which it would hide.
    """

    def __init__(self, stock: httpcore.AsyncNetworkStream) -> None:
        self._stock = stock
        tls = stock.get_extra_info("ssl_object")
        self._is_http2 = tls is not None and tls.selected_alpn_protocol() == "h2"
        self._heard = 0
        self._line_end = b""
        self._in_head = not self._is_http2
        self._length: int | None = None
        self.unread = b""
        """What came behind the answer."""

    def body_begins(self, headers: list[tuple[bytes, bytes]]) -> None:
        """The head, with these headers, was whole."""
        self._in_head = False
        length = next((value for name, value in headers if name.lower() == b"content-length"), b"")
        self._length = int(length) if length.isdigit() else None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises FetchFailed where the server closed too early or its head is too long, httpcore's errors."""
        if not self.unread:
            self.unread = await self._stock.read(max_bytes, timeout)
            self._heard += len(self.unread)
            if not self.unread and (self._is_http2 or not self._heard):
                raise FetchFailed(Kind.RESET, "the server closed the connection without an answer")
        end = len(self.unread)
        if self._in_head:
            if self._heard > MAX_HEAD:
                words = f"the head of the answer is longer than {MAX_HEAD} bytes"
                raise FetchFailed(Kind.FRAMING, words, retryable=False)
            end = self._end_of_head()
        elif self._length is not None:
            end = min(end, self._length)
            self._length -= end
        data, self.unread = self.unread[:end], self.unread[end:]
        return data

    def _end_of_head(self) -> int:
        """Where in what is unread the head ends, or all of it. A blank line may come in two parts."""
        text = self._line_end + self.unread
        blank = _BLANK_LINE.search(text)
        before, self._line_end = len(self._line_end), b"" if blank else text[-2:]
        return (blank.end() if blank else len(text)) - before

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises httpcore's errors."""
        await self._stock.write(buffer, timeout)

    async def aclose(self) -> None:
        """At once."""
        await self._stock.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        """Raises httpcore's errors."""
        # The order in which they are wanted; httpcore names them the other way round.
        ssl_context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            # A name's last dot is not in its certificate.
            name = (server_hostname or "").rstrip(".")
            return Stream(await self._stock.start_tls(ssl_context, name, timeout))
        except BaseException:
            await self._stock.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for."""
        return self._stock.get_extra_info(info)


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

    _is_retired = False
    _stream: Stream | None = None

    def retire(self) -> None:
        """Send no further request."""
        self._is_retired = True

    def unread(self) -> bytes:
        """What came behind the answer of HTTP/1.1."""
        return b"" if self._stream is None else self._stream.unread

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send one request."""
        try:
            response = await super().handle_async_request(request)
        except httpcore.ConnectionNotAvailable:  # it is another request's, and the pool finds one for this
            raise
        except BaseException:
            self.retire()
            raise
        if response.extensions["http_version"] != b"HTTP/2":
            self.retire()
            self._stream = response.extensions["network_stream"]
            self._stream.body_begins(response.headers)
        response.extensions[CONNECTION] = self
        return response

    def is_available(self) -> bool:
        """Whether the pool may give it a request."""
        return not self._is_retired and super().is_available()

    def has_expired(self) -> bool:
        """Whether the pool is to close it."""
        return super().has_expired() or (self._is_retired and self.is_idle())
