"""What each worker is doing, and since when: this is how a stuck one is found.

A worker (a task, or the pool's view of a child) owns one :class:`Step` and overwrites it; there
is no history here. The idea is that of Heritrix's ToeThread reports.
"""

import os
import time

import msgspec

from crawler.model.outcomes import Activity
from crawler.model.spans import ChildWork


class Step(msgspec.Struct):
    """What one worker is doing right now."""

    stage: str
    """fetch, parse, write or commit."""
    holder: str
    """The worker, for example ``fetch-7`` or ``parser-1``."""
    pid: int = msgspec.field(default_factory=os.getpid)
    step: Activity = Activity.IDLE
    url: str | None = None
    since: float = msgspec.field(default_factory=time.time)
    """Unix time in seconds at which the step began."""

    def enter(self, step: Activity, url: str | None = None) -> None:
        """The worker now does ``step``, for ``url`` if there is one."""
        self.step = step
        self.url = url
        self.since = time.time()

    def leave(self) -> None:
        """The worker waits for work."""
        self.enter(Activity.IDLE)

    def taken(self) -> ChildWork | None:
        """What was noted of a child's work since this was last asked for: nothing, without a trace."""
        return None


class Steps:
    """All workers of one crawl. Written by the main loop's thread alone."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def worker(self, stage: str, holder: str) -> Step:
        """Register a worker; the caller keeps its Step and updates it."""
        step = Step(stage, holder)
        self._steps.append(step)
        return step

    def all(self) -> list[Step]:
        """Every registered worker."""
        return list(self._steps)

    def busy(self) -> list[Step]:
        """Workers that hold a URL, the longest at it first."""
        return sorted((s for s in self._steps if s.url is not None), key=lambda s: s.since)
