"""What a program's end means for its children: a daemon is terminated, any other child is waited for."""

import multiprocessing
import sys
import time
from multiprocessing.synchronize import Event
from typing import NamedTuple

from crawler.lab.sandbox_process import run_alone

_ITS_END = "the child came to its end"


class End(NamedTuple):
    """How a program ended that had a child with a second to go."""

    seconds: float
    """Until it was gone, with all that it started."""
    child_ended_itself: bool

    @property
    def child(self) -> str:
        """What became of the child."""
        return "the child was waited for" if self.child_ended_itself else "the child was ended"


def parent_ends(daemon: bool) -> None:
    """A program that ends while its child has a second to go."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    context.Process(target=waits_a_second, args=(ready,), daemon=daemon).start()
    ready.wait()


def waits_a_second(ready: Event) -> None:
    """A child that ends by itself."""
    ready.set()
    time.sleep(1)
    print(_ITS_END, file=sys.stderr)  # noqa: T201 - heard by end_with_child


def end_with_child(daemon: bool) -> End:
    """How such a program ends."""
    started = time.monotonic()
    program = run_alone(parent_ends, daemon, timeout=30)
    return End(time.monotonic() - started, _ITS_END in program.errors)
