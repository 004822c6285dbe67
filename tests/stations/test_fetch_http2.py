"""The second backend against a real HTTP/2 server with TLS, whose certificate must be the right one."""

import asyncio
import importlib.util
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.config import Config
from crawler.fetch.archiving import ArchivingBackend, ArchivingFetcher
from crawler.fetch.attempt import Attempt, Fetched
from crawler.fetch.backend import FetchFailed
from crawler.fetch.body import drain, read_body
from crawler.model.messages import Finished, HostFeedback, Ticket
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations.fetch_servers import byte_server, ok

for package in ("httpx", "h2", "hypercorn", "trustme"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"not installed: {package}", allow_module_level=True)

import trustme  # noqa: E402
from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config as ServerConfig  # noqa: E402

from crawler.fetch.httpx_backend import HttpxBackend  # noqa: E402
from crawler.fetch.httpx_connection import MAX_RESETS  # noqa: E402

PICTURE = 400_000
"""Bytes: more than is drained, so that its stream is left before its end."""


@dataclass
class Paper:
    """A certificate for site.test with its key, and a context that trusts who made it."""

    file: Path
    trusting: ssl.SSLContext
    ends: float


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Paper:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    ends = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    leaf = authority.issue_cert("site.test", "127.0.0.1", not_after=ends)
    leaf.private_key_and_cert_chain_pem.write_to_path(path)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Paper(path, context, ends.timestamp())


