"""Bodies over the wire: each coding, bombs, giants, spooled pages, and connections that live on."""

import asyncio
import gzip
import os
import zlib
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crawler.fetch import inflate
from crawler.model import record
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.scope import Scope
from crawler.trace.steps import Step
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig

MIB = 1024 * 1024
TEXT = os.urandom(50_000).hex().encode()


@asynccontextmanager
async def serving(tmp_path: Path, body: bytes, headers: str = "", **settings):
    async with (
        byte_server(by_target({"/": ok(body, headers)})) as served,
        rig(tmp_path, served.url, timeout=20, **settings) as fetching,
    ):
        yield served, fetching


CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "gzip, deflate": zlib.compress(gzip.compress(TEXT)),
}
if inflate.brotli is not None:
    CODED["br"] = inflate.brotli.compress(TEXT)
if inflate.zstd is not None:
    CODED["zstd"] = inflate.zstd.compress(TEXT)


@pytest.mark.parametrize("coding", CODED)
async def test_each_coding_arrives_decoded(tmp_path, coding):
    async with serving(tmp_path, CODED[coding], f"Content-Encoding: {coding}\r\n") as (served, fetching):
        page = await fetching.page(f"{served.url}/")
        assert (page.body, page.size, page.truncated) == (TEXT, len(TEXT), False)
        assert fetching.counters.bytes == len(TEXT)
        assert "Accept-Encoding: " + inflate.ACCEPT_ENCODING in served.heads[0]


@pytest.mark.parametrize("coding", [name for name in CODED if "," not in name])
async def test_a_cut_off_coding_is_an_error(tmp_path, coding):
    async with serving(tmp_path, CODED[coding][:-4], f"Content-Encoding: {coding}\r\n") as (served, fetching):
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind, line.status) == (Outcome.ERROR, Kind.ENCODING, 200)


async def test_a_bomb_is_cut_and_costs_its_connection_alone(tmp_path):
    bomb = gzip.compress(bytes(30 * MIB))
    async with serving(tmp_path, bomb, "Content-Encoding: gzip\r\n", max_body=100_000) as (served, fetching):
        for _ in range(2):
            page = await fetching.page(f"{served.url}/")
            assert (page.truncated, page.size, len(page.body)) == (True, 100_000, 100_000)


async def test_an_announced_giant_is_read_to_the_limit_only(tmp_path):
    async def giant(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with byte_server(giant) as served, rig(tmp_path, served.url, max_body=300_000) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert (page.truncated, page.size, page.body) == (True, 300_000, b"x" * 300_000)


async def test_a_spooled_page_names_its_file(tmp_path):
    async with serving(tmp_path, TEXT, spool_above=50_000) as (served, fetching):
        page = await fetching.page(f"{served.url}/")
        assert (page.body, page.size) == (b"", len(TEXT))
        assert page.body_path is not None
        assert Path(page.body_path).parent == tmp_path
        assert Path(page.body_path).read_bytes() == TEXT
        assert page.weight < 5_000


async def test_a_spooled_body_that_breaks_off_leaves_no_file(tmp_path):
    broken = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999999\r\n\r\n" + TEXT
    async with byte_server(broken) as served, rig(tmp_path, served.url, spool_above=50_000) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.FRAMING
        assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_fetch_leaves_no_file(tmp_path):
    async def stall(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999999\r\n\r\n" + TEXT)
        await asyncio.Event().wait()

    async with byte_server(stall) as served, rig(tmp_path, served.url, spool_above=1_000) as fetching:
        ticket = Ticket(id=7, url=f"{served.url}/", lane=1, depth=0)
        task = asyncio.ensure_future(fetching.fetcher.fetch(ticket, Step("fetch", "fetch-0")))
        while not await asyncio.to_thread(lambda: list(tmp_path.iterdir())):
            assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert list(tmp_path.iterdir()) == []


async def test_a_connection_is_used_again_after_a_body_nobody_wants(tmp_path, kept):
    site = {
        "/missing": ok(b"<p>no such page", status="404 Not Found"),
        "/moved": ok(b"<p>over there", "Location: /\r\n", status="301 Moved"),
        "/picture": ok(b"\x89PNG" * 100, "Content-Type: image/png\r\n"),
        "/": ok(),
    }

    async def head_first(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        head, gap, body = site[head.split(" ", 2)[1]].partition(b"\r\n\r\n")
        writer.write(head + gap)
        await writer.drain()
        await asyncio.sleep(0.01)  # so that the body is not there yet when the head is read
        writer.write(body)
        await writer.drain()

    async with byte_server(head_first) as served, rig(tmp_path, served.url) as fetching:
        for path in ("/missing", "/moved", "/picture"):
            assert isinstance((await fetching.fetch(served.url + path)).result, Finished)
        assert isinstance((await fetching.fetch(f"{served.url}/")).result, Page)
        assert (served.connections, len(served.heads)) == (1 if kept else 4, 4)


async def test_a_body_stays_in_the_pieces_that_came_and_small_chunks_do_not(tmp_path):
    """Joining is a copy, which is for the parser to make; but a chunk may hold a byte."""

    async def serve(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"a" * 30_000)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"b" * 30_000)

    async with byte_server(serve) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert len(page.pieces) > 1
        assert page.body == b"a" * 30_000 + b"b" * 30_000
    chunks = b"1\r\nx\r\n" * 3_000 + b"0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert len(page.pieces) < 100
        assert page.body == b"x" * 3_000


@pytest.mark.parametrize("coding", ["none", "UTF-8", "binary", "8bit", "identity, none"])
async def test_what_is_no_content_coding_changes_nothing(tmp_path, coding):
    answer = ok(b"<p>plain", f"Content-Encoding: {coding}\r\n")
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert page.body == b"<p>plain"
        job = ParseJob(scope=Scope(frozenset({served.url})), hash_seed=5)
        line = record.decode(Parser(job).parse(page).record)
        assert (line.outcome, line.kind) == (Outcome.OK, None)
        assert "Content-Encoding" in str(line.message)
