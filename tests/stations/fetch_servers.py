"""Loopback servers that misbehave byte by byte, and the fetch room set up to talk to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.fetch.aiohttp_backend import AiohttpBackend
from crawler.fetch.archiving import ArchivingBackend, ArchivingFetcher
from crawler.fetch.attempt import Deferred, Fetched, Fetches
from crawler.fetch.backend import Backend
from crawler.fetch.external_fetcher import ExternalFetcher
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.lookup_thread import LookUp, system_addresses
from crawler.fetch.robots_cache import RobotsCache
from crawler.fetch.session import Session, SessionBackend
from crawler.fetch.tls import tls_context
from crawler.model import record
from crawler.model.messages import Finished, Page, Ticket
from crawler.rules import urls
from crawler.rules.scope import Scope, Scopes
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations.no_frontier import NoFrontier

Answer = Callable[["Served", str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    """What a server has seen so far."""

    url: str = ""
    """``http://127.0.0.1:port``."""
    heads: list[str] = field(default_factory=list)
    """Request heads, in order."""
    connections: int = 0

    @property
    def targets(self) -> list[str]:
        """Request targets, in order."""
        return [head.split(" ", 2)[1] for head in self.heads]


@asynccontextmanager
async def byte_server(answer: Answer | bytes, **options: Any) -> AsyncIterator[Served]:
    """Answers each request by ``answer(served, head, writer)``, or always with the same bytes and a close."""
    served = Served()
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                served.heads.append(head)
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                    break
                await answer(served, head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(talk(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, **options)
    scheme = "https" if "ssl" in options else "http"
    served.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def ok(body: bytes = b"<p>hello", headers: str = "", status: str = "200 OK") -> bytes:
    """A well-formed answer."""
    content_type = "" if "content-type" in headers.lower() else "Content-Type: text/html\r\n"
    return f"HTTP/1.1 {status}\r\n{content_type}Content-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def robots_in_turn(*answers: bytes) -> Answer:
    """robots.txt is answered with one after the other, every page with an empty 200."""
    left = list(answers)

    async def answer(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if " /robots.txt " in head else ok())
        await writer.drain()

    return answer


def by_target(answers: dict[str, bytes]) -> Answer:
    """Answers by request target over kept-alive connections; 404 for others."""

    async def answer(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.get(head.split(" ", 2)[1], ok(b"", status="404 Not Found")))
        await writer.drain()

    return answer


def always(answer: bytes) -> Answer:
    """The same answer to everything, over kept-alive connections."""

    async def send(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return send


def new_backend(
    config: Config, origins: frozenset[str], counters: Counters, look_up: LookUp = system_addresses
) -> Backend:
    """The chosen one, which looks names up in this way."""
    if chosen == "httpx":
        from crawler.fetch.httpx_backend import HttpxBackend

        return HttpxBackend(config, origins, counters, tls_context(config), look_up)
    return AiohttpBackend(config, origins, counters, tls_context(config), look_up)


HASH_SEED = 11
"""The crawl's, for fingerprints of external links."""

chosen = "aiohttp"
"""The backend of the rigs made from now on; conftest.py sets it."""


def scopes_of(pages: Scope, sitemaps: Scope | None = None, *, asks_external: bool = False) -> Scopes:
    """Those of a crawl whose sitemaps lie where its pages do, if nothing else is said."""
    return Scopes.around(pages, sitemaps or pages, asks_external=asks_external)


@dataclass
class Rig:
    """The fetch room, ready to fetch."""

    config: Config
    counters: Counters
    backend: Backend
    robots: RobotsCache
    fetcher: Fetches
    spool: Path

    async def fetch(self, url: str, **ticket: Any) -> Fetched:
        """What becomes of ``url``, asked again where its first turn went to robots.txt."""
        exchange = await self.fetch_once(url, **ticket)
        if isinstance(exchange.result, Deferred):
            return await self.fetch_once(url, **ticket)
        return exchange

    async def fetch_once(self, url: str, **ticket: Any) -> Fetched:
        return await self.fetcher.fetch(
            Ticket(id=7, url=url, lane=1, depth=2, **ticket), Step("fetch", "fetch-0")
        )

    async def page(self, url: str, **ticket: Any) -> Page:
        """The page at ``url``, which must be one."""
        result = (await self.fetch(url, **ticket)).result
        assert isinstance(result, Page), result
        return result

    async def ended(self, url: str, **ticket: Any) -> record.Record:
        """The record with which ``url`` ends without being parsed."""
        result = (await self.fetch(url, **ticket)).result
        assert isinstance(result, Finished), result
        line = record.decode(result.record)
        assert (line.outcome, line.kind) == (result.outcome, result.kind)
        return line


@asynccontextmanager
async def rig(
    spool: Path,
    *trusted: str,
    obey: bool = False,
    look_up: LookUp = system_addresses,
    scope: Scope | None = None,
    now: Callable[[], float] | None = None,
    frontier: NoFrontier | None = None,
    session: dict[str, Any] | None = None,
    check: dict[str, Any] | None = None,
    logins: dict[str, str] | None = None,
    sinks: Sequence[str] = (),
    archives: bool = False,
    **fetch: Any,
) -> AsyncIterator[Rig]:
    """A fetcher whose seeds are at the ``trusted`` origins; other keywords are settings of fetch.

    ``archives``: it keeps what is said on the wire.
    """
    seeds = [url for url in trusted if session or check]
    config = Config(
        seeds=seeds,
        fetch={"retries": 0, **fetch},
        robots={"obey": obey},
        session=session or {},
        check=check or {},
        write={"sinks": sinks},
    )
    counters = Counters()
    origins = frozenset(urls.origin(url) for url in trusted)
    backend = new_backend(config, origins, counters, look_up)
    if session or logins:
        backend = SessionBackend(backend, Session(config, logins or {}))
    frontier = frontier or NoFrontier()
    scopes = scopes_of(scope or Scope(origins), asks_external=config.check.external)
    robots = RobotsCache(backend, config, scopes, frontier, **({} if now is None else {"now": now}))
    asked = ArchivingBackend(backend, config, spool) if archives else backend
    fetcher: Fetches = Fetcher(config, scopes, asked, robots, frontier, spool, counters, chance=lambda: 0.5)
    if archives:
        fetcher = ArchivingFetcher(fetcher)
    closing = [backend.close]
    if config.check.external:
        fetcher = external = ExternalFetcher(fetcher, config, scopes, backend, HASH_SEED)
        closing.append(external.close)
    try:
        yield Rig(config, counters, backend, robots, fetcher, spool)
    finally:
        for close in closing:
            await close()


FORBID = b"User-agent: *\nDisallow: /private\nCrawl-delay: 2\n"


class Clock:
    """Monotonic seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def robots_site(tmp_path: Path, robots: bytes, **settings: Any) -> AsyncIterator[tuple[Served, Rig]]:
    """A site whose robots.txt is answered with these bytes, and a fetcher that obeys."""
    pages = {"/robots.txt": robots, "/": ok(), "/private": ok()}
    async with (
        byte_server(by_target(pages)) as served,
        rig(tmp_path, served.url, obey=True, timeout=20, **settings) as fetching,
    ):
        yield served, fetching
