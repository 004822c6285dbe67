"""An asyncio queue that is bounded in bytes and can be closed.

``asyncio.Queue`` counts items; a crawler's items weigh from one kilobyte to ten megabytes, so a
bound in items bounds nothing. Who puts to a full queue waits, which is called back-pressure.
Closing is how a station learns that no more work will come:
getters drain what is left, then see :class:`QueueClosed`; iteration simply ends.

First come, first served, on both sides. Whoever must wait joins a line and is not overtaken: the first
is woken as soon as there is enough for it, then each one behind it, in order. So a heavy item at the head
is neither overtaken by light ones nor starved by them. A task that is woken runs one turn of the loop later:
until then, what it was woken for (room for its item; an item) is promised to it, and nobody else takes that.
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
        self.bytes = 0
        """Weight of the items waiting."""
        self.closed = asyncio.Event()
        self._weigh = weigh
        self._items: deque[tuple[T, int]] = deque()
        self._putters = _Line(self._has_room)
        self._getters = _Line(self._has_item)
        self._getter_waits = asyncio.Event()

    def __len__(self) -> int:
        """Items waiting."""
        return len(self._items)

    async def wanted(self) -> int:
        """How many more items would be taken at once; waits until that is at least one.

        For a producer whose items must not grow old in the queue. 0 once the queue is closed.
        """
        while not self.closed.is_set():
            if self._getters.waiting:  # so each item here is promised to somebody else
                return len(self._getters.waiting)
            self._getter_waits.clear()
            await self._getter_waits.wait()
        return 0

    async def put(self, item: T) -> None:
        """Append, waiting while the queue is full or others wait. Raises QueueClosed."""
        weight = self._weigh(item)
        line = self._putters
        if line.waiting or line.promised or (self._items and self.bytes + weight > self.capacity):
            if self.closed.is_set():
                raise QueueClosed(self.name)
            await line.wait(weight)
        if self.closed.is_set():
            raise QueueClosed(self.name)
        self._items.append((item, weight))
        self.bytes += weight
        if self._getters.waiting:
            self._getters.wake()

    async def get(self) -> T:
        """The oldest item, waiting for one. Raises QueueClosed when closed and empty."""
        return (await self.get_batch(1))[0]

    async def get_batch(self, most: int, most_bytes: int | None = None) -> list[T]:
        """What waits now, at least one item, at most ``most`` and about ``most_bytes``.

        Never waits for a batch to fill: one item when idle, many under load.
        Raises QueueClosed when closed and empty.
        """
        promised = self._getters.promised
        if len(self._items) <= promised or (promised and not self.closed.is_set()):
            if self.closed.is_set():
                raise QueueClosed(self.name)
            self._getter_waits.set()
            if not await self._getters.wait():
                raise QueueClosed(self.name)
        return self._take(most, most_bytes)

    def take_spare(self, most: int, most_bytes: int) -> list[T]:
        """A batch now, if what waits makes two of them or more; else nothing.

        For a getter that is still busy: it leaves enough for one that is not.
        """
        if len(self._items) < 2 * most and self.bytes < 2 * most_bytes:
            return []
        return self._take(most, most_bytes)

    def _take(self, most: int, most_bytes: int | None) -> list[T]:
        batch: list[T] = []
        taken = 0
        promised = self._getters.promised
        while len(self._items) > promised and len(batch) < most:
            item, weight = self._items[0]
            if batch and most_bytes is not None and taken + weight > most_bytes:
                break
            self._items.popleft()
            taken += weight
            batch.append(item)
        self.bytes -= taken
        if self._putters.waiting:
            self._putters.wake()
        return batch

    def close(self) -> None:
        """No more puts. Waiting putters see QueueClosed; getters drain what is left first."""
        self.closed.set()
        for waiter, _ in (*self._getters.waiting, *self._putters.waiting):
            if not waiter.done():
                waiter.set_result(False)
        self._getter_waits.set()

    async def __aiter__(self) -> AsyncIterator[T]:
        with suppress(QueueClosed):
            while True:
                for item in await self.get_batch(1):
                    yield item

    def _has_room(self, weight: int) -> bool:
        coming = self._putters
        if not (self._items or coming.promised):
            return True
        return self.bytes + coming.promised_weight + weight <= self.capacity

    def _has_item(self, _weight: int) -> bool:
        return len(self._items) > self._getters.promised


class _Line:
    """Those who wait for one thing, in the order in which they came; a weight each."""

    __slots__ = ("_is_enough", "promised", "promised_weight", "waiting")

    def __init__(self, is_enough: Callable[[int], bool]) -> None:
        """``is_enough(weight)``: there is enough for that, beside what is promised."""
        self._is_enough = is_enough
        self.waiting: deque[tuple[asyncio.Future[bool], int]] = deque()
        self.promised = 0
        """How many were woken and have not run yet, and …"""
        self.promised_weight = 0
        """… their weight in all."""

    async def wait(self, weight: int = 0) -> bool:
        """Wait until there is enough, behind all who came before; False where the queue was closed."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self.waiting.append((waiter, weight))
        if self.promised and self._is_enough(weight):
            loop.call_soon(self.wake)  # not now: those who were woken before have not run yet
        cancelled = True
        try:
            await waiter
            cancelled = False
        finally:
            if waiter.cancelled():
                # ValueError: somebody who looked for a waiter to wake has thrown it out already.
                with suppress(ValueError):
                    self.waiting.remove((waiter, weight))
            elif waiter.result():
                self.promised -= 1
                self.promised_weight -= weight
            if cancelled:
                self.wake()  # what was promised to it, or kept back for it at the head, is the next one's
        return waiter.result()

    def wake(self) -> None:
        """Wake the first and the next, with a promise each, as long as there is enough."""
        while self.waiting:
            waiter, weight = self.waiting[0]
            if not waiter.done():
                if not self._is_enough(weight):
                    return
                self.promised += 1
                self.promised_weight += weight
                waiter.set_result(True)
            self.waiting.popleft()
