"""How slow the machine was meanwhile: a limit in seconds holds for one that nobody else uses."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BURST = 0.01
"""Seconds of computing: as much as a process gets at once where others want the cores too."""
PAUSE = 0.2
"""Seconds between two bursts, so that they take a twentieth of a core."""


@dataclass
class Slowness:
    """What a thread saw that now and then computes for a moment."""

    wall: float = 0.0
    cpu: float = 0.0
    longest: float = 0.0
    """Seconds that one burst had to wait for a core, at most."""

    @property
    def factor(self) -> float:
        """How many times as long everything took as on an idle machine; at least 1."""
        return max(1.0, self.wall / self.cpu) if self.cpu else 1.0

    def watch(self, until: threading.Event) -> None:
        """Compute now and then, until it is over."""
        while not until.wait(PAUSE):
            wall, cpu = time.monotonic(), time.thread_time()
            while (spent := time.thread_time() - cpu) < BURST:
                pass
            took = time.monotonic() - wall
            self.wall, self.cpu, self.longest = (
                self.wall + took,
                self.cpu + spent,
                max(self.longest, took - spent),
            )


@contextmanager
def slowness() -> Iterator[Slowness]:
    """Watch the machine as long as the block runs."""
    seen, over = Slowness(), threading.Event()
    thread = threading.Thread(target=seen.watch, args=(over,))
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
