"""How fast a total grew lately."""

from collections import deque


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
