"""The connections of the aiohttp backend: to checked addresses alone, and patient only so far."""

import asyncio
import functools
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_parser import RawResponseMessage

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import KEEP_ALIVE
from crawler.fetch.proxy import Proxy

MAX_INTERIM = 64
"""Interim answers (1xx) before one real answer; honest servers send one or two."""


class Protocol(ResponseHandler):
    """A connection that drops interim answers (RFC 9110 section 15.2) and breaks off where they have no end.

    aiohttp queues them without a bound and the loop reads on as long as there is something: a server
    that sends nothing else was seen to stop the whole crawl for a second at a time.

    Not public: ``feed_data``, called with each head; without it, see above. ``force_close``, without which a
    connection that is no longer HTTP would be used again; ``start_timeout``, see below.
    """

    _interim = 0

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """A head was read; its body, or the next head, follows."""
        code = data[0].code
        if code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.force_close()  # nobody asked for it: what comes next is not HTTP as we know it
        elif 100 <= code < 200:
            self._interim += 1
            if self._interim <= MAX_INTERIM:
                # aiohttp takes it for an answer without a body, and no longer waits for bytes.
                self._loop.call_soon(self.start_timeout)
            elif self.exception() is None:
                if self.transport is not None:
                    self.transport.abort()
                self.set_exception(BadHttpMessage(f"more than {MAX_INTERIM} interim answers"))
            return
        self._interim = 0
        super().feed_data(data, size)


class Connector(aiohttp.TCPConnector):
    """Connects where ``guard`` permits it, through ``proxy`` if there is one; ``most`` connections at once.

    ``seconds`` bound each of connecting and TLS, and no bound of aiohttp's does: that would count the wait
    for a look-up's turn.

    Not public: ``_factory``, what makes the protocol of a connection; without it that is the stock one.
    ``_create_connection``, since aiohttp's own way asks no guard and knows no SOCKS; without it every request
    would go wherever a name leads. ``_get_ssl_context``, the one that says which certificates are good.
    """

    def __init__(
        self,
        guard: AddressGuard,
        proxy: Proxy | None,
        tls: ssl.SSLContext | None,
        most: int,
        seconds: float | None,
    ) -> None:
        super().__init__(limit=most, keepalive_timeout=KEEP_ALIVE, ssl=True if tls is None else tls)
        self._guard, self._proxy, self._seconds = guard, proxy, seconds
        made: Callable[..., ResponseHandler] = Protocol
        self._factory = functools.partial(made, loop=self._loop)

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],  # noqa: ARG002
        timeout: aiohttp.ClientTimeout,  # noqa: ARG002
    ) -> ResponseHandler:
        """Raises FetchFailed, OSError and UnicodeError where a name is looked up, aiohttp's errors."""
        host, port, context = req.url.raw_host or "", req.url.port or 0, self._get_ssl_context(req)
        try:
            if self._proxy is None or self._proxy.forwards(f"{req.url.scheme}:"):
                connected = await self._guard.connect(host, port, self._seconds)
            else:
                connected = await self._proxy.tunnel(host, port, self._seconds)
            async with asyncio.timeout(self._seconds):
                _, protocol = await self._loop.create_connection(
                    self._factory,
                    sock=connected,
                    ssl=context,
                    server_hostname=host.rstrip(".") if context else None,
                )
        except OSError as error:
            is_ours = isinstance(error, TimeoutError) and error.errno is None
            if is_ours or isinstance(error, socket.gaierror | ssl.SSLError):
                raise
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        return protocol
