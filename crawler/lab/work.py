"""Work for experiments: some that keeps a core busy and some that waits, in amounts that can be asked for."""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Name = TypeVar("Name")
Figure = TypeVar("Figure")


def spin(rounds: int) -> int:
    """Pure Python arithmetic, the worst case for threads: the interpreter's lock is held throughout."""
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total


def rounds_for(seconds: float) -> int:
    """How many rounds of :func:`spin` take about ``seconds`` of CPU time here."""
    rounds = 10_000
    return int(rounds * seconds / min(_cpu_time(rounds) for _ in range(5)))


def interleaved(runs: Mapping[Name, Callable[[], Figure]], repeats: int) -> dict[Name, list[Figure]]:
    """Run each of them ``repeats`` times, in turns, so that whatever else the machine does meets all alike.

    Of the figures that come of it the best is to be taken: it was disturbed least.
    """
    found: dict[Name, list[Figure]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            found[name].append(run())
    return found


def _cpu_time(rounds: int) -> float:
    started = time.thread_time()
    spin(rounds)
    return time.thread_time() - started
