"""A connection of HTTP/2 that ends under a request is no failure of the page: it is asked for once more."""

import asyncio
import importlib.util
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from crawler.config import Config
from crawler.fetch.backend import FetchFailed
from crawler.fetch.body import read_body
from crawler.model.outcomes import Kind
from crawler.trace.counters import Counters

for package in ("httpx", "h2", "trustme"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"not installed: {package}", allow_module_level=True)

import h2.config  # noqa: E402
import h2.connection  # noqa: E402
import h2.errors  # noqa: E402
import h2.events  # noqa: E402
import trustme  # noqa: E402

from crawler.fetch.httpx_backend import HttpxBackend  # noqa: E402


@dataclass
class Served:
    """What the server saw, and how it ends the requests of a connection: by its number, from 1."""

    ends: Callable[[int, int], str]
    """By connection and request of it; the words are those of :meth:`Talk.end`."""
    port: int = 0
    connections: int = 0
    requests: list[int] = field(default_factory=list)
    """The connection of each."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """Of each answer, beside the usual ones."""


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.served.connections += 1
        self.number = self.served.connections
        self.h2.initiate_connection()
        self.transport.write(self.h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self.served.requests.append(self.number)
                self.end(self.served.requests.count(self.number), event.stream_id)
        self.transport.write(self.h2.data_to_send())

    def end(self, nth: int, stream: int) -> None:
        how = self.served.ends(self.number, nth)
        codes = h2.errors.ErrorCodes
        if how == "answer":
            usual = [(":status", "200"), ("content-type", "text/html")]
            self.h2.send_headers(stream, [*usual, *self.served.headers])
            self.h2.send_data(stream, b"<p>hello", end_stream=True)
        elif how == "refuse":
            self.h2.reset_stream(stream, codes.REFUSED_STREAM)
        elif how == "error":
            self.h2.reset_stream(stream, codes.INTERNAL_ERROR)
        elif how == "goodbye":
            self.h2.close_connection(codes.NO_ERROR, last_stream_id=stream - 2 if stream > 1 else 0)
        elif how == "goodbye to all":
            self.h2.close_connection(codes.NO_ERROR, last_stream_id=stream)
        elif how == "calm":
            self.h2.close_connection(codes.ENHANCE_YOUR_CALM)
        self.transport.write(self.h2.data_to_send())
        if how not in ("answer", "refuse", "error"):
            self.transport.close()


@asynccontextmanager
async def serving(ends: Callable[[int, int], str]) -> AsyncIterator[tuple[Served, HttpxBackend, Counters]]:
    async def look_up(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    authority, served = trustme.CA(), Served(ends)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("site.test").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Talk(served), "127.0.0.1", 0, ssl=context)
    served.port = server.sockets[0].getsockname()[1]
    counters = Counters()
    origins = frozenset({f"https://site.test:{served.port}"})
    backend = HttpxBackend(Config(fetch={"timeout": 10}), origins, counters, trusting, look_up)
    try:
        yield served, backend, counters
    finally:
        await backend.close()
        server.close()


async def page(backend: HttpxBackend, port: int) -> bytes:
    async with backend.get(f"https://site.test:{port}/") as answer:
        assert answer.status == 200
        return b"".join((await read_body(answer, 10**6, 10**6, None)).pieces)


@pytest.mark.parametrize("how", ["refuse", "goodbye", "goodbye to all", "close"])
async def test_it_is_asked_again_on_a_new_connection(how):
    """The second request of the first connection ends so, after the first was answered."""
    async with serving(lambda number, nth: how if (number, nth) == (1, 2) else "answer") as site:
        served, backend, counters = site
        for _ in range(4):
            assert await page(backend, served.port) == b"<p>hello"
        assert served.requests == [1, 1, 2, 2, 2]
        assert counters.requests == 5


@pytest.mark.parametrize("how", ["refuse", "goodbye"])
async def test_a_new_connection_may_be_ended_so_once(how):
    async with serving(lambda number, _: how if number == 1 else "answer") as (served, backend, _):
        assert await page(backend, served.port) == b"<p>hello"
        assert served.requests == [1, 2]


@pytest.mark.parametrize("how", ["refuse", "goodbye", "close"])
async def test_it_is_not_asked_for_ever(how):
    async with serving(lambda number, nth: "answer" if (number, nth) == (1, 1) else how) as site:
        served, backend, _ = site
        await page(backend, served.port)
        with pytest.raises(FetchFailed) as failed:
            await page(backend, served.port)
        assert failed.value.kind is Kind.RESET
        # A goodbye that names the last request it answered is for free: it tells that this one was not.
        assert served.requests == ([1, 1, 2, 3] if how == "goodbye" else [1, 1, 2])


@pytest.mark.parametrize("how", ["error", "calm"])
async def test_what_the_server_holds_against_the_request_is_a_failure(how):
    async with serving(lambda _number, nth: how if nth == 2 else "answer") as (served, backend, _):
        await page(backend, served.port)
        with pytest.raises(FetchFailed) as failed:
            await page(backend, served.port)
        assert failed.value.kind is Kind.RESET
        assert served.requests == [1, 1]


@pytest.mark.parametrize(
    "headers", [[("x-long", "a" * 60_000)], [("x-many", "1")] * 131, [("x-many", "1")] * 990]
)
async def test_long_heads_are_read(headers):
    async with serving(lambda _, __: "answer") as (served, backend, _):
        served.headers = headers
        assert await page(backend, served.port) == b"<p>hello"


@pytest.mark.parametrize("headers", [[("x-long", "a" * 66_000)], [("x-many", "1")] * 1_001])
async def test_longer_heads_are_refused(headers):
    async with serving(lambda _, __: "answer") as (served, backend, _):
        served.headers = headers
        with pytest.raises(FetchFailed) as failed:
            await page(backend, served.port)
        assert (failed.value.kind, failed.value.retryable) == (Kind.FRAMING, False)
