"""An asyncio queue that is bounded in bytes and can be closed.

``asyncio.Queue`` counts items; a crawler's items weigh from one kilobyte to ten megabytes, so a
bound in items bounds nothing. Closing is how a station learns that no more work will come:
getters drain what is left, then see :class:`QueueClosed`; iteration simply ends.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):
    """The queue was closed: nothing can be put, and nothing is left to get."""


class ByteQueue(Generic[T]):
    """First in, first out; for the coroutines of one event loop.

    ``capacity`` is in the unit that ``weigh`` returns (bytes). One item heavier than the whole
    capacity still passes, alone: a bound must never become a deadlock.
    """

    def __init__(self, capacity: int, weigh: Callable[[T], int], name: str = "") -> None:
        self.name = name
        self.capacity = capacity
        self._weigh = weigh
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._closed = asyncio.Event()
        self._getters: deque[asyncio.Future[None]] = deque()
        self._putters: deque[asyncio.Future[None]] = deque()
        self._idle_getters = 0
        self._watchers: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        """Items waiting."""
        return len(self._items)

    @property
    def bytes(self) -> int:
        """Weight of the items waiting."""
        return self._bytes

    async def wanted(self) -> int:
        """How many more items would be taken at once; waits until that is at least one.

        For a producer whose items must not grow old in the queue. 0 once the queue is closed.
        """
        while not self.closed:
            idle = self._idle_getters - len(self._items)
            if idle > 0:
                return idle
            await self._wait(self._watchers)
        return 0

    @property
    def closed(self) -> bool:
        """True once :meth:`close` was called."""
        return self._closed.is_set()

    async def until_closed(self) -> None:
        """Wait until :meth:`close` is called."""
        await self._closed.wait()

    async def put(self, item: T) -> None:
        """Append, waiting while the queue is full. Raises QueueClosed."""
        weight = self._weigh(item)
        while not self.closed and self._items and self._bytes + weight > self.capacity:
            await self._wait(self._putters)
        self._append(item, weight)

    def put_nowait(self, item: T) -> None:
        """Append whatever the bound says; for the rare item that must not wait. Raises QueueClosed."""
        self._append(item, self._weigh(item))

    def _append(self, item: T, weight: int) -> None:
        if self.closed:
            raise QueueClosed(self.name)
        self._items.append((item, weight))
        self._bytes += weight
        _wake_one(self._getters)

    async def get(self) -> T:
        """The oldest item, waiting for one. Raises QueueClosed when closed and empty."""
        return (await self.get_batch(1))[0]

    async def get_batch(self, most: int, most_bytes: int | None = None) -> list[T]:
        """What waits now, at least one item, at most ``most`` and about ``most_bytes``.

        Never waits for a batch to fill: one item when idle, many under load.
        Raises QueueClosed when closed and empty.
        """
        while not self._items:
            if self.closed:
                raise QueueClosed(self.name)
            self._idle_getters += 1
            _wake_one(self._watchers)
            try:
                await self._wait(self._getters)
            finally:
                self._idle_getters -= 1
        return self._take(most, most_bytes)

    def take_spare(self, most: int, most_bytes: int) -> list[T]:
        """A batch now, if what waits makes two of them or more; else nothing.

        For a getter that is busy yet: it leaves enough for one that is not.
        """
        if len(self._items) < 2 * most and self._bytes < 2 * most_bytes:
            return []
        return self._take(most, most_bytes)

    def _take(self, most: int, most_bytes: int | None) -> list[T]:
        batch: list[T] = []
        taken = 0
        while self._items and len(batch) < most:
            item, weight = self._items[0]
            if batch and most_bytes is not None and taken + weight > most_bytes:
                break
            self._items.popleft()
            self._bytes -= weight
            taken += weight
            batch.append(item)
            _wake_one(self._putters)
        if self._items:
            _wake_one(self._getters)
        return batch

    def close(self) -> None:
        """No more puts. Waiting putters see QueueClosed; getters drain what is left first."""
        self._closed.set()
        for waiters in (self._getters, self._putters, self._watchers):
            while waiters:
                _wake_one(waiters)

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            try:
                item = await self.get()
            except QueueClosed:
                return
            yield item

    async def _wait(self, waiters: deque[asyncio.Future[None]]) -> None:
        waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            # If it was woken and cancelled at once, the wake-up belongs to the next in line.
            if waiter.done() and not waiter.cancelled():
                _wake_one(waiters)
            else:
                # ValueError: somebody who looked for a waiter to wake has thrown it out already.
                with suppress(ValueError):
                    waiters.remove(waiter)
            raise


def _wake_one(waiters: deque[asyncio.Future[None]]) -> None:
    while waiters:
        waiter = waiters.popleft()
        if not waiter.done():
            waiter.set_result(None)
            return
