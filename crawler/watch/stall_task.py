"""How long the event loop was blocked at most: the one number that shows blocking code.

Runs as: one coroutine in the main loop. Stops when: cancelled. Fails as: it does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from crawler.trace.counters import Counters

INTERVAL = 0.05
"""Seconds between two looks."""


async def stall_task(
    counters: Counters,
    interval: float = INTERVAL,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Keep the longest stall seen so far, in seconds, in ``counters.longest_stall``.

    It sleeps for ``interval`` seconds again and again and looks how late it wakes. A stall that
    begins in the middle of a sleep is seen only from the moment at which the sleep should have
    ended, so the true stall is longer than what is reported by less than ``interval``.
    """
    while True:
        due = clock() + interval
        await sleep(interval)
        late = clock() - due
        if late > counters.longest_stall:
            counters.longest_stall = late
