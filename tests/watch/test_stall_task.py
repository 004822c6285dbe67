import asyncio

import pytest

from crawler.trace.counters import Counters
from crawler.watch.stall_task import stall_task


class VirtualTime:
    """A clock that only its own sleep moves; each sleep lasts as long as asked, and then some."""

    def __init__(self, delays):
        self.now = 50.0
        self.delays = list(delays)

    def clock(self):
        return self.now

    async def sleep(self, seconds):
        if not self.delays:
            raise asyncio.CancelledError
        self.now += seconds + self.delays.pop(0)


@pytest.mark.parametrize(
    ("delays", "longest"), [([], 0.0), ([0.0, 0.0], 0.0), ([0.001, 0.3, 0.02], 0.3), ([-0.001], 0.0)]
)
async def test_the_longest_stall_is_kept(delays, longest):
    counters, virtual = Counters(), VirtualTime(delays)
    with pytest.raises(asyncio.CancelledError):
        await stall_task(counters, 0.05, virtual.clock, virtual.sleep)
    assert counters.longest_stall == pytest.approx(longest)


async def test_a_longer_stall_seen_before_stays():
    counters, virtual = Counters(longest_stall=1.5), VirtualTime([0.3])
    with pytest.raises(asyncio.CancelledError):
        await stall_task(counters, 0.05, virtual.clock, virtual.sleep)
    assert counters.longest_stall == 1.5


async def test_it_ends_when_it_is_cancelled():
    task = asyncio.create_task(stall_task(Counters()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
