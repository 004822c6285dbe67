"""The main process's book of batches: cut, acknowledged by whom, ready, committed. No I/O.

Batches are numbered in the order in which they are cut, every sink gets the same ones in the same
order, and they are committed in that order. So everything this side has to remember is one queue
of batches, oldest first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

import msgspec

from crawler.model.commit import Commit
from crawler.model.messages import Ack, Finished


class Batch(msgspec.Struct):
    """Finished URLs that are written, and become done, together."""

    n: int
    finished: tuple[Finished, ...]
    records: tuple[bytes, ...]
    weight: int
    """Bytes it holds in memory, about."""
    positions: dict[str, int] = {}
    """Where each sink that has acked it ends with it."""
    cut_at: float = msgspec.field(default_factory=time.time)
    """Unix time."""

    def commit(self) -> Commit:
        """The message that makes it done."""
        return Commit(self.n, self.finished, self.positions)


class Ledger:
    """Every batch from its cut to its commit; for the coroutines of one event loop."""

    def __init__(self, sinks: Collection[str], first: int) -> None:
        """``first`` is the number of the first batch."""
        self._sinks = len(sinks)
        self._next = first
        self._batches: deque[Batch] = deque()
        self.changed = asyncio.Event()
        """Set at every change; see :meth:`until`."""
        self.bytes = 0
        """Weight of all batches that are not committed."""

    def cut(self, finished: Sequence[Finished]) -> Batch:
        """Make the next batch."""
        weight = sum(item.weight for item in finished)
        batch = Batch(self._next, tuple(finished), tuple(item.record for item in finished), weight)
        self._next += 1
        self._batches.append(batch)
        self.bytes += weight
        self.changed.set()
        return batch

    def acked(self, sink: str, ack: Ack) -> None:
        """``sink`` holds a batch. Raises LookupError for one that is not in the book."""
        batch = self._batches[ack.batch - self._batches[0].n] if self._batches else None
        if batch is None or batch.n != ack.batch:
            raise LookupError(f"{sink} acknowledged batch {ack.batch}, which it was not sent")
        batch.positions[sink] = ack.position
        self.changed.set()

    def oldest(self) -> Batch | None:
        """The batch to be committed next."""
        return self._batches[0] if self._batches else None

    def ready(self) -> list[Batch]:
        """The oldest batches, as far as every sink holds them."""
        ready: list[Batch] = []
        for batch in self._batches:
            if len(batch.positions) < self._sinks:
                break
            ready.append(batch)
        return ready

    def all_acked(self) -> bool:
        """Nothing is in flight at any writer."""
        return not self._batches or len(self._batches[-1].positions) == self._sinks

    def after(self, n: int) -> list[Batch]:
        """The batches with a higher number than ``n``."""
        return [batch for batch in self._batches if batch.n > n]

    def first_after(self, n: int) -> Batch | None:
        """The batch that follows number ``n``."""
        at = max(0, n + 1 - self._batches[0].n) if self._batches else 0
        return self._batches[at] if at < len(self._batches) else None

    def committed(self, batches: Sequence[Batch]) -> None:
        """The oldest batches, those that :meth:`ready` gave, are done."""
        for batch in batches:
            self._batches.popleft()
            self.bytes -= batch.weight
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after every change."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()
