"""The block of one GET: whatever happens in it, its time-out ends with it."""

import asyncio

import pytest

from crawler.fetch.backend import Answer, Exchange, FetchFailed
from crawler.fetch.deadlines import Deadlines
from crawler.model.outcomes import Kind
from tests.clock import virtual_clock


class Hello(Answer):
    """An answer without a body."""

    status, headers = 200, ()

    async def read(self) -> bytes:
        return b""


class Slow(Exchange):
    """It takes so many seconds to begin, and to end."""

    def __init__(self, begin: float = 0.0, end: float = 0.0) -> None:
        super().__init__(Deadlines(5))
        self.begin, self.end = begin, end
        self.ended: list[bool] = []

    async def _begin(self) -> Answer:
        await asyncio.sleep(self.begin)
        return Hello()

    async def _end(self, whole: bool, /) -> None:
        self.ended.append(whole)
        await asyncio.sleep(self.end)


@pytest.mark.parametrize(("begin", "inside", "end"), [(9, 0, 0), (0, 9, 0), (0, 0, 9)])
@virtual_clock
async def test_the_time_out_is_around_all_of_it(begin, inside, end):
    exchange = Slow(begin, end)
    with pytest.raises(FetchFailed, match="the time-out of 5 s was over") as failed:
        async with exchange:
            await asyncio.sleep(inside)
    assert failed.value.kind is Kind.TIMEOUT
    assert exchange.ended == [end > 0]
    await asyncio.sleep(20)  # nothing of it is left that could strike now


@virtual_clock
async def test_cancelled_while_it_ends_it_leaves_no_time_out_behind():
    async def use() -> None:
        try:
            async with Slow(end=9):
                pass
        except asyncio.CancelledError:
            await asyncio.sleep(20)

    task = asyncio.create_task(use())
    await asyncio.sleep(2)
    task.cancel()
    await task  # a time-out that struck during the 20 s would raise here


@virtual_clock
async def test_what_the_block_raises_goes_on():
    exchange = Slow()
    with pytest.raises(KeyError):
        async with exchange:
            raise KeyError
    assert exchange.ended == [False]
