"""The tests' own clock: hours pass in a moment, but never while a thread has something to do."""

import asyncio
import time

from tests.clock import virtual_clock


@virtual_clock
async def test_hours_pass_in_a_moment():
    loop, began = asyncio.get_running_loop(), time.monotonic()
    await asyncio.sleep(7_200)
    assert 7_200 <= loop.time() < 7_201
    assert time.monotonic() - began < 60


@virtual_clock
async def test_it_waits_for_a_thread_however_slow_the_machine_is():
    async with asyncio.timeout(10):
        await asyncio.to_thread(time.sleep, 0.1)
    assert asyncio.get_running_loop().time() < 1
