"""Connections for the aiohttp backend: to checked addresses alone, or through a proxy."""

import functools
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_parser import RawResponseMessage

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.proxy import Proxy

MOST_INTERIM = 64
"""Interim answers (1xx) before one real answer; honest servers send one or two."""


class _Protocol(ResponseHandler):
    """A connection that drops interim answers (RFC 9110 section 15.2) and breaks off where they have no end.

    aiohttp queues them without a bound and the loop reads on as long as there is something: a server
    that sends nothing else was seen to stop the whole crawl for a second at a time.
    """

    _interim = 0

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        """A head was read; its body, or the next head, follows."""
        code = data[0].code
        if not 100 <= code < 200 or code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._interim = 0
            if code == HTTPStatus.SWITCHING_PROTOCOLS:
                self.force_close()  # nobody asked for it: what comes next is not HTTP as we know it
            super().feed_data(data, size)
            return
        self._interim += 1
        if self._interim > MOST_INTERIM and self.exception() is None:
            if self.transport is not None:
                self.transport.abort()
            self.set_exception(BadHttpMessage(f"more than {MOST_INTERIM} interim answers"))


class Connector(aiohttp.TCPConnector):
    """Connections of our own kind, through ``proxy`` where there is one."""

    def __init__(self, proxy: Proxy | None, **options: Any) -> None:
        super().__init__(**options)
        self._proxy = proxy
        # Where aiohttp looks up what a connection is; a test sees whether it still does.
        made: Callable[..., ResponseHandler] = _Protocol
        self._factory = functools.partial(made, loop=self._loop)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if self._proxy is None or self._proxy.forwards(f"{req.url.scheme}:"):
            return await super()._create_connection(req, traces, timeout)
        host, tls = req.url.raw_host or "", self._get_ssl_context(req)
        _, protocol = await self._wrap_existing_connection(
            self._factory,
            sock=await self._proxy.tunnel(host, req.url.port or 0),
            ssl=tls,
            server_hostname=host.rstrip(".") if tls else None,
            req=req,
            timeout=timeout,
        )
        return protocol


class GuardedResolver(AbstractResolver):
    """Resolves through the system (so /etc/hosts counts) and leaves out what is forbidden.

    aiohttp would take another resolver, and another answer, as soon as aiodns happens to be installed.
    """

    def __init__(self, guard: AddressGuard, system: AbstractResolver) -> None:
        self._guard = guard
        self._system = system

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of ``host``. Raises FetchFailed, OSError."""
        self._guard.check_name(host, port)
        found = await self._system.resolve(host, port, family)
        if not found:
            raise OSError(None, "no address of a known family")
        good = set(self._guard.permitted(host, port, [result["host"] for result in found]))
        return [result for result in found if result["host"] in good]

    async def close(self) -> None:
        """Close the system's."""
        await self._system.close()
