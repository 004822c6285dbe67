"""What waits for its turn at one origin: row ids, 8 bytes each. Pure bookkeeping in memory.

Pages and targets (:mod:`crawler.frontier.targets`) wait apart, so that a lane has two of these lists.
"""

import heapq
from array import array
from bisect import bisect_left

import msgspec


class IdQueue:
    """A queue of row ids, 8 bytes each, that gives up the oldest or the newest."""

    __slots__ = ("_head", "_ids")

    def __init__(self) -> None:
        self._ids = array("q")
        self._head = 0

    def __len__(self) -> int:
        return len(self._ids) - self._head

    def append(self, row: int) -> None:
        """Add the newest."""
        self._ids.append(row)

    def peek(self, most: int, *, newest: bool) -> list[int]:
        """Up to ``most`` ids, in the order in which :meth:`pop` would give them up."""
        if newest:
            return self._ids[max(self._head, len(self._ids) - most) :].tolist()[::-1]
        return self._ids[self._head : self._head + most].tolist()

    def pop(self, *, newest: bool) -> int:
        """Remove the oldest, or the newest."""
        if newest:
            return self._ids.pop()
        row = self._ids[self._head]
        self._head += 1
        if self._head >= 4096 and self._head * 2 >= len(self._ids):
            del self._ids[: self._head]
            self._head = 0
        return row

    def remove(self, row: int) -> None:
        """Remove one from the middle, of ids that were added in ascending order."""
        del self._ids[bisect_left(self._ids, row, self._head)]


class Waiting(msgspec.Struct, eq=False):
    """Pending URLs of one origin, in the order in which they are asked."""

    newest_first: bool = False
    pending: dict[int, IdQueue] = {}
    """By depth."""
    retries: list[tuple[float, int]] = []
    """Heap of (due, id) of those to be tried again."""
    size: int = 0
    """Pending in all, retries included."""

    def push(self, row: int, depth: int) -> None:
        """One more pending URL."""
        ids = self.pending.get(depth)
        if ids is None:
            ids = self.pending[depth] = IdQueue()
        ids.append(row)
        self.size += 1

    def push_retry(self, row: int, due: float) -> None:
        """One that must wait until ``due``."""
        heapq.heappush(self.retries, (due, row))
        self.size += 1

    def next_ids(self, most: int, now: float) -> list[int]:
        """Up to ``most`` ids that go next, left in place."""
        rows = [row for due, row in heapq.nsmallest(min(most, 64), self.retries) if due <= now]
        for depth in sorted(self.pending, reverse=self.newest_first):
            if len(rows) >= most:
                break
            rows += self.pending[depth].peek(most - len(rows), newest=self.newest_first)
        return rows

    def take(self, now: float) -> int:
        """Remove the id that goes next."""
        self.size -= 1
        if self.retries and self.retries[0][0] <= now:
            return heapq.heappop(self.retries)[1]
        depth = max(self.pending) if self.newest_first else min(self.pending)
        ids = self.pending[depth]
        row = ids.pop(newest=self.newest_first)
        if not ids:
            del self.pending[depth]
        return row

    def remove(self, row: int) -> float | None:
        """Remove one that waits anywhere; when it is due, None unless it is to be tried again.

        Only for a list whose URLs are all of depth 0: these came in the order of their ids.
        """
        self.size -= 1
        for at, (due, found) in enumerate(self.retries):
            if found == row:
                self.retries[at] = self.retries[-1]
                self.retries.pop()
                heapq.heapify(self.retries)
                return due
        ids = self.pending[0]
        ids.remove(row)
        if not ids:
            del self.pending[0]
        return None
