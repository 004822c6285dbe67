"""Lanes: for each scheme + host + port, what is pending there and when it may be asked next.

Pure bookkeeping in memory: no I/O, ``now`` is an argument. A pending URL costs 8 bytes here (its
row id); the text of most of them stays on disk until they are about to be fetched.
"""

import heapq
from array import array
from collections.abc import Callable, Iterator

import msgspec

from crawler.model.messages import HostFeedback
from crawler.rules.politeness import LaneLimits, LaneState
from crawler.rules.throttle import Throttle

Key = tuple[int, int]


class IdQueue:
    """A first-in-first-out (or last-in-first-out) queue of row ids, 8 bytes each."""

    __slots__ = ("_head", "_ids")

    def __init__(self) -> None:
        self._ids = array("q")
        self._head = 0

    def __len__(self) -> int:
        return len(self._ids) - self._head

    def append(self, row: int) -> None:
        """Add at the end."""
        self._ids.append(row)

    def first(self, most: int) -> list[int]:
        """Up to ``most`` ids from the front, left in place."""
        return self._ids[self._head : self._head + most].tolist()

    def last(self, most: int) -> list[int]:
        """Up to ``most`` ids from the end, the last first, left in place."""
        return self._ids[max(self._head, len(self._ids) - most) :].tolist()[::-1]

    def pop_first(self) -> int:
        """Remove the oldest."""
        row = self._ids[self._head]
        self._head += 1
        if self._head >= 4096 and self._head * 2 >= len(self._ids):
            del self._ids[: self._head]
            self._head = 0
        return row

    def pop_last(self) -> int:
        """Remove the newest."""
        return self._ids.pop()


class Lane(msgspec.Struct, eq=False):
    """One origin's pending URLs and its politeness."""

    id: int
    origin: str
    state: LaneState
    throttle: Throttle | None = None
    heeds_errors: bool = True
    """The throttle is told of its failures; else of its latency and its 429s alone."""
    crawl_delay: float | None = None
    """Seconds, from its robots.txt."""
    pending: dict[Key, IdQueue] = {}
    """By (minus priority, order of depth): the smallest key goes first."""
    retries: list[tuple[float, int]] = []
    """Heap of (due, id) of those to be tried again."""
    size: int = 0
    """Pending in all, retries included."""
    started: dict[int, float] = {}
    """When each ticket in flight was handed out, by its id."""
    acquainted: bool = False
    """It has answered once, so what its robots.txt asks for is known; until then, one at a time."""
    failures: int = 0
    """Requests that had no answer, or a 429 or 5xx."""
    loading: bool = False
    """The texts of its next URLs are being read from disk."""
    scheduled: float | None = None
    """The time under which the heap of lanes holds it."""

    def push(self, row: int, priority: int, depth_order: int) -> None:
        """One more pending URL."""
        key = (-priority, depth_order)
        ids = self.pending.get(key)
        if ids is None:
            ids = self.pending[key] = IdQueue()
        ids.append(row)
        self.size += 1

    def push_retry(self, row: int, due: float) -> None:
        """One that must wait until ``due``."""
        heapq.heappush(self.retries, (due, row))
        self.size += 1

    def next_id(self, now: float, depth_first: bool) -> int | None:
        """The id that goes next, left in place; None when all that is left must wait."""
        if self.retries and self.retries[0][0] <= now:
            return self.retries[0][1]
        if not self.pending:
            return None
        ids = self.pending[min(self.pending)]
        return (ids.last(1) if depth_first else ids.first(1))[0]

    def take(self, now: float, depth_first: bool) -> int:
        """Remove the id that :meth:`next_id` names."""
        self.size -= 1
        if self.retries and self.retries[0][0] <= now:
            return heapq.heappop(self.retries)[1]
        key = min(self.pending)
        ids = self.pending[key]
        row = ids.pop_last() if depth_first else ids.pop_first()
        if not ids:
            del self.pending[key]
        return row

    def upcoming(self, most: int, depth_first: bool) -> list[int]:
        """Up to ``most`` ids that go next, for reading their texts in one go."""
        rows = [row for _, row in heapq.nsmallest(min(most, 64), self.retries)]
        for key in sorted(self.pending):
            if len(rows) >= most:
                break
            ids = self.pending[key]
            rows += ids.last(most - len(rows)) if depth_first else ids.first(most - len(rows))
        return rows

    def due_at(self, now: float) -> float | None:
        """When it may be asked next; None when it is empty, loading, or all its slots are taken."""
        if not self.size or self.loading or (self.state.in_flight and not self.acquainted):
            return None
        ready = self.state.ready_at(now)
        if ready is None or self.pending:
            return ready
        return max(ready, self.retries[0][0])


