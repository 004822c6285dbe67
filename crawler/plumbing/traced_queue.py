"""A queue that says when each item came and went: it stands in a plain one's place if a trace is written."""

from collections.abc import Callable
from typing import TypeVar

from crawler.plumbing.byte_queue import ByteQueue

T = TypeVar("T")


class TracedQueue(ByteQueue[T]):
    """See :class:`crawler.plumbing.byte_queue.ByteQueue`."""

    def __init__(
        self,
        capacity: int,
        weigh: Callable[[T], int],
        name: str,
        came: Callable[[T], object],
        went: Callable[[list[T]], object],
    ) -> None:
        """``came`` and ``went`` are called with what is put, once there was room for it, and with a batch."""
        super().__init__(capacity, weigh, name)
        self._came, self._went = came, went

    async def put(self, item: T) -> None:
        """Append, waiting while the queue is full or others wait. Raises QueueClosed."""
        await super().put(item)
        self._came(item)

    def _take(self, most: int, most_bytes: int | None) -> list[T]:
        batch = super()._take(most, most_bytes)
        self._went(batch)
        return batch
