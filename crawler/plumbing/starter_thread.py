"""Blocking calls that must be brought to their end: starting and stopping children.

Runs as: threads of the loop's default executor. ``asyncio.to_thread`` alone is not enough here:
cancelled, it forgets its thread, and a child that this thread has just started would be nobody's.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def off_loop(call: Callable[[], T]) -> T:
    """Run ``call`` in a thread; when cancelled, wait for its end first, then be cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        running.exception()  # seen, so that nobody reports it: the cancellation is what counts now
        raise
