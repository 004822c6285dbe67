"""Bodies over the wire: inflated, cut at the limit, kept in a file when long, and never left behind."""

import asyncio
import gzip
import os
import zlib
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crawler.fetch import inflate
from crawler.fetch.backend import FetchFailed
from crawler.fetch.body import DRAIN_BYTES, drain, read_body
from crawler.model.errors import CrawlFailed
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.trace.steps import Step
from tests.stations.fetch_servers import Served, by_target, byte_server, ok, rig

MIB = 1024 * 1024
TEXT = os.urandom(50_000).hex().encode()


class FakeAnswer:
    """An answer whose body comes in the parts given; an exception among them is raised."""

    status = 200

    def __init__(self, *parts: bytes | BaseException, **headers: str) -> None:
        self.headers = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.left = list(parts)

    def header(self, name: str) -> str | None:
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    async def read(self) -> bytes:
        part = self.left.pop(0) if self.left else b""
        if isinstance(part, BaseException):
            raise part
        return part


# -- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "cut"), [(9, True), (10, False), (11, False)])
@pytest.mark.parametrize("parts", [[b"0123456789"], [b"0", b"12345678", b"9"], [b"01234", b"56789"]])
async def test_the_limit_counts_bytes_and_is_not_off_by_one(limit, cut, parts):
    body = await read_body(FakeAnswer(*parts), limit, MIB, None)
    assert body == (b"0123456789"[:limit], None, min(limit, 10), cut)


async def test_reading_stops_at_the_limit():
    answer = FakeAnswer(*[b"x" * 100] * 50)
    assert (await read_body(answer, 1_000, MIB, None)).truncated
    assert len(answer.left) == 39


async def test_the_limit_counts_decoded_bytes():
    body = await read_body(FakeAnswer(gzip.compress(TEXT), content_encoding="gzip"), 70_000, MIB, None)
    assert body == (TEXT[:70_000], None, 70_000, True)


async def test_a_body_of_drops_is_whole():
    drops = [bytes([n % 251]) for n in range(5_000)]
    assert (await read_body(FakeAnswer(*drops), MIB, MIB, None)).data == b"".join(drops)


async def test_codings_in_several_headers_add_up():
    answer = FakeAnswer(gzip.compress(zlib.compress(TEXT)))
    answer.headers = (("content-encoding", "deflate"), ("content-encoding", "gzip"))
    assert (await read_body(answer, MIB, MIB, None)).data == TEXT


async def test_compressed_data_that_gives_nothing_ends_at_a_bound():
    empty_blocks = b"\x00\x00\x00\xff\xff" * 20_000
    answer = FakeAnswer(b"\x78\x9c", *[empty_blocks] * 1_000, content_encoding="deflate")
    with pytest.raises(FetchFailed, match="far longer") as caught:
        await read_body(answer, 1_000_000, MIB, None)
    assert caught.value.kind is Kind.ENCODING


async def test_a_bomb_leaves_the_loop_time_for_others():
    bomb = gzip.compress(bytes(30 * MIB))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(others())
    await asyncio.sleep(0)
    body = await read_body(FakeAnswer(bomb, content_encoding="gzip"), 20 * MIB, 64 * MIB, None)
    task.cancel()
    assert body.truncated
    assert body.size == 20 * MIB
    assert turns >= 20 * MIB // (4 * inflate.PIECE)


# -- spooling --------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", [None, "gzip"])
async def test_a_long_body_goes_to_a_file(tmp_path, coding):
    path = str(tmp_path / "7.body")
    sent = gzip.compress(TEXT) if coding else TEXT
    parts = [sent[at : at + 7_000] for at in range(0, len(sent), 7_000)]
    headers = {"content_encoding": coding} if coding else {}
    body = await read_body(FakeAnswer(*parts, **headers), MIB, 20_000, path)
    assert body == (b"", path, len(TEXT), False)
    assert Path(path).read_bytes() == TEXT


async def test_a_long_body_is_cut_in_its_file_too(tmp_path):
    path = str(tmp_path / "7.body")
    body = await read_body(FakeAnswer(*[TEXT[:9_000]] * 9), 50_000, 20_000, path)
    assert body == (b"", path, 50_000, True)
    assert Path(path).stat().st_size == 50_000


async def test_a_body_of_exactly_the_threshold_stays_in_memory(tmp_path):
    body = await read_body(FakeAnswer(b"x" * 20_000), MIB, 20_000, str(tmp_path / "7.body"))
    assert body == (b"x" * 20_000, None, 20_000, False)


@pytest.mark.parametrize(
    "failure", [FetchFailed(Kind.FRAMING, "cut"), asyncio.CancelledError(), ZeroDivisionError()]
)
async def test_a_failure_leaves_no_file(tmp_path, failure):
    answer = FakeAnswer(TEXT, TEXT, failure)
    with pytest.raises(type(failure)):
        await read_body(answer, MIB, 20_000, str(tmp_path / "7.body"))
    assert list(tmp_path.iterdir()) == []


async def test_a_cut_off_stream_leaves_no_file(tmp_path):
    answer = FakeAnswer(gzip.compress(TEXT)[:-9], content_encoding="gzip")
    with pytest.raises(FetchFailed, match=r"gzip stream was cut off"):
        await read_body(answer, MIB, 20_000, str(tmp_path / "7.body"))
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_written_fails_the_crawl_not_the_page(tmp_path):
    with pytest.raises(CrawlFailed, match="cannot be written"):
        await read_body(FakeAnswer(TEXT), MIB, 20_000, str(tmp_path / "gone" / "7.body"))


@pytest.mark.parametrize("moment", range(6))
async def test_cancelled_at_any_moment_it_leaves_no_file(tmp_path, moment):
    reading = asyncio.ensure_future(read_body(FakeAnswer(*[TEXT] * 4), MIB, 20_000, str(tmp_path / "7.body")))
    for _ in range(moment):
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert list(tmp_path.iterdir()) == []


# -- what nobody wants -----------------------------------------------------------------------


async def test_a_short_body_is_drained():
    answer = FakeAnswer(b"x" * 1_000, b"y" * 1_000)
    await drain(answer)
    assert answer.left == []


async def test_a_body_announced_as_long_is_not_even_begun():
    answer = FakeAnswer(b"x" * 1_000, content_length=str(DRAIN_BYTES + 1))
    await drain(answer)
    assert answer.left == [b"x" * 1_000]


async def test_a_body_that_turns_out_long_is_left():
    answer = FakeAnswer(*[b"x" * 10_000] * 100)
    await drain(answer)
    assert len(answer.left) == 100 - DRAIN_BYTES // 10_000 - 1


async def test_a_failure_while_draining_changes_nothing():
    await drain(FakeAnswer(b"x", FetchFailed(Kind.RESET, "gone")))


# -- over the wire ---------------------------------------------------------------------------


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


async def test_a_connection_is_used_again_after_a_body_nobody_wants(tmp_path):
    site = {
        "/missing": ok(b"<p>no such page", status="404 Not Found"),
        "/moved": ok(b"<p>over there", "Location: /\r\n", status="301 Moved"),
        "/picture": ok(b"\x89PNG" * 100, "Content-Type: image/png\r\n"),
        "/": ok(),
    }
    async with byte_server(by_target(site)) as served, rig(tmp_path, served.url) as fetching:
        for path in ("/missing", "/moved", "/picture"):
            assert isinstance((await fetching.fetch(served.url + path)).result, Finished)
        assert isinstance((await fetching.fetch(f"{served.url}/")).result, Page)
        assert (served.connections, len(served.heads)) == (1, 4)
