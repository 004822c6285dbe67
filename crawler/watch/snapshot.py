"""What the progress display shows: one moment of the crawl, taken by the engine."""

import time
from collections import deque
from typing import NamedTuple

import msgspec

from crawler.trace.counters import Counters


class QueueDepth(NamedTuple):
    """One queue of the street."""

    name: str
    items: int
    bytes: int
    capacity: int
    """Bytes at which its producers wait; 0 where it has no bound."""


class StageLoad(NamedTuple):
    """One stage of the street: fetch, parse, write or commit."""

    stage: str
    busy: int
    """Workers that hold a URL or a batch now."""
    workers: int
    oldest_seconds: float | None
    """How long its slowest worker has been at it; None when all are idle."""
    oldest_url: str | None


class Snapshot(msgspec.Struct):
    """One moment of the crawl. Whoever fills it reads what the event loop writes: copy, do not iterate."""

    counters: Counters
    queues: list[QueueDepth]
    stages: list[StageLoad]
    pending: int
    """Pages discovered and not committed yet, those in flight included; so done = known - pending."""
    in_flight: int
    """URLs between the frontier and their commit."""
    known: int
    """Pages discovered, those of earlier runs of this crawl included."""
    targets: int = 0
    """URLs discovered that are no pages: what a check asks for beside them."""
    targets_pending: int = 0
    """Those of them that wait."""
    unacked_bytes: int = 0
    """Bytes sent to the sinks and not yet acknowledged by all of them."""
    memory_bytes: int = 0
    """Taken by all processes of the crawl together; 0 where that cannot be read."""
    peak_memory_bytes: int = 0
    """Most that was ever seen of it."""
    taken: float = msgspec.field(default_factory=time.monotonic)
    """When, on the clock of ``counters.started``."""

    @property
    def done(self) -> int:
        """URLs committed, by this run or an earlier one."""
        return max(0, self.known - self.pending)

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return max(0.0, self.taken - self.counters.started)

    @property
    def mean_rate(self) -> float:
        """Records committed per second since this run began."""
        return self.counters.committed / self.elapsed if self.elapsed > 0 else 0.0


class Rate:
    """How fast a growing total grew lately: over the last ``window`` seconds of the samples added."""

    def __init__(self, window: float = 5.0) -> None:
        self._window = window
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, now: float, total: int) -> None:
        """At ``now`` (seconds, any clock that only goes forward) the total was ``total``."""
        self._samples.append((now, total))
        # The newest sample that is old enough stays: the window is measured from there.
        while len(self._samples) > 2 and self._samples[1][0] <= now - self._window:
            self._samples.popleft()

    @property
    def recent(self) -> float:
        """Per second; 0.0 until there are two samples."""
        if len(self._samples) < 2:
            return 0.0
        (first_at, first), (last_at, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at else 0.0