@dataclass
class Site:
    """What the server saw."""

    port: int
    scopes: list[dict[str, Any]] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """The stream of /endless was reset."""

    @property
    def connections(self) -> set[tuple[str, int]]:
        return {scope["client"] for scope in self.scopes}

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.scopes.append(scope)
        if scope["path"] == "/never":
            await asyncio.Event().wait()
        is_picture = scope["path"] in ("/picture", "/endless")
        size, media = (PICTURE, b"image/png") if is_picture else (8, b"text/html")
        headers = [
            (b"content-type", media),
            (b"content-length", b"%d" % size),
            (b"x-a", b"1"),
            (b"x-a", b"2"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"] == "/endless":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.set()
            return
        await send({"type": "http.response.body", "body": b"<p>hello" * (size // 8)})


@asynccontextmanager
async def serving(paper: Paper, **options: Any) -> AsyncIterator[Site]:
    plug = socket.socket()
    plug.bind(("127.0.0.1", 0))
    plug.listen()  # so that nobody comes too early
    site = Site(plug.getsockname()[1])
    settings = ServerConfig()
    settings.bind = [f"fd://{plug.detach()}"]
    settings.certfile = settings.keyfile = str(paper.file)
    settings.graceful_timeout = 0.1
    settings.errorlog = logging.getLogger("tests.http2")
    for name, value in options.items():
        setattr(settings, name, value)
    stop = asyncio.Event()
    server = asyncio.ensure_future(serve(site.answer, settings, shutdown_trigger=stop.wait))  # type: ignore[arg-type]
    try:
        yield site
    finally:
        stop.set()
        await server


@asynccontextmanager
async def asking(
    paper: Paper, port: int, *, trusted: bool = True, **fetch: Any
) -> AsyncIterator[tuple[HttpxBackend, Counters]]:
    async def look_up(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    counters = Counters()
    origins = frozenset({f"https://site.test:{port}"} if trusted else ())
    backend = HttpxBackend(Config(fetch=fetch), origins, counters, paper.trusting, look_up)
    try:
        yield backend, counters
    finally:
        await backend.close()


async def page(backend: HttpxBackend, url: str) -> bytes:
    async with backend.get(url) as answer:
        assert answer.status == 200
        assert answer.values("x-a") == ["1", "2"]
        return b"".join((await read_body(answer, 10**6, 10**6, None)).pieces)


async def test_a_page_comes_over_http2(paper):
    async with serving(paper) as site, asking(paper, site.port) as (backend, counters):
        assert await page(backend, f"https://site.test:{site.port}/a%2Fb?c=%zz|d") == b"<p>hello"
        (scope,) = site.scopes
        assert (scope["http_version"], scope["scheme"]) == ("2", "https")
        assert (scope["raw_path"], scope["query_string"]) == (b"/a%2Fb", b"c=%zz|d")
        headers = dict(scope["headers"])
        assert headers[b"host"] == f"site.test:{site.port}".encode()
        assert headers[b"user-agent"].startswith(b"crawler/")
        assert b"cookie" not in headers
        assert (counters.requests, dict(counters.statuses)) == (1, {200: 1})
        async with backend.get(f"https://site.test:{site.port}/") as answer:
            assert answer.certificate_ends == paper.ends


async def test_http2_is_archived_as_http1_would_have_said_it(paper, tmp_path):
    async with serving(paper) as site, asking(paper, site.port) as (backend, _):
        url = f"https://site.test:{site.port}/a?b"
        keeping = ArchivingBackend(backend, Config(), tmp_path)

        class Reader:
            async def fetch(self, ticket: Ticket, _step: Step) -> Fetched:
                async with keeping.get(ticket.url, {"Cookie": "a=1", "X-Mine": "1"}) as answer:
                    await drain(answer)
                return Fetched(Attempt(ticket).finished(None, None), HostFeedback())

        ticket = Ticket(1, url, 1, 0)
        result = (await ArchivingFetcher(Reader()).fetch(ticket, Step("fetch", "fetch-0"))).result
        assert isinstance(result, Finished)
        (exchange,) = result.exchanges
    first, host, *fields = exchange.request.decode().split("\r\n")
    assert (first, host) == ("GET /a?b HTTP/1.1", f"host: site.test:{site.port}")
    names = [line.partition(": ")[0] for line in fields]
    assert names == ["user-agent", "accept", "accept-encoding", "x-mine", "", ""]
    assert (b"cookie", b"a=1") in site.scopes[0]["headers"]
    start = b"HTTP/1.1 200 \r\ncontent-type: text/html\r\ncontent-length: 8\r\nx-a: 1\r\nx-a: 2\r\n"
    assert exchange.head.startswith(start)
    assert exchange.head.endswith(b"\r\n\r\n")
    assert (exchange.protocol, exchange.address) == ("HTTP/2", "127.0.0.1")
    assert (exchange.payload, exchange.cut) == ((b"<p>hello",), None)


async def test_many_requests_share_one_connection(paper):
    async with serving(paper) as site, asking(paper, site.port) as (backend, counters):
        url = f"https://site.test:{site.port}/"
        assert await asyncio.gather(*(page(backend, url) for _ in range(40))) == [b"<p>hello"] * 40
        assert len(site.connections) == 1
        assert counters.requests == 40


async def test_answers_that_are_left_before_their_end_do_not_wear_connections_out(paper):
    """More of them than streams may be open, and than bytes fit into the window of a connection."""
    assert PICTURE * 130 > 2 * 2**24
    async with serving(paper) as site, asking(paper, site.port, timeout=20) as (backend, _):
        url = f"https://site.test:{site.port}/"
        for _ in range(13):
            await asyncio.gather(*(unwanted(backend, f"{url}picture") for _ in range(10)))
            assert await page(backend, url) == b"<p>hello"
        assert len(site.connections) <= 5


async def test_an_answer_that_is_left_before_its_end_is_reset_and_costs_no_connection(paper):
    async with serving(paper) as site, asking(paper, site.port, timeout=20) as (backend, _):
        url = f"https://site.test:{site.port}/"
        async with backend.get(f"{url}picture") as other:
            await unwanted(backend, f"{url}picture")
            assert await page(backend, url) == b"<p>hello"
            body = await read_body(other, 10**6, 10**6, None)
        assert body.size == PICTURE
        assert len(site.connections) == 1


async def test_the_server_is_told_to_send_no_more_of_an_answer_that_is_left(paper):
    async with serving(paper) as site, asking(paper, site.port, timeout=20) as (backend, _):
        url = f"https://site.test:{site.port}/"
        await unwanted(backend, f"{url}endless")  # declared as long
        async with asyncio.timeout(5):
            await site.left.wait()
        assert await page(backend, url) == b"<p>hello"
        assert len(site.connections) == 1


async def test_a_connection_on_which_many_answers_were_left_is_not_used_again(paper):
    async with serving(paper) as site, asking(paper, site.port, timeout=20) as (backend, _):
        url = f"https://site.test:{site.port}/"
        for _ in range(MAX_RESETS):
            await unwanted(backend, f"{url}picture")
        assert await page(backend, url) == b"<p>hello"
        assert len(site.connections) == 1
        await unwanted(backend, f"{url}picture")
        assert await page(backend, url) == b"<p>hello"
        assert len(site.connections) == 2


async def unwanted(backend: HttpxBackend, url: str) -> None:
    async with backend.get(url) as answer:
        await drain(answer)


async def test_answers_that_never_come_do_not_wear_connections_out(paper):
    async with serving(paper) as site, asking(paper, site.port, timeout=0.5) as (backend, _):
        url = f"https://site.test:{site.port}/"
        assert await page(backend, url) == b"<p>hello"
        for _ in range(2):
            failures = await asyncio.gather(
                *(page(backend, f"{url}never") for _ in range(60)), return_exceptions=True
            )
            assert {getattr(failed, "kind", failed) for failed in failures} == {Kind.TIMEOUT}
        assert await page(backend, url) == b"<p>hello"
        assert len(site.connections) == 3  # each time they cost the one that they shared


async def test_a_server_that_says_goodbye_is_asked_on_a_new_connection(paper):
    async with (
        serving(paper, keep_alive_max_requests=3) as site,
        asking(paper, site.port, timeout=20) as (backend, _),
    ):
        for _ in range(12):
            assert await page(backend, f"https://site.test:{site.port}/") == b"<p>hello"
        assert len(site.connections) > 2


async def test_a_certificate_for_another_name_is_refused(paper):
    async with (
        serving(paper) as site,
        asking(paper, site.port, allow_addresses=["127.0.0.1"]) as (backend, counters),
    ):
        with pytest.raises(FetchFailed) as caught:
            await page(backend, f"https://other.test:{site.port}/")
        assert caught.value.kind is Kind.TLS
        assert "certificate is not valid" in str(caught.value)
        assert (site.scopes, counters.requests) == ([], 0)


async def test_the_address_is_checked_under_http2_too(paper):
    async with serving(paper) as site, asking(paper, site.port, trusted=False) as (backend, _):
        for host in ("site.test", "127.0.0.1"):
            with pytest.raises(FetchFailed) as caught:
                await page(backend, f"https://{host}:{site.port}/")
            assert caught.value.kind is Kind.FORBIDDEN_ADDRESS
        assert site.scopes == []


async def test_a_server_that_does_not_know_http2_is_asked_in_http1(paper):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(paper.file)
    async with byte_server(ok(headers="X-A: 1\r\nX-A: 2\r\n"), ssl=context) as served:
        port = int(served.url.rpartition(":")[2])
        async with asking(paper, port) as (backend, _):
            assert await page(backend, f"https://site.test:{port}/") == b"<p>hello"
        assert served.heads[0].startswith("GET / HTTP/1.1\r\n")
