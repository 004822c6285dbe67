"""A lane: what is pending at one scheme + host + port (a per-host queue), and when that may be asked next.

Pure bookkeeping in memory: no I/O, ``now`` is an argument. A pending URL costs 8 bytes here (its
row id); the text of most of them stays on disk until they are about to be fetched. Targets go after pages,
so that the parsers have work first.
"""

import msgspec

from crawler.frontier.waiting import Waiting
from crawler.model.rows import Pace
from crawler.rules.politeness import LaneState
from crawler.rules.throttle import Throttle

UNBOUND = 10_000
"""Requests at once: what no lane's limits go beyond."""


class Lane(msgspec.Struct, eq=False):
    """One origin's pending URLs and its politeness."""

    id: int
    origin: str
    pages: Waiting
    """Pages and sitemaps."""
    state: LaneState
    throttle: Throttle | None = None
    heeds_errors: bool = True
    """The throttle is told of its failures; else of its latency and its 429s alone."""
    crawl_delay: float | None = None
    """Seconds, from its robots.txt."""
    targets: Waiting | None = None
    """All else, in the order in which it was found; None where there never was any."""
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
    is_leaving: bool = False
    """It is another node's as soon as what is under way is done; nothing more is handed out."""
    scheduled: float | None = None
    """The time under which the heap of lanes holds it."""

    @property
    def size(self) -> int:
        """Pending in all, retries included."""
        return self.pages.size + (self.targets.size if self.targets is not None else 0)

    @property
    def pages_out_of_reach(self) -> int:
        """Pages that are pending, but not asked any more by this run."""
        return self.pages.size - len(self.pages.retries) if self.given_up else 0

    @property
    def targets_out_of_reach(self) -> int:
        """The same of targets."""
        targets = self.targets
        return targets.size - len(targets.retries) if self.given_up and targets is not None else 0

    def waiting(self, *, recorded: bool) -> Waiting:
        """Where pages and sitemaps wait (``recorded``), or targets."""
        if recorded:
            return self.pages
        if self.targets is None:
            self.targets = Waiting()
        return self.targets

    def due_at(self, now: float, *, takes_pages: bool = True) -> float | None:
        """When it may be asked next; None when it has nothing to ask, or cannot ask.

        Without ``takes_pages`` only for targets.
        """
        if self.loading or self.is_leaving or self.state.in_flight >= self.at_once:
            return None
        if takes_pages and self.pages.pending and not self.given_up:
            return self.state.ready_at(now)  # as nearly always
        dues = [self.pages.retries[0][0]] if takes_pages and self.pages.retries else []
        if self.targets is not None:
            if self.targets.pending and not self.given_up:
                return self.state.ready_at(now)
            if self.targets.retries:
                dues.append(self.targets.retries[0][0])
        ready = self.state.ready_at(now) if dues else None
        return None if ready is None else max(ready, min(dues))

    def pages_are_due(self, now: float) -> bool:
        """Whether a page would be handed out now: these go first."""
        pages = self.pages
        return (bool(pages.pending) and not self.given_up) or (
            bool(pages.retries) and pages.retries[0][0] <= now
        )

    def next_ids(self, most: int, now: float, *, takes_pages: bool = True) -> list[int]:
        """Up to ``most`` ids that go next, left in place."""
        rows = self.pages.next_ids(most, now) if takes_pages else []
        if self.targets is not None and len(rows) < most:
            rows += self.targets.next_ids(most - len(rows), now)
        return rows

    def trust(self) -> None:
        """It has answered: all that its limits allow may be asked at once, or one more after a refusal."""
        self.at_once = self.at_once + 1 if self.refusals else UNBOUND
        if self.refused_since is not None:
            self.refused_since, self.given_up = None, False
        if self.at_once > self.state.limits.per_host:
            self.at_once, self.refusals = UNBOUND, 0

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
