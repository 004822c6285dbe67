"""The proxy that ``fetch.proxy`` names, and how a connection goes through it.

::

    http://  page over http://proxy.example:3128    GET http://… to the proxy: "forwarded"
    https:// page over http://proxy.example:3128    CONNECT, then TLS with the server: a tunnel
    any page over socks5://proxy.example:1080       a tunnel

Names are looked up by the proxy, so nobody here sees the address that is connected to: what the address
guard can still refuse are addresses and names of localhost in URLs.
"""

import asyncio
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from importlib.util import find_spec

from crawler.config import Config
from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import NO_CONNECTION_IN_TIME, NO_HEADERS, FetchFailed, retryable
from crawler.fetch.secret import basic, login
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind
from crawler.rules import urls

_MAX_REPLY = 16_384
"""Bytes that a proxy's answer to CONNECT may have."""
_NO_TIMEOUT = 86_400.0
"""Seconds: ours is around everything."""


def proxy_of(config: Config, pages: AddressGuard) -> "Proxy":
    """The proxy of the configuration. Raises ConfigError: a package or the login's variable is missing.

    ``pages`` says which addresses it may be asked to connect to.
    """
    url, name = config.fetch.proxy, config.fetch.proxy_login
    if url is None:
        raise ConfigError("fetch.proxy_login is set, but fetch.proxy is not")
    if url.startswith("socks") and find_spec("python_socks") is None:
        raise ConfigError(
            f"fetch.proxy = {url} ({config.origin_of('fetch.proxy')}) needs a package that is not installed: "
            "pip install 'crawler[socks]'"
        )
    return Proxy(url, None if name is None else login(name, "fetch.proxy_login"), pages)


class Proxy:
    """One proxy, with its ``user:password`` or without."""

    def __init__(self, url: str, login: str | None, pages: AddressGuard) -> None:
        self.url = url
        """Without its login, so it may be shown."""
        self.is_http = url.startswith("http:")
        self.address = f"http://{url.partition('://')[2]}"
        """Where it is, as an origin."""
        self.host, self.port = urls.host_port(self.address)
        self.guard = AddressGuard((), {self.address}, pages.look_ups)
        """Lets through to the proxy itself alone."""
        self._pages = pages
        self._login = login
        self.headers: Mapping[str, str] = (
            {"Proxy-Authorization": basic(login)} if self.is_http and login is not None else NO_HEADERS
        )
        """For requests that it forwards."""

    def forwards(self, url: str) -> bool:
        """Whether ``url`` is asked of the proxy itself, and not through a tunnel."""
        return self.is_http and url.startswith("http:")

    def check_target(self, url: str) -> None:
        """Raises FetchFailed where it is not to be asked for ``url``, as far as that can be told here."""
        self._pages.check_target(url)

    def check(self, status: int) -> None:
        """Raises FetchFailed where the answer to a forwarded request is about the proxy, not the page."""
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise self._wants_login()

    def unreachable(self, failure: FetchFailed) -> FetchFailed:
        """What it means that the connection to the proxy failed so."""
        if failure.kind not in (Kind.CONNECT, Kind.DNS):
            return failure
        words = f"the proxy {self.url} cannot be reached: {failure}"
        return FetchFailed(Kind.CONNECT, words, retryable=failure.retryable)

    async def tunnel(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """A connected socket whose other end is ``host``, as far as the proxy is to be trusted.

        ``seconds`` are for each of connecting to the proxy and what it does then. Raises FetchFailed.
        """
        limit = None
        try:
            if self.is_http:
                connected = await self.guard.connect(self.host, self.port, seconds)
            else:
                addresses = await self.guard.addresses(self.host, self.port)
            async with asyncio.timeout(seconds) as limit:
                if not self.is_http:
                    return await self._socks(addresses, host, port)
                await self._connect(connected, host, port)
                return connected
        except OSError as error:
            if limit is not None and limit.expired():
                raise FetchFailed(Kind.TIMEOUT, NO_CONNECTION_IN_TIME) from error
            raise self._no_way(error) from error

    async def _connect(self, connected: socket.socket, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
            lines += [f"{name}: {value}" for name, value in self.headers.items()]
            await loop.sock_sendall(connected, "\r\n".join([*lines, "", ""]).encode())
            reply = b""
            while b"\r\n\r\n" not in reply:
                data = await loop.sock_recv(connected, 4_096)
                if not data or len(reply) > _MAX_REPLY:
                    raise self._refused(target, "it does not answer as a proxy does")
                reply += data
            status = _status(reply)
            if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise self._wants_login()
            if not 200 <= status < 300 or not reply.endswith(b"\r\n\r\n"):
                raise self._refused(target, f"it answered {status}" if status else "its answer is not HTTP")
        except BaseException as error:
            connected.close()
            if isinstance(error, OSError):
                raise self._refused(target, _reason(error)) from error
            raise

    async def _socks(self, addresses: Iterable[str], host: str, port: int) -> socket.socket:
        # Only who has such a proxy has the package.
        from python_socks import ProxyConnectionError, ProxyError, ProxyType
        from python_socks.async_.asyncio import Proxy as SocksProxy

        user, password = self._login.split(":", 1) if self._login is not None else (None, None)
        no_way: OSError = ConnectionError()
        for address in addresses:
            # Given its name, the library would look it up in a thread that is waited for at the end.
            proxy = SocksProxy(ProxyType.SOCKS5, address, self.port, user, password, rdns=True)
            try:
                return await proxy.connect(host, port, timeout=_NO_TIMEOUT)
            except ProxyConnectionError as error:
                no_way = error
            except (ProxyError, OSError) as error:
                reason = _reason(error) if isinstance(error, OSError) else str(error)
                refused = self._refused(f"{host}:{port}", reason or "it closed the connection")
                if "authentication" in reason:  # as 407 says it over HTTP
                    refused.retryable = False
                raise refused from error
        raise self._no_way(no_way) from no_way

    def _no_way(self, error: OSError) -> FetchFailed:
        words = f"the proxy {self.url} cannot be reached: {_reason(error)}"
        return FetchFailed(Kind.CONNECT, words, retryable=retryable(error))

    def _refused(self, target: str, reason: str) -> FetchFailed:
        return FetchFailed(
            Kind.CONNECT, f"the proxy {self.url} made no connection to {target}: {reason.rstrip('.')}"
        )

    def _wants_login(self) -> FetchFailed:
        wants = "refused its login" if self._login is not None else "wants a login (fetch.proxy_login)"
        words = f"the proxy {self.url} {wants}: it answered 407"
        return FetchFailed(Kind.CONNECT, words, retryable=False)


def _status(reply: bytes) -> int:
    """The status of an answer, 0 where it is none."""
    version, _, rest = reply.partition(b" ")
    with suppress(ValueError):
        if version.startswith(b"HTTP/1."):
            return int(rest[:3])
    return 0


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return os.strerror(error.errno) if error.errno else str(error)
