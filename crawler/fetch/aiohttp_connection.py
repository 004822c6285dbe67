"""The connections of the aiohttp backend: to checked addresses alone, and patient only so far."""

import functools
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_parser import RawResponseMessage

from crawler.fetch.address_guard import AddressGuard, family_of
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

    Not public: ``_factory``, what makes the protocol of a connection; without it that is the stock one.
    ``_create_connection``, since aiohttp's own way through a proxy knows no SOCKS; without it every request
    would go past the proxy. ``_get_ssl_context``, the one that says which certificates are good.
    """

    def __init__(
        self, guard: AddressGuard, proxy: Proxy | None, tls: ssl.SSLContext | None, most: int
    ) -> None:
        super().__init__(
            limit=most,
            keepalive_timeout=KEEP_ALIVE,
            resolver=_GuardedResolver(guard),
            socket_factory=guard.new_socket,
            ssl=True if tls is None else tls,
        )
        self._proxy = proxy
        made: Callable[..., ResponseHandler] = Protocol
        self._factory = functools.partial(made, loop=self._loop)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if self._proxy is None or self._proxy.forwards(f"{req.url.scheme}:"):
            return await super()._create_connection(req, traces, timeout)
        host, context = req.url.raw_host or "", self._get_ssl_context(req)
        tunnel = await self._proxy.tunnel(host, req.url.port or 0)
        _, protocol = await self._loop.create_connection(
            self._factory, sock=tunnel, ssl=context, server_hostname=host.rstrip(".") if context else None
        )
        return protocol


class _GuardedResolver(AbstractResolver):
    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - any is welcome
    ) -> list[ResolveResult]:
        """The permitted addresses of ``host``. Raises FetchFailed, OSError."""
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family_of(address), proto=0, flags=0)
            for address in await self._guard.addresses(host, port)
        ]

    async def close(self) -> None:
        """Nothing is open."""
