"""Bytes that follow an answer: never the next answer, and never half a page taken for a whole one."""

import asyncio

import pytest

from crawler.model.outcomes import Kind
from tests.stations.fetch_servers import Served, byte_server, ok, rig


async def test_what_follows_an_answer_is_never_the_next_one(tmp_path):
    """A kept connection would give the smuggled answer to whoever asks next."""
    whole = ok(b"first") + ok(b"smuggled")

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(whole if " /first " in head else ok(b"second"))
        await writer.drain()

    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.page(f"{served.url}/first")).body == b"first"
        assert (await fetching.page(f"{served.url}/second")).body == b"second"
        assert served.connections == 2


@pytest.mark.parametrize(
    "answer",
    [ok(b"0123456789").replace(b"Length: 10", b"Length: 5"), b"HTTP/1.1 204 Nothing\r\n\r\n<p>but something"],
)
async def test_a_page_that_is_longer_than_it_says_is_not_whole(tmp_path, answer):
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.ended(f"{served.url}/")).kind is Kind.FRAMING


async def test_an_unknown_version_is_no_http(tmp_path):
    answer = ok().replace(b"HTTP/1.1", b"HTTP/9.9")
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.ended(f"{served.url}/")).kind is Kind.FRAMING


@pytest.mark.parametrize("cut", range(1, 5))
async def test_a_longer_page_is_found_out_however_its_head_is_cut(tmp_path, cut):
    head, gap, body = ok(b"0123456789").replace(b"Length: 10", b"Length: 5").partition(b"\r\n\r\n")
    whole = head + gap + body

    async def in_two(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(whole[: len(head) + cut - 1])
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(whole[len(head) + cut - 1 :])
        await writer.drain()

    async with byte_server(in_two) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.ended(f"{served.url}/")).kind is Kind.FRAMING
