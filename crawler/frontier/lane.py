"""A lane: what is pending at one scheme + host + port, and when that may be asked next.

Pure bookkeeping in memory: no I/O, ``now`` is an argument. A pending URL costs 8 bytes here (its
row id); the text of most of them stays on disk until they are about to be fetched.
"""

import heapq
from array import array

import msgspec

from crawler.model.rows import Pace
from crawler.rules.politeness import LaneState
from crawler.rules.throttle import Throttle

UNBOUND = 10_000
"""Requests at once: what no lane's limits go beyond."""


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


class Lane(msgspec.Struct, eq=False):
    """One origin's pending URLs and its politeness."""

    id: int
    origin: str
    depth_first: bool
    state: LaneState
    throttle: Throttle | None = None
    heeds_errors: bool = True
    """The throttle is told of its failures; else of its latency and its 429s alone."""
    crawl_delay: float | None = None
    """Seconds, from its robots.txt."""
    pending: dict[int, IdQueue] = {}
    """By depth."""
    retries: list[tuple[float, int]] = []
    """Heap of (due, id) of those to be tried again."""
    size: int = 0
    """Pending in all, retries included."""
    started: dict[int, float] = {}
    """When each ticket in flight was handed out, by its id."""
    at_once: int = 1
    """Requests at once, whatever its limits: one until it has answered, so that what its robots.txt asks for
    is known; and one again after it has put one off, then one more with each answer."""
    refusals: int = 0
    """Requests in a row that were put off (429), of those that began after the rest before them."""
    refused_since: float | None = None
    """Since when: nothing that was asked since has had an answer."""
    given_up: bool = False
    """That has gone on for too long: nothing is asked for the first time any more."""
    failures: int = 0
    """Requests that had no answer, or a 429 or 5xx."""
    loading: bool = False
    """The texts of its next URLs are being read from disk."""
    scheduled: float | None = None
    """The time under which the heap of lanes holds it."""

    @property
    def out_of_reach(self) -> int:
        """Pending, but not asked any more by this run."""
        return self.size - len(self.retries) if self.given_up else 0

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

    def due_at(self, now: float) -> float | None:
        """When it may be asked next; None when it is empty, loading, or all its slots are taken."""
        if not self.size or self.loading or self.state.in_flight >= self.at_once:
            return None
        ready = self.state.ready_at(now)
        if ready is None or (self.pending and not self.given_up):
            return ready
        return max(ready, self.retries[0][0]) if self.retries else None

    def next_ids(self, most: int, now: float) -> list[int]:
        """Up to ``most`` ids that go next, left in place."""
        rows = [row for due, row in heapq.nsmallest(min(most, 64), self.retries) if due <= now]
        for depth in sorted(self.pending, reverse=self.depth_first):
            if len(rows) >= most:
                break
            rows += self.pending[depth].peek(most - len(rows), newest=self.depth_first)
        return rows

    def take(self, now: float) -> int:
        """Remove the id that goes next."""
        self.size -= 1
        if self.retries and self.retries[0][0] <= now:
            return heapq.heappop(self.retries)[1]
        depth = max(self.pending) if self.depth_first else min(self.pending)
        ids = self.pending[depth]
        row = ids.pop(newest=self.depth_first)
        if not ids:
            del self.pending[depth]
        return row

    def pace(self, offset: float) -> Pace:
        """What is to be kept of it; ``offset`` is Unix time less the time of this clock.

        So a rest, and the gap to the last request of the run before, outlive the process.
        """
        state, throttle = self.state, self.throttle
        limits = throttle.limits if throttle else state.limits
        return Pace(
            self.crawl_delay,
            limits.per_host,
            limits.delay,
            state.limits.per_host,
            state.limits.delay,
            throttle.slow if throttle else 1.0,
            state.requests,
            self.failures,
            state.peak,
            state.smallest_gap,
            None if state.last_start is None else state.last_start + offset,
            state.resting_until + offset if state.resting_until > float("-inf") else None,
        )

    def take_over(self, pace: Pace, offset: float) -> None:
        """Go on from what an earlier run kept; the limits are those of today's configuration."""
        state = self.state
        state.requests, self.failures = pace.requests, pace.failures
        state.peak, state.smallest_gap = pace.peak, pace.smallest_gap
        if pace.last_start is not None:
            state.last_start = pace.last_start - offset
        if pace.resting_until is not None:
            state.resting_until = pace.resting_until - offset
        if self.throttle:
            self.throttle.slow = pace.slow
            state.limits = self.throttle.in_force()
