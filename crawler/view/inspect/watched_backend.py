"""A backend that notes what is said over it, for whoever wants to see inside a fetch."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from crawler.config import Config
from crawler.fetch.backend import NO_HEADERS, Answer, Backend, FetchFailed, Heads
from crawler.model.record import timestamp
from crawler.view.inspect.inspection import Asked, TlsSeen

_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers of requests whose values are not shown, beside those that the user adds."""
_SECRET_OF_ANSWERS = frozenset({"set-cookie"})
HIDDEN = "***"


class WatchedBackend:
    """See :class:`crawler.fetch.backend.Backend`; each request is put to :attr:`asked`."""

    def __init__(self, backend: Backend, config: Config) -> None:
        self._backend = backend
        self._is_verified = config.fetch.verify_tls
        added = (line.partition(":")[0].strip().lower() for line in config.session.headers)
        self._secret = _SECRET.union(added)
        self._purpose = "page"
        self.asked: list[Asked] = []
        """In order."""
        self.last_failure: FetchFailed | None = None

    @contextmanager
    def for_robots(self) -> Iterator[None]:
        """In the block, what is asked for is a robots.txt, wherever its redirects lead."""
        self._purpose = "robots.txt"
        try:
            yield
        finally:
            self._purpose = "page"

    @asynccontextmanager
    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> AsyncIterator[Answer]:
        """One GET of ``url``. Raises FetchFailed."""
        asked = Asked(url, self._purpose)
        self.asked.append(asked)
        self.last_failure = None
        began = time.perf_counter()
        try:
            async with self._backend.get(url, headers) as answer:
                asked.head_us = _since(began)
                self._note(asked, answer)
                yield _WatchedAnswer(answer, asked)
        except FetchFailed as failure:
            asked.failed, asked.message, self.last_failure = failure.kind, str(failure), failure
            raise
        finally:
            asked.total_us = _since(began)

    def _note(self, asked: Asked, answer: Answer) -> None:
        heads = answer.heads()
        lines = heads.request.decode("utf-8", "replace").split("\r\n")[1:]
        for name, _, value in (line.partition(":") for line in lines if line):
            is_secret = name.lower() in self._secret
            asked.request_headers.append((name, HIDDEN if is_secret else value.strip()))
        asked.status, asked.protocol = answer.status, heads.protocol
        asked.headers = [
            (name, _without_value(value) if name in _SECRET_OF_ANSWERS else value)
            for name, value in answer.headers
        ]
        peer = answer.connection_info("peername")
        asked.peer = str(peer[0]) if peer else None
        asked.tls = self._tls(answer)

    def _tls(self, answer: Answer) -> TlsSeen | None:
        tls = answer.connection_info("ssl_object")
        if tls is None:
            return None
        ends, cipher = answer.certificate_ends, tls.cipher()
        return TlsSeen(
            version=tls.version(),
            cipher=cipher[0] if cipher else None,
            certificate_ends=None if ends is None else timestamp(ends),
            issuer=_issuer(answer.connection_info("peercert")),
            verified=self._is_verified,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._backend.close()


class _WatchedAnswer(Answer):
    """An answer whose bytes are counted as they are read."""

    __slots__ = ("_answer", "_asked")

    def __init__(self, answer: Answer, asked: Asked) -> None:
        self.status, self.headers = answer.status, answer.headers
        self.changes_cookie, self.connection_info = answer.changes_cookie, answer.connection_info
        self.is_outdated = getattr(answer, "is_outdated", bool)  # only there with a session
        self._answer, self._asked = answer, asked

    def heads(self) -> Heads:
        """What was said before the body."""
        return self._answer.heads()

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end. Raises FetchFailed."""
        piece = await self._answer.read()
        self._asked.bytes_received += len(piece)
        return piece


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1_000_000)


def _without_value(cookie: str) -> str:
    """A Set-Cookie header with its name and attributes alone."""
    pair, mark, attributes = cookie.partition(";")
    return f"{pair.partition('=')[0]}={HIDDEN}{mark}{attributes}"


def _issuer(certificate: Mapping[str, Any] | None) -> str | None:
    """Who has signed it: the organisation, else the common name."""
    named = {key: value for pairs in (certificate or {}).get("issuer", ()) for key, value in pairs}
    return named.get("organizationName") or named.get("commonName")
