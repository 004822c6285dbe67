"""What a program's end means for its children: a daemon is terminated, any other child is waited for."""

import multiprocessing
import time
from multiprocessing.synchronize import Event

from crawler.lab.sandbox_process import run_alone


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


def end_with_child(daemon: bool) -> float:
    """Seconds that such a program takes, and all that it started."""
    started = time.monotonic()
    run_alone(parent_ends, daemon, timeout=30)
    return time.monotonic() - started
