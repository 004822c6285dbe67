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

from crawler.model.errors import CrawlFailed
from crawler.model.messages import Ack, Commit, Finished


class Batch(Commit, frozen=True):
    """Finished URLs that are written, and become done, together: a commit that waits for its positions."""

    weight: int = 0
    """Bytes it holds in memory, about."""
    cut_at: float = msgspec.field(default_factory=time.time)
    """Unix time."""


class Ledger:
    """Every batch from its cut to its commit; for the coroutines of one event loop."""

    def __init__(self, sinks: Collection[str], first: int) -> None:
        """``first`` is the number of the first batch."""
        self._sinks = len(sinks)
        self._next = first
        self.batches: deque[Batch] = deque()
        """What is not committed, oldest first."""
        self.bytes = 0
        """Weight of all that is not committed."""
        self.failure: CrawlFailed | None = None
        """Why nothing more can be written, or committed."""
        self.changed = asyncio.Event()
        """To be set after every change; see :meth:`until`."""

    def cut(self, finished: Sequence[Finished]) -> Batch:
        """Make the next batch."""
        weight = sum(item.weight for item in finished)
        batch = Batch(self._next, tuple(finished), {}, weight)
        self._next += 1
        self.batches.append(batch)
        self.bytes += weight
        self.changed.set()
        return batch

    def acked(self, sink: str, ack: Ack) -> Batch | None:
        """``sink`` holds a batch; the next one that it has to hold.

        Raises LookupError for one that is not in the book.
        """
        at = ack.batch - self.batches[0].n if self.batches else -1
        if not 0 <= at < len(self.batches):
            raise LookupError(f"{sink} acknowledged batch {ack.batch}, which it was not sent")
        self.batches[at].positions[sink] = ack.position
        self.changed.set()
        return self.batches[at + 1] if at + 1 < len(self.batches) else None

    def ready(self) -> list[Batch]:
        """The oldest batches, as far as every sink holds them."""
        ready: list[Batch] = []
        for batch in self.batches:
            if len(batch.positions) < self._sinks:
                break
            ready.append(batch)
        return ready

    def committed(self, batches: Sequence[Batch]) -> None:
        """The oldest batches, those that :meth:`ready` gave, are done."""
        for batch in batches:
            self.batches.popleft()
            self.bytes -= batch.weight
        self.changed.set()

    def fail(self, failure: CrawlFailed) -> None:
        """Nothing more can be written, or committed; the first failure is the one that counts."""
        self.failure = self.failure or failure
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at after every change."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()
