"""One step each of ``lost-update``: the ways to add one to a number, the wrong ones among them."""

import asyncio
import threading
import time

WAIT = 0.0001
"""Seconds between reading and writing, where something is waited for: a disk, a server."""


class Counter:
    """A number that several change, and a lock of each kind for those who want one."""

    def __init__(self) -> None:
        self.value = 0
        self.lock = threading.Lock()
        self.async_lock = asyncio.Lock()


def one() -> int:
    """What is added; to call it takes a moment."""
    return 1


async def one_awaited() -> int:
    """The same; to have it, one has to wait."""
    await asyncio.sleep(0)
    return 1


def add(counter: Counter) -> None:
    """One statement, and three steps: read, add, write."""
    counter.value += 1


def add_called(counter: Counter) -> None:
    """The counter is read first, then ``one`` is called, then the sum of both is written."""
    counter.value += one()


def add_over_a_wait(counter: Counter) -> None:
    """The same, slowly."""
    read = counter.value
    time.sleep(WAIT)
    counter.value = read + 1


def add_locked(counter: Counter) -> None:
    """Right: nobody reads while another one is between reading and writing."""
    with counter.lock:
        add_over_a_wait(counter)


async def add_alone(counter: Counter) -> None:
    """Right: no ``await`` between reading and writing, so no other coroutine runs there."""
    counter.value += 1
    await asyncio.sleep(0)


async def add_awaited(counter: Counter) -> None:
    """It looks like one step: the counter is read before the wait, and written after it."""
    counter.value += await one_awaited()


async def add_over_an_await(counter: Counter) -> None:
    """The same, spelt out."""
    read = counter.value
    await asyncio.sleep(0)
    counter.value = read + 1


async def add_locked_awaiting(counter: Counter) -> None:
    """Right: asyncio's lock is held over the wait; a thread's would stop the whole loop."""
    async with counter.async_lock:
        await add_over_an_await(counter)
