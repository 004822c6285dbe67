"""How fast one lane (scheme + host + port) may be asked, as a state machine without a clock.

A lane has slots (permits), so many requests may be under way at once, and a delay, so long must lie
between the starts of two. An answer with Retry-After makes the whole lane rest. All times are
seconds on one monotonic clock that the caller reads.
"""

import msgspec

from crawler.rules.urls import is_loopback

AUTOMATIC_PER_HOST = 2
AUTOMATIC_DELAY = 0.5
"""Seconds."""
SHORTEST_REST = 0.1
"""Seconds."""


class LaneLimits(msgspec.Struct, frozen=True):
    """Requests at once, and seconds between the starts of two."""

    per_host: int
    delay: float


def limits_for(
    origin_url: str,
    per_host: int | None,
    delay: float | None,
    crawl_delay: float | None,
    concurrency: int,
    max_crawl_delay: float,
) -> LaneLimits:
    """The limits of the lane at ``origin_url``.

    ``per_host`` and ``delay`` are the user's; None means automatic: full speed on a loopback
    address, 2 at once and 0.5 s apart anywhere else. ``crawl_delay`` is what robots.txt asks for,
    in seconds: it can only slow the lane down, and by no more than ``max_crawl_delay``.
    """
    local = is_loopback(origin_url)
    if per_host is None:
        per_host = concurrency if local else AUTOMATIC_PER_HOST
    if delay is None:
        delay = 0.0 if local else AUTOMATIC_DELAY
    return LaneLimits(per_host, max(delay, min(crawl_delay or 0.0, max_crawl_delay)))


def heeds_errors(origin_url: str, delay: float | None) -> bool:
    """Whether the lane is asked slower for its failures, and not only for its latency and its 429s.

    Not on loopback, and not where the user's ``delay`` is 0: that server is their own, and a broken page
    is what they look for. One whose database is gone would be asked for hours.
    """
    return not (is_loopback(origin_url) or delay == 0.0)


def rest_of(refusals: int, backoff: float, backoff_max: float) -> float:
    """Seconds that a lane rests that was put off ``refusals`` times in a row without being told for how long.

    It begins with ``backoff`` and doubles up to ``backoff_max``, but is never as short as no rest at all.
    """
    return max(SHORTEST_REST, min(backoff_max, backoff * 2.0 ** min(refusals - 1, 64)))


class LaneState(msgspec.Struct):
    """Where one lane stands. ``limits`` may be replaced at any time and hold from then on."""

    limits: LaneLimits
    in_flight: int = 0
    requests: int = 0
    """Requests ever started."""
    peak: int = 0
    """Most requests that were ever under way at once."""
    smallest_gap: float | None = None
    """Shortest time between the starts of two requests, None before the second."""
    last_start: float | None = None
    resting_until: float = float("-inf")
    """Nothing is asked before, since an answer said so."""
    _before: tuple[float | None, float | None] | None = None

    def ready_at(self, now: float) -> float | None:
        """When the next request may start: ``now`` if at once, None while no slot is free."""
        if self.in_flight >= self.limits.per_host:
            return None
        # As again_at, without the call: this is asked three times for each request.
        ready = max(now, self.resting_until)
        if self.last_start is not None:
            ready = max(ready, self.last_start + self.limits.delay)
        return ready

    def again_at(self, now: float) -> float:
        """When a request that has its slot may be followed by another one in the same slot."""
        ready = max(now, self.resting_until)
        return ready if self.last_start is None else max(ready, self.last_start + self.limits.delay)

    def again(self, now: float) -> None:
        """Another request starts in a slot that is held already."""
        self._before = (self.last_start, self.smallest_gap)
        if self.last_start is not None:
            gap = now - self.last_start
            self.smallest_gap = gap if self.smallest_gap is None else min(self.smallest_gap, gap)
        self.last_start = now
        self.requests += 1

    def start(self, now: float) -> None:
        """A request starts in a slot of its own."""
        self.again(now)
        self.in_flight += 1
        if self.in_flight > self.peak:
            self.peak = self.in_flight

    def withdraw(self, started: float) -> None:
        """The request that started at ``started`` was not made after all: no delay follows it.

        Raises RuntimeError where none is under way.
        """
        if not self.in_flight:
            raise RuntimeError("a request was withdrawn that never started")
        self.in_flight -= 1
        self.requests -= 1
        # Only for the latest start is it known what was before; else the lane is a little slower.
        if started == self.last_start and self._before is not None:
            self.last_start, self.smallest_gap = self._before
            self._before = None

    def end(self, now: float, retry_after: float | None = None) -> None:
        """A request is over and its slot free; the lane rests for ``retry_after`` seconds, if any.

        Raises RuntimeError where none is under way.
        """
        if not self.in_flight:
            raise RuntimeError("a request ended that never started")
        self.in_flight -= 1
        if retry_after is not None:
            self.resting_until = max(self.resting_until, now + retry_after)
