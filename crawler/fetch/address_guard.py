"""Which addresses may be connected to: a page must not make the crawler talk to the machines around it.

Without this, a link or a redirect to ``http://169.254.169.254/`` or to a name that resolves to
127.0.0.1 would read what only this machine can read (server-side request forgery). The rule itself is
:func:`crawler.rules.guard.forbidden`; here is only who is exempt.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

from crawler.config import Config
from crawler.fetch.backend import NO_CONNECTION_IN_TIME, FetchFailed
from crawler.fetch.lookup_thread import LookUps
from crawler.model.outcomes import Kind
from crawler.rules import guard, urls


class AddressGuard:
    """Says for each address whether it may be connected to, asked for by which host name and port.

    ``allowed`` are networks or addresses that the user lets through. ``trusted_origins`` are origins
    that the user's own settings name: they may be wherever their names lead. With ``trusts_loopback``
    loopback addresses, and the names of localhost, are as good; a name that only resolves to one is not.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        trusted_origins: Iterable[str],
        look_ups: LookUps | None = None,
        *,
        trusts_loopback: bool = False,
    ) -> None:
        self._allowed = tuple(ip_network(network, strict=False) for network in allowed)
        self._trusted = {_bare(*urls.host_port(origin)) for origin in trusted_origins}
        self._trusts_loopback = trusts_loopback
        self._vouched: set[tuple[str, int]] = set()
        self.look_ups = look_ups or LookUps()

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where ``host`` is: those of its addresses that may be connected to, at least one.

        Raises FetchFailed, OSError, UnicodeError.
        """
        literal = guard.literal_address(host)
        if literal is not None:
            return [literal]
        self.check_name(host, port)
        found = await self.look_ups.addresses(host, port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address of a known family")
        return self.permitted(host, port, found)

    async def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """A socket that is connected to ``host``, within ``seconds`` from when it has been looked up.

        Raises FetchFailed, OSError, UnicodeError.
        """
        # It comes with aiohttp, whose import takes a while; so not at the start of the program.
        from aiohappyeyeballs import start_connection

        addresses = await self.addresses(host, port)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await start_connection(
                    [
                        (family_of(address), socket.SOCK_STREAM, 0, "", (address, port))
                        for address in addresses
                    ],
                    happy_eyeballs_delay=0.25,  # seconds; then the next is tried beside the first (RFC 8305)
                    socket_factory=self.new_socket,
                )
        except TimeoutError as error:
            if not limit.expired():  # the system's own ETIMEDOUT
                raise
            raise FetchFailed(Kind.TIMEOUT, NO_CONNECTION_IN_TIME) from error

    def new_socket(self, address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        """For a connection to ``address``, which is as getaddrinfo gives it. Raises FetchFailed."""
        family, kind, protocol, _, endpoint = address
        self.check_connection(str(endpoint[0]), int(endpoint[1]))
        return socket.socket(family, kind, protocol)

    def check_name(self, host: str, port: int) -> None:
        """Before a name is looked up. Raises FetchFailed.

        All names of localhost are the loopback address (RFC 6761 section 6.3), but most systems know only
        the plain one, and would ask the network for the others.
        """
        if _bare(host, port) not in self._trusted and _is_loopback(host):
            self.permitted(host, port, ("127.0.0.1", "::1"))

    def check_target(self, url: str) -> None:
        """All that can be said where a proxy looks the name up and connects. Raises FetchFailed."""
        host, port = urls.host_port(urls.resolve(url) or url)
        self.check_name(host, port)
        address = guard.literal_address(host)
        if address is not None:
            self.check_connection(address, port)

    def permitted(self, host: str, port: int, addresses: Iterable[str]) -> list[str]:
        """Those of ``addresses``, to which ``host`` resolved, that may be connected to.

        Raises FetchFailed where that is none of them.
        """
        found = list(addresses)
        if _bare(host, port) in self._trusted:
            self._vouched.update((address, port) for address in found)
            return found
        good = []
        why = ""
        is_local = self._trusts_loopback and _is_loopback(host)
        for address in found:
            reason = guard.forbidden(address, self._allowed)
            if reason is None or (is_local and _is_loopback(address)):
                good.append(address)
            else:
                why = why or f"{address} ({reason})"
        if found and not good:
            raise FetchFailed(
                Kind.FORBIDDEN_ADDRESS,
                f"pages may not send the crawler to {why}, where {host} is",
            )
        return good

    def check_connection(self, address: str, port: int) -> None:
        """The last word, on the very address a socket is about to connect to. Raises FetchFailed.

        For a host that is an address itself this is the only word: nothing is resolved then.
        """
        if (address, port) in self._vouched or _bare(address, port) in self._trusted:
            return
        reason = guard.forbidden(address, self._allowed)
        if reason is not None and not (self._trusts_loopback and _is_loopback(address)):
            raise FetchFailed(
                Kind.FORBIDDEN_ADDRESS,
                f"pages may not send the crawler to {address} ({reason})",
            )


def guard_of(config: Config, trusted_origins: Iterable[str], look_ups: LookUps) -> AddressGuard:
    """The guard of a crawl. Where that checks a local site, its links may lead to other local servers."""
    seeds = [urls.resolve(seed) for seed in config.seeds]
    is_local = bool(seeds) and all(seed is not None and urls.is_loopback(seed) for seed in seeds)
    trusts_loopback = config.check.external and is_local
    return AddressGuard(
        config.fetch.allow_addresses, trusted_origins, look_ups, trusts_loopback=trusts_loopback
    )


def _is_loopback(host: str) -> bool:
    return urls.is_loopback(f"http://{f'[{host}]' if ':' in host and '[' not in host else host}/")


def _bare(host: str, port: int) -> tuple[str, int]:
    return host.strip("[]").rstrip(".").lower(), port


def family_of(address: str) -> socket.AddressFamily:
    """The family of an IP address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET
