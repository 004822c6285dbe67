"""The port through which the crawler speaks HTTP: what any backend must offer, and nothing more.

A backend sends one GET and hands over one answer. It follows no redirect, keeps no cookie, repeats
nothing by itself, undoes no content coding and raises nothing but :class:`FetchFailed`: all policy is
on this side of the port, where it can be seen.
"""

import asyncio
import os
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType, TracebackType
from typing import Protocol

from crawler.fetch.deadlines import Deadlines, Timed
from crawler.model.outcomes import Kind

KEEP_ALIVE = 4.0
"""Seconds for which an idle connection is kept: less than the 5 s after which many servers close it,
so that a request does not meet a connection that is just being closed."""

NO_CONNECTION_IN_TIME = "no connection was made in time (fetch.connect_timeout)"
NOTHING_IN_TIME = "not a byte came in time (fetch.read_timeout)"

_UNKNOWN_SIGNER = frozenset({18, 19, 20, 21})
"""What OpenSSL says of a certificate that nobody it trusts has signed: X509_V_ERR_…, x509_vfy.h."""

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
        elif isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
            # asyncio puts the address in front of the reason, or instead of it.
            words = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    # Bytes of the answer may be quoted in it; the record takes text alone.
    words = words.encode(errors="replace").decode()
    return " ".join(words.split())[:200] or type(error).__name__


class Answer(ABC):
    """Status and headers of an answer, and its body as it comes in."""

    __slots__ = ("headers", "status")

    status: int
    headers: tuple[tuple[str, str], ...]
    """As received, names in lower case, order and repeats kept."""

    def header(self, name: str) -> str | None:
        """The first value under ``name`` (in lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def values(self, name: str) -> list[str]:
        """Every value under ``name`` (in lower case)."""
        return [value for key, value in self.headers if key == name]

    @abstractmethod
    async def read(self) -> bytes:
        """The next bytes of the body as they were sent, content codings and all; ``b""`` at its end.

        Raises FetchFailed where the body breaks off.
        """


class Exchange(AbstractAsyncContextManager[Answer], Timed):
    """One GET as a block, with the total time-out around all of it. Raises FetchFailed.

    A class where a generator would do (``@asynccontextmanager``): with that, a page cost 8 µs more.
    """

    __slots__ = ("_cancelled", "_deadlines", "_is_over", "_task")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._is_over = False

    @abstractmethod
    async def _begin(self) -> Answer:
        """Send the request, wait for the head of its answer. Raises FetchFailed."""

    @abstractmethod
    async def _end(self, whole: bool, /) -> None:
        """Give back what is held; ``whole`` when nothing failed."""

    def expire(self) -> None:
        """Break off whatever the block does."""
        self._is_over = True
        self._task.cancel()

    async def __aenter__(self) -> Answer:
        """Begin; nothing is held when it fails."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent by a task")
        self._task, self._cancelled = task, task.cancelling()
        self._deadlines.watch(self)
        try:
            return await self._begin()
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, however the block is left."""
        try:
            await self._end(error is None)
        except BaseException as worse:  # a time-out or a cancellation strikes here as well
            self._tell_apart(worse)
            raise
        self._tell_apart(error)

    def _tell_apart(self, error: BaseException | None) -> None:
        """Raises FetchFailed where ``error`` is our own cancellation, for the time-out, and nobody else's.

        As in ``asyncio.timeout``, without its timer and its coroutines.
        """
        self._deadlines.forget(self)
        if not self._is_over:
            return
        self._is_over = False
        if self._task.uncancel() <= self._cancelled and isinstance(error, asyncio.CancelledError):
            words = f"the time-out of {self._deadlines.total:g} s was over"
            raise FetchFailed(Kind.TIMEOUT, words) from error


class Backend(Protocol):
    """Sends requests. One for the whole crawl; used by many coroutines at once."""

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AbstractAsyncContextManager[Answer]:
        """One GET of exactly ``url``, with ``headers`` beside the backend's own.

        The total time-out covers everything from connecting until the block is left. A block that
        is left before the body's end costs the connection. Raises FetchFailed.
        """

    async def close(self) -> None:
        """Close all connections."""