class Lanes:
    """All lanes: by id, by origin, and in a heap by the time at which they may be asked next."""

    def __init__(
        self,
        limits_for: Callable[[str, float | None], LaneLimits],
        concurrency: int | None = None,
        throttle_max_delay: float | None = None,
        heeds_errors: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """``limits_for(origin, crawl_delay)`` says how politely an origin is asked.

        ``concurrency``: requests at once, all lanes together; None is any number, so that lanes need
        not share. ``throttle_max_delay``: seconds; None is no throttle. ``heeds_errors(origin)``: see
        :func:`crawler.rules.politeness.heeds_errors`.
        """
        self._limits_for = limits_for
        self._concurrency = concurrency
        self._throttle_max_delay = throttle_max_delay
        self._heeds_errors = heeds_errors
        self._in_flight = 0
        self._set_aside: list[Lane] = []
        self.asked: set[Lane] = set()
        """Lanes that were asked since somebody emptied this."""
        self._by_id: dict[int, Lane] = {}
        self._by_origin: dict[str, Lane] = {}
        self._heap: list[tuple[float, int, Lane]] = []
        self._order = 0

    def __getitem__(self, lane_id: int) -> Lane:
        return self._by_id[lane_id]

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._by_id.values())

    def find(self, origin: str) -> Lane | None:
        """The lane of an origin, if it has one already."""
        return self._by_origin.get(origin)

    def make(self, lane_id: int, origin: str, crawl_delay: float | None = None) -> Lane:
        """A new lane."""
        limits = self._limits_for(origin, crawl_delay)
        most = self._throttle_max_delay
        throttle = None if most is None else Throttle(limits, most)
        heeds_errors = self._heeds_errors(origin)
        lane = Lane(lane_id, origin, LaneState(limits), throttle, heeds_errors, crawl_delay)
        self._by_id[lane_id] = self._by_origin[origin] = lane
        return lane

    def slow_down(self, lane: Lane, crawl_delay: float) -> None:
        """Its robots.txt asks for ``crawl_delay`` seconds between two requests."""
        lane.crawl_delay = crawl_delay
        limits = self._limits_for(lane.origin, crawl_delay)
        if lane.throttle is not None:
            lane.throttle.limits = limits
            limits = lane.throttle.in_force()
        lane.state.limits = limits

    def hand_out(self, lane: Lane, now: float, depth_first: bool) -> None:
        """The URL that goes next is asked for now."""
        row = lane.take(now, depth_first)
        lane.state.start(now)
        lane.started[row] = now
        self._in_flight += 1

    def answered(self, lane: Lane, row: int, feedback: HostFeedback, now: float) -> None:
        """The request for ``row`` is over: free its slot, and learn from the answer."""
        started = lane.started.pop(row)
        self._in_flight -= 1
        self.asked.add(lane)
        failed = feedback.failed if lane.heeds_errors else feedback.too_many
        # An error page is an answer like others where it is no reason to be careful.
        is_answer = not feedback.failed or (not failed and feedback.elapsed > 0.0)
        if not lane.acquainted:
            # A first request waits for a look-up and a connection (and our own start), so the next could
            # come close behind it: its delay counts from the answer. Until there is one, one at a time.
            lane.state.last_start = now if feedback.asked else lane.state.last_start
            lane.acquainted = is_answer
        if not feedback.asked:
            lane.state.withdraw(started)
            return
        lane.state.end(now, feedback.retry_after)
        lane.failures += feedback.failed
        throttle = lane.throttle
        if throttle is None or not (is_answer or failed):
            return  # that nothing came is no sign of health, either
        if throttle.answered(started, now, feedback.elapsed, failed):
            lane.state.limits = throttle.in_force()

    def must_share(self, lane: Lane, pending: int) -> bool:
        """Whether ``lane`` must leave the free places to others now; ``pending`` is of all lanes.

        While others have anything to do, no lane takes more places than it leaves free (the dynamic
        threshold of shared-memory switches, Choudhury and Hahne 1998). So however many URLs a host
        that stopped answering holds, there are places left for every other one.
        """
        held = lane.state.in_flight
        if not held or self._concurrency is None or held < self._concurrency - self._in_flight:
            return False
        return pending + self._in_flight > lane.size + held

    def set_aside(self, lane: Lane) -> None:
        """Leave ``lane`` out until :meth:`bring_back`, whenever it is due."""
        self._set_aside.append(lane)

    def bring_back(self, now: float) -> None:
        """Schedule the lanes that had to leave places to others; never more than there are requests."""
        for lane in self._set_aside:
            self.schedule(lane, now)
        self._set_aside.clear()

    def schedule(self, lane: Lane, now: float) -> None:
        """Put ``lane`` where it belongs now; older entries of it become void."""
        due = lane.due_at(now)
        if due == lane.scheduled and due is not None:
            return
        lane.scheduled = due
        if due is not None:
            self._order += 1  # lanes due at the same time take turns
            heapq.heappush(self._heap, (due, self._order, lane))

    def pop_due(self, now: float) -> Lane | None:
        """A lane that may be asked now, taken out; the caller schedules it again."""
        while self._heap:
            due, _, lane = self._heap[0]
            if lane.scheduled != due:
                heapq.heappop(self._heap)
            elif due <= now:
                heapq.heappop(self._heap)
                lane.scheduled = None
                return lane
            else:
                return None
        return None

    def next_due(self) -> float | None:
        """When the next lane becomes due; None when none will by itself."""
        while self._heap and self._heap[0][2].scheduled != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
