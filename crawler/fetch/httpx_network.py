"""The network below the httpx backend: it leads to checked addresses alone, and is patient only so far."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import FetchFailed
from crawler.fetch.proxy import Proxy
from crawler.model.outcomes import Kind
from crawler.rules.head import HEAD_TOO_LONG, MAX_HEAD


class GuardedNetwork:
    """Connects where ``guard`` permits it, through ``proxy`` if there is one."""

    def __init__(self, guard: AddressGuard, proxy: Proxy | None) -> None:
        self._guard, self._proxy = guard, proxy

    async def connect(self, host: str, port: int, timeout: float | None) -> "Stream":
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
        self._head: list[bytes] = []
        self._heard = 0
        self.is_http2 = False
        self.in_head = True
        """Until the head of an answer of HTTP/1.1 is whole."""

    def take_head(self) -> bytes:
        """What was received until the head was whole, which it is now; more may have come behind it."""
        self.in_head = False
        head, self._head = b"".join(self._head), []
        return head

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        """To be called first, if at all. Raises httpcore's errors."""
        # In the order in which they are wanted; httpcore names them the other way round.
        ssl_context.set_alpn_protocols(["h2", "http/1.1"])
        name = (server_hostname or "").rstrip(".")  # the last dot is not in its certificate
        _, writer = await self._opened(timeout, ssl=ssl_context, server_hostname=name)
        self.is_http2 = writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
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
        if not data and (self.is_http2 or not self._heard):
            raise FetchFailed(Kind.RESET, "the server closed the connection without an answer")
        self._heard += len(data)
        if self.in_head and not self.is_http2:
            self._head.append(data)
            if self._heard > MAX_HEAD:
                raise FetchFailed(Kind.FRAMING, HEAD_TOO_LONG, retryable=False)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises httpcore's errors."""
        _, writer = await self._opened(timeout)
        with _translated(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                writer.write(buffer)
                await writer.drain()

    def write_soon(self, data: bytes) -> None:
        """Send it without waiting for that, as far as the connection still stands."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)

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
