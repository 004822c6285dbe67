"""How ``overlap`` sees who ran when.

Each worker looks at the clock all the time. A gap in what it read means that it did not run in between.
"""

import time
from itertools import pairwise

GAP = 0.0001
"""Seconds between two looks at the clock from which on the worker was not running."""
Spans = list[tuple[float, float]]
PARALLEL = 0.005
"""Share of the time from which on workers ran in parallel; less is the error of the clock's gaps."""


def look(seconds: float, spans: Spans) -> None:
    """Run for so many seconds of CPU time, and note from when to when this really ran."""
    until = time.thread_time() + seconds
    begun = last = time.perf_counter()
    while time.thread_time() < until:
        now = time.perf_counter()
        if now - last > GAP:
            spans.append((begun, last))
            begun = now
        last = now
    spans.append((begun, last))


def parallel_share(found: list[Spans]) -> float:
    """Of the time in which somebody ran, the share in which at least two did."""
    changes = sorted(
        (at, step) for spans in found for span in spans for at, step in zip(span, (1, -1), strict=True)
    )
    running, one, two = 0, 0.0, 0.0
    for (at, step), (after, _) in pairwise(changes):
        running += step
        one += (after - at) * (running >= 1)
        two += (after - at) * (running >= 2)
    return two / one
