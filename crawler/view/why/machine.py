"""The machine below a simulated crawl: a clock, cores that are shared evenly, an event loop with its line."""

import heapq
from collections import deque
from collections.abc import Callable

Then = Callable[[], None]
_Planned = tuple[float, int, Then]
"""When, an order among those of the same moment, and what then happens."""


class Machine:
    """Calls what was planned, in the order of a time that it makes up itself. All times are seconds."""

    def __init__(self, cores: int) -> None:
        self.now = 0.0
        self._cores = cores
        self._timers: list[_Planned] = []
        self._jobs: list[_Planned] = []
        self._work_done = 0.0
        """CPU that a job has had by now which was there from the beginning. All that run have the same share
        of the cores, so a job ends when this has grown by its own work, however many others come and go."""
        self._planned = 0
        self._loop_line: deque[tuple[float, Then]] = deque()
        self._loop_is_busy = False

    def step(self) -> None:
        """Go on to what ends next, a wait or a job, and do what was planned for it."""
        timers, jobs = self._timers, self._jobs
        speed = min(1.0, self._cores / len(jobs)) if jobs else 0.0
        ends = self.now + (jobs[0][0] - self._work_done) / speed if jobs else float("inf")
        at, line = (timers[0][0], timers) if timers else (float("inf"), jobs)
        if ends < at:
            at, line = ends, jobs
        self._work_done += (at - self.now) * speed
        self.now = at
        heapq.heappop(line)[2]()

    def after(self, seconds: float, then: Then) -> None:
        """Wait, without a core."""
        self._planned += 1
        heapq.heappush(self._timers, (self.now + seconds, self._planned, then))

    def compute(self, seconds: float, then: Then) -> None:
        """Work that takes so long on a core of its own."""
        self._planned += 1
        heapq.heappush(self._jobs, (self._work_done + seconds, self._planned, then))

    def on_loop(self, seconds: float, then: Then) -> None:
        """Work of the event loop: one thing after the other."""
        self._loop_line.append((seconds, then))
        if not self._loop_is_busy:
            self._next_on_loop()

    def _next_on_loop(self) -> None:
        self._loop_is_busy = bool(self._loop_line)
        if self._loop_is_busy:
            seconds, then = self._loop_line.popleft()

            def ended() -> None:
                self._next_on_loop()
                then()

            self.compute(seconds, ended)
