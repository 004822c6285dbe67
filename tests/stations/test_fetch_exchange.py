"""The block of one GET: its time-outs strike as such, and whatever happens in it, they end with it."""

import asyncio

import pytest

from crawler.fetch.backend import FetchFailed
from crawler.model.outcomes import Kind
from tests.stations.fetch_servers import Served, always, byte_server, ok, rig


async def silence(_served: Served, _head: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("where", ["before the answer", "in the block"])
async def test_the_total_time_out_is_around_all_of_it(tmp_path, where):
    answer = silence if where == "before the answer" else always(ok())
    async with byte_server(answer) as served, rig(tmp_path, served.url, timeout=0.3) as fetching:
        with pytest.raises(FetchFailed, match=r"the time-out of 0.3 s was over") as failed:
            async with fetching.backend.get(f"{served.url}/"):
                await asyncio.sleep(60)
        assert failed.value.kind is Kind.TIMEOUT
        await asyncio.sleep(0.4)  # nothing of it is left that could strike now


async def test_each_has_its_own_time(tmp_path):
    async def fetch(number: int) -> str:
        await asyncio.sleep(0.02 * number)
        try:
            async with fetching.backend.get(f"{served.url}/{number}"):
                return "answered"
        except FetchFailed as failed:
            return str(failed.kind)

    async def every_third(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if int(head.split()[1][1:]) % 3 == 0:
            await silence(served, head, writer)
        writer.write(ok())

    async with byte_server(every_third) as served, rig(tmp_path, served.url, timeout=0.5) as fetching:
        ends = await asyncio.gather(*(fetch(number) for number in range(12)))
    assert ends == ["timeout", "answered", "answered"] * 4


async def test_a_cancellation_is_no_time_out_and_leaves_none_behind(tmp_path):
    entered = asyncio.Event()

    async def use() -> None:
        try:
            async with fetching.backend.get(f"{served.url}/"):
                entered.set()
                await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.8)  # a time-out that struck now would raise here
            raise

    async with byte_server(always(ok())) as served, rig(tmp_path, served.url, timeout=0.5) as fetching:
        task = asyncio.create_task(use())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("error", [KeyError, TimeoutError])
async def test_what_the_block_raises_goes_on_and_costs_the_connection(tmp_path, error):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        with pytest.raises(error):
            async with fetching.backend.get(f"{served.url}/"):
                raise error
        await fetching.page(f"{served.url}/")
        assert served.connections == 2


async def test_silence_after_an_interim_answer_is_silence(tmp_path):
    async def hint(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await asyncio.sleep(60)

    async with byte_server(hint) as served, rig(tmp_path, served.url, read_timeout=0.3) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.TIMEOUT
        assert "fetch.read_timeout" in str(line.message)


@pytest.mark.parametrize("size", [8, 4_000_000])
async def test_it_is_not_the_server_s_silence_while_nobody_reads(tmp_path, size):
    """All of the answer has come, or reading was paused because nobody takes what has."""
    async with (
        byte_server(always(ok(b"x" * size))) as served,
        rig(tmp_path, served.url, read_timeout=0.2) as fetching,
        fetching.backend.get(f"{served.url}/") as answer,
    ):
        await asyncio.sleep(0.5)
        read = 0
        while piece := await answer.read():
            read += len(piece)
        assert read == size
