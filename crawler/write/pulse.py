"""When is a writer hung? It counts beats, not seconds.

When the whole program was stopped (Ctrl-Z, a sleeping laptop), hours pass between two beats, and
nobody is to blame.
"""

import time

from crawler.model.outcomes import Activity
from crawler.write.events import Pong

BEATS = 24
"""Beats without progress after which a writer is hung."""


class Pulse:
    """The pings of one writer, and what came of them."""

    def __init__(self, interval: float = 5.0, patience: int = BEATS) -> None:
        """A ping every ``interval`` seconds; hung after ``patience`` of them."""
        self.interval = interval
        self.patience = patience
        self._next = time.monotonic() + interval
        self._unanswered = 0
        self._same = 0
        self._last: Pong | None = None

    def seconds_left(self) -> float:
        """Until the next beat; 0 when it is due."""
        return max(0.0, self._next - time.monotonic())

    def beat(self) -> str | None:
        """A beat is due: None when a ping should be sent, else what is wrong with the writer."""
        self._next = time.monotonic() + self.interval
        if self._unanswered >= self.patience:
            return f"has not answered {self._unanswered} pings"
        if self._same >= self.patience and self._last is not None:
            return f"has been {self._last.step} for {time.time() - self._last.since:.0f} s"
        self._unanswered += 1
        return None

    def pong(self, pong: Pong) -> None:
        """The writer has answered."""
        self._unanswered = 0
        self._same = self._same + 1 if pong == self._last and pong.step != Activity.IDLE else 0
        self._last = pong
