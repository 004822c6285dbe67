"""Connections for the httpx backend, to checked addresses alone.

httpx has no say in where it connects, but the library below it, httpcore, takes a network of ours. So a
name is resolved here, once, and the address that is checked is the one connected to. It speaks to asyncio
itself, which costs less than the layer httpcore would use, and tells a reset from an end.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import httpcore
from aiohappyeyeballs import start_connection

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import NO_CONNECTION_IN_TIME, NOTHING_IN_TIME, FetchFailed
from crawler.fetch.proxy import Proxy
from crawler.model.outcomes import Kind
from crawler.rules.guard import literal_address

Address: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""As :func:`socket.getaddrinfo` gives them."""
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]

HEAD_START = 0.25
"""Seconds after which the next address is tried beside the one that does not answer (RFC 8305)."""
MOST_UNREAD = 131_072
"""Bytes that may wait in a connection before it stops reading."""
MOST_HEAD = 102_400
"""Bytes that may come before a head of HTTP/1.1 is whole, with interim answers (RFC 9110 section 15.2)."""
_HEAD_STEP = 16_384


async def system_addresses(host: str, port: int) -> list[Address]:
    """What the system says (so /etc/hosts counts). Raises OSError and UnicodeError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(found)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects where the guard permits it."""

    def __init__(self, guard: AddressGuard, resolve: Resolve, proxy: Proxy | None = None) -> None:
        self._guard = guard
        self._resolve = resolve
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> "Stream":
        """Raises FetchFailed, httpcore.ConnectError, and what resolving raises.

        ``timeout`` is in seconds, and goes on to count while TLS is begun.
        """
        until = None if timeout is None else asyncio.get_running_loop().time() + timeout
        async with _before(until, NO_CONNECTION_IN_TIME):
            return Stream(await self._connected(host, port), until)

    async def _connected(self, host: str, port: int) -> socket.socket:
        proxy = self._proxy
        if proxy is not None and not (proxy.is_http and (host, port) == (proxy.host, proxy.port)):
            return await proxy.tunnel(host, port)
        addresses = await self._addresses(host, port)
        try:
            return await start_connection(
                addresses, happy_eyeballs_delay=HEAD_START, socket_factory=self._socket
            )
        except OSError as error:
            raise httpcore.ConnectError(error) from error  # the pool drops the cause

    async def _addresses(self, host: str, port: int) -> list[Address]:
        literal = literal_address(host)
        if literal is not None:
            family = socket.AF_INET6 if ":" in literal else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 0, "", (literal, port))]
        self._guard.check_name(host, port)
        found = await self._resolve(host, port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address of a known family")
        good = set(self._guard.permitted(host, port, [str(address[4][0]) for address in found]))
        return [address for address in found if address[4][0] in good]

    def _socket(self, address: Any) -> socket.socket:
        family, kind, protocol, _, endpoint = address
        self._guard.check_connection(str(endpoint[0]), int(endpoint[1]))
        return socket.socket(family, kind, protocol)


@asynccontextmanager
async def _before(until: float | None, sentence: str) -> AsyncIterator[None]:
    """Raises FetchFailed with ``sentence`` where the block lasts beyond ``until``, a time of the loop."""
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError as error:
        if error.errno is not None:
            raise  # the system's own, of the connection
        raise FetchFailed(Kind.TIMEOUT, sentence) from error


class Stream(httpcore.AsyncNetworkStream):
    """One connection: a socket that is connected already, with TLS or without."""

    def __init__(self, connected: socket.socket, until: float | None = None) -> None:
        self._socket = connected
        self._until = until  # the loop's time by which TLS must be begun
        self._wire: _Wire | None = None
        self._heard = 0  # bytes that came since the last ones that were sent
        self._head_is_whole = False
        self._tls: Any = None
        self._http2 = False

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - it is that of the whole connection
    ) -> "Stream":
        """Raises httpcore.ConnectError, and ssl.SSLError as it is."""
        # The order in which they are wanted; httpcore names them the other way round.
        ssl_context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            # A name's last dot is not in its certificate.
            async with _before(self._until, NO_CONNECTION_IN_TIME):
                wire = await self._open(ssl=ssl_context, server_hostname=(server_hostname or "").rstrip("."))
        except ssl.SSLError:
            raise
        except OSError as error:
            raise httpcore.ConnectError(error) from error  # the pool drops the cause
        self._tls = wire.transport.get_extra_info("ssl_object")
        self._http2 = self._tls.selected_alpn_protocol() == "h2"
        return self

    async def _open(self, **tls: Any) -> "_Wire":
        # Not before it is known whether TLS is spoken, so that what comes first is not missed.
        try:
            loop = asyncio.get_running_loop()
            _, self._wire = await loop.create_connection(_Wire, sock=self._socket, **tls)
        except BaseException:
            self._socket.close()
            raise
        return self._wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises OSError where the connection broke, FetchFailed where it ended too early or nothing came."""
        wire = self._wire or await self._open()
        if not self._head_is_whole and not self._http2:
            # h11 reads interim answers for as long as they come; others need the loop meanwhile.
            if self._heard >= MOST_HEAD:
                words = f"the head of the answer is longer than {MOST_HEAD} bytes"
                raise FetchFailed(Kind.FRAMING, words, may_pass=False)
            if self._heard:
                await asyncio.sleep(0)
            max_bytes = min(max_bytes, _HEAD_STEP)
        if timeout is None:
            data = await wire.read(max_bytes)
        else:
            async with _before(asyncio.get_running_loop().time() + timeout, NOTHING_IN_TIME):
                data = await wire.read(max_bytes)
        self._heard += len(data)
        if not data and (not self._heard or self._http2):
            raise FetchFailed(Kind.RESET, "the server closed the connection without an answer")
        return data

    def answered(self) -> None:
        """The head was whole; what follows is the body."""
        self._head_is_whole = True

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Does not wait: a request is short.

        That the connection has ended is for :meth:`read` to say, which may have something to give first.
        """
        wire = self._wire or await self._open()
        if buffer:
            self._heard = 0
            self._head_is_whole = False
            if not wire.ended:
                wire.transport.write(buffer)

    async def aclose(self) -> None:
        """At once: all that was to be sent has been, and the peer's farewell is not waited for."""
        if self._wire is None:
            self._socket.close()
        else:
            self._wire.transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for."""
        if info == "ssl_object":
            return self._tls
        if info == "is_readable":
            return self._wire is None or self._wire.readable
        return None


class _Wire(asyncio.Protocol):
    """What came in and was not read yet."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._data = bytearray()
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self.ended = False

    @property
    def readable(self) -> bool:
        """Reading would not wait: of an idle connection this means that it is no good any more."""
        return bool(self._data) or self.ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > MOST_UNREAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = exc
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def read(self, most: int) -> bytes:
        """Up to ``most`` bytes, ``b""`` at the end. Raises OSError where it was no orderly end."""
        while not self._data and not self.ended:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._data:
            data = bytes(self._data[:most])
            del self._data[:most]
            if self._paused and not self._data and not self.ended:
                self._paused = False
                self.transport.resume_reading()
            return data
        if self._error is not None:
            raise self._error
        return b""
