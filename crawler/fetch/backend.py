"""The port through which the crawler speaks HTTP: what any backend must offer, and nothing more.

A backend sends one GET and hands over one answer. It follows no redirect, keeps no cookie, repeats
nothing by itself, undoes no content coding and raises nothing but :class:`FetchFailed`: all policy is
on this side of the port, where it can be seen.
"""

import logging
import os
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from crawler.config import Config
from crawler.config.sections import SessionConfig
from crawler.fetch.tls import ends_of, tls_context
from crawler.model.errors import ConfigError
from crawler.model.outcomes import Kind
from crawler.plumbing.starter_thread import off_loop
from crawler.trace.counters import Counters

log = logging.getLogger("crawler.fetch")

KEEP_ALIVE = 4.0
"""Seconds for which an idle connection is kept: less than the 5 s after which many servers close it,
so that a request does not meet a connection that is just being closed."""

NO_CONNECTION_IN_TIME = "no connection was made in time (fetch.connect_timeout)"
NOTHING_IN_TIME = "not a byte came in time (fetch.read_timeout)"
OVER = "the time-out of {:g} s was over"
"""Of the whole exchange, in seconds."""

_UNKNOWN_SIGNER = frozenset({18, 19, 20, 21})
"""What OpenSSL says of a certificate that nobody it trusts has signed: X509_V_ERR_…, x509_vfy.h."""
_OTHER_NAME = 62
"""X509_V_ERR_HOSTNAME_MISMATCH."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class FetchFailed(Exception):
    """There was no answer, or not a whole one. ``kind`` is the word for it, ``str()`` the sentence."""

    def __init__(self, kind: Kind, message: str, *, retryable: bool | None = None) -> None:
        """``retryable``: see :meth:`crawler.rules.retry.RetryPolicy.delay`."""
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable


_NO_SUCH_NAME = frozenset(
    getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY")
)
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


def retryable(cause: BaseException) -> bool | None:
    """Whether a further attempt may change what the system says, as far as that can be told."""
    if isinstance(cause, socket.gaierror):
        return cause.errno not in _NO_SUCH_NAME
    if isinstance(cause, UnicodeError):
        return False  # it is no name that could be looked up
    return True if isinstance(cause, _BROKEN_OFF) else None


def words_of(error: BaseException, words: str | None = None) -> str:
    """``words``, else what ``error`` says, on one short line that a record can hold."""
    if words is None:
        words = str(error)
        if isinstance(error, ssl.SSLCertVerificationError) and error.verify_message:
            words = error.verify_message
            if error.verify_code in _UNKNOWN_SIGNER:
                words += " (fetch.ca_file names certificates to trust)"
            elif error.verify_code == _OTHER_NAME and "_" in words.partition("'")[2].partition(".")[0]:
                words += " (to OpenSSL, a wildcard covers no name with an underscore)"
        elif isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
            # asyncio puts the address in front of the reason, or instead of it.
            words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    # Bytes of the answer may be quoted in it; the record takes text alone.
    words = words.encode(errors="replace").decode()
    return " ".join(words.split())[:200] or type(error).__name__


class Heads(NamedTuple):
    """The heads of one exchange as they were sent, the empty lines at their ends included."""

    request: bytes
    answer: bytes
    """Names in the case in which they came, order and repeats kept, bytes above 127 as they were."""
    protocol: str
    """``HTTP/1.0``, ``HTTP/1.1``, or ``HTTP/2``, whose heads are told as HTTP/1.1 would have said them."""


class Answer(ABC):
    """Status and headers of an answer, and its body as it comes in."""

    __slots__ = ("changes_cookie", "connection_info", "headers", "is_outdated", "status")

    status: int
    headers: tuple[tuple[str, str], ...]
    """As received, names in lower case, order and repeats kept."""
    changes_cookie: bool
    """It changed a cookie that the session sends back; False as a backend hands it over."""
    is_outdated: Callable[[], bool]
    """Whether the session would send other cookies by now; only there where it keeps any."""
    connection_info: Callable[[str], Any]
    """:meth:`asyncio.BaseTransport.get_extra_info` of the connection that it came over."""

    def header(self, name: str) -> str | None:
        """The first value under ``name`` (in lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def values(self, name: str) -> list[str]:
        """Every value under ``name`` (in lower case)."""
        return [value for key, value in self.headers if key == name]

    @property
    def certificate_ends(self) -> float | None:
        """Unix time in seconds; None without TLS, or where the certificate was not verified."""
        return ends_of(self.connection_info("peercert"))

    @abstractmethod
    async def read(self) -> bytes:
        """The next bytes of the body as they were sent, content codings and all; ``b""`` at its end.

        Raises FetchFailed where the body breaks off.
        """

    @abstractmethod
    def heads(self) -> Heads:
        """What was said before the body; put together when it is asked for."""


class Backend(Protocol):
    """Sends requests. One for the whole crawl; used by many coroutines at once."""

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AbstractAsyncContextManager[Answer]:
        """One GET of exactly ``url``, with ``headers`` beside the backend's own.

        The total time-out covers everything from connecting until the block is left. A block that
        is left before the body's end costs the connection. Raises FetchFailed.
        """

    async def close(self) -> None:
        """Close all connections."""


def require_backend(config: Config) -> None:
    """Raises ConfigError where the backend, its proxy, its session or ``fetch.ca_file`` cannot be used."""
    if config.fetch.proxy is not None or config.fetch.proxy_login is not None:
        from crawler.fetch.address_guard import AddressGuard
        from crawler.fetch.proxy import proxy_of

        proxy_of(config, AddressGuard((), ()))
    if config.session != SessionConfig():
        from crawler.fetch.session import Session

        Session(config)
    if config.fetch.ca_file is not None:
        tls_context(config)
    if config.fetch.backend == "httpx" and (find_spec("httpx") is None or find_spec("h2") is None):
        raise ConfigError(
            f'fetch.backend = "httpx" ({config.origin_of("fetch.backend")}) needs packages that are not '
            "installed: pip install 'crawler[http2]'"
        )


async def make_backend(
    config: Config,
    trusted_origins: frozenset[str],
    counters: Counters,
    logins: Mapping[str, str] = NO_HEADERS,
) -> Backend:
    """The backend that ``fetch.backend`` names, for the event loop that runs. Raises ConfigError.

    ``trusted_origins`` may be wherever their names lead; see :mod:`crawler.fetch.address_guard`.
    ``logins`` are those of the seeds' own URLs, ``user:password`` by origin.
    """
    require_backend(config)
    if not config.fetch.verify_tls:
        log.warning("certificates are not verified (fetch.verify_tls = false): anybody may be the server")

    def load() -> tuple[Any, ssl.SSLContext | None]:
        # Reading certificates and importing a library (only the one of them) take a tenth of a second.
        if config.fetch.backend == "httpx":
            from crawler.fetch.httpx_backend import HttpxBackend

            return HttpxBackend, tls_context(config)
        from crawler.fetch.aiohttp_backend import AiohttpBackend

        is_usual = config.fetch.ca_file is None and config.fetch.verify_tls
        return AiohttpBackend, None if is_usual else tls_context(config)

    made, tls = await off_loop(load)
    backend: Backend = made(config, trusted_origins, counters, tls)
    if not logins and config.session == SessionConfig():
        return backend
    from crawler.fetch.session import Session, SessionBackend

    return SessionBackend(backend, Session(config, logins))
