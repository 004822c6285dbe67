"""Reading one body: inflated, cut at the limit, moved to a file when long, and no file left behind."""

import asyncio
import gzip
import os
import zlib
from pathlib import Path

import pytest

from crawler.fetch import inflate
from crawler.fetch.backend import FetchFailed
from crawler.fetch.body import DRAIN_BYTES, Body, drain, read_body
from crawler.model.errors import CrawlFailed
from crawler.model.outcomes import Kind

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


def whole(body: Body) -> tuple[bytes, str | None, int, bool]:
    return b"".join(body.pieces), body.path, body.size, body.truncated


# -- reading ---------------------------------------------------------------------------------


async def test_long_pieces_stay_as_they_came():
    parts = TEXT[:30_000], TEXT[30_000:50_000]
    assert (await read_body(FakeAnswer(*parts), MIB, MIB, None)).pieces == parts


@pytest.mark.parametrize(("limit", "cut"), [(9, True), (10, False), (11, False)])
@pytest.mark.parametrize("parts", [[b"0123456789"], [b"0", b"12345678", b"9"], [b"01234", b"56789"]])
async def test_the_limit_counts_bytes_and_is_not_off_by_one(limit, cut, parts):
    body = await read_body(FakeAnswer(*parts), limit, MIB, None)
    assert whole(body) == (b"0123456789"[:limit], None, min(limit, 10), cut)


async def test_reading_stops_at_the_limit():
    answer = FakeAnswer(*[b"x" * 100] * 50)
    assert (await read_body(answer, 1_000, MIB, None)).truncated
    assert len(answer.left) == 39


async def test_the_limit_counts_decoded_bytes():
    body = await read_body(FakeAnswer(gzip.compress(TEXT), content_encoding="gzip"), 70_000, MIB, None)
    assert whole(body) == (TEXT[:70_000], None, 70_000, True)


async def test_a_body_of_drops_is_whole():
    drops = [bytes([n % 251]) for n in range(5_000)]
    body = await read_body(FakeAnswer(*drops), MIB, MIB, None)
    assert body.pieces == (b"".join(drops),)  # apart, each would weigh fifty bytes more


async def test_codings_in_several_headers_add_up():
    answer = FakeAnswer(gzip.compress(zlib.compress(TEXT)))
    answer.headers = (("content-encoding", "deflate"), ("content-encoding", "gzip"))
    assert whole(await read_body(answer, MIB, MIB, None))[0] == TEXT


async def test_compressed_data_that_gives_nothing_ends_at_a_bound():
    empty_blocks = b"\x00\x00\x00\xff\xff" * 20_000
    answer = FakeAnswer(b"\x78\x9c", *[empty_blocks] * 1_000, content_encoding="deflate")
    with pytest.raises(FetchFailed, match="far longer") as caught:
        await read_body(answer, 1_000_000, MIB, None)
    assert caught.value.kind is Kind.ENCODING


@pytest.mark.parametrize("piece", [100, 10**6])
async def test_a_long_coded_body_is_cut_in_whatever_pieces_it_comes(piece):
    sent = gzip.compress(TEXT)
    parts = [sent[at : at + piece] for at in range(0, len(sent), piece)]
    body = await read_body(FakeAnswer(*parts, content_encoding="gzip"), 1_000, MIB, None)
    assert whole(body) == (TEXT[:1_000], None, 1_000, True)


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
    assert body == ((), path, len(TEXT), False)
    assert Path(path).read_bytes() == TEXT


async def test_a_long_body_is_cut_in_its_file_too(tmp_path):
    path = str(tmp_path / "7.body")
    body = await read_body(FakeAnswer(*[TEXT[:9_000]] * 9), 50_000, 20_000, path)
    assert body == ((), path, 50_000, True)
    assert Path(path).stat().st_size == 50_000


async def test_a_body_of_exactly_the_threshold_stays_in_memory(tmp_path):
    body = await read_body(FakeAnswer(b"x" * 20_000), MIB, 20_000, str(tmp_path / "7.body"))
    assert whole(body) == (b"x" * 20_000, None, 20_000, False)


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
    # Would catch a drain that lets the failure out.
    await drain(FakeAnswer(b"x", FetchFailed(Kind.RESET, "gone")))
