"""Ten times more at each step, as far as the machine allows.

It stops before it would harm the machine: at half of the memory or half of the processes and threads
that may still be started, or when it would take too long.
"""

import time
from collections.abc import Callable

from crawler.lab.experiments.limits import available_memory, most_processes
from crawler.lab.sandbox_process import measured

Costs = dict[str, float]
"""Of ``count`` of them: ``start_s``, ``memory_bytes``, ``end_s``."""


def costs(count: int, started: float, memory: float, held: float) -> Costs:
    """Of ``count`` of them: started at one moment, all there at another, and gone now."""
    ended = time.perf_counter()
    return {
        "count": count,
        "start_s": held - started,
        "memory_bytes": max(0.0, memory),
        "end_s": ended - held,
    }


def reason_to_stop(kind: str, count: int, last: Costs, timeout: float) -> str | None:
    """Why not to start ``count`` of them, judged by what the last, smaller number cost."""
    times = count / last["count"]
    free, most = available_memory(), most_processes()
    if free is not None and last["memory_bytes"] * times > free / 2:
        return f"{count:,} would take more than half of the free memory"
    if kind != "coroutines" and most is not None and count > most / 2:
        return f"{count:,} are more than half of the {most:,} that may still be started"
    if (seconds := (last["start_s"] + last["end_s"]) * times) > timeout:
        return f"{count:,} would take about {seconds:.0f} s"
    return None


def climb(
    kind: str, start: Callable[[int], Costs], most: int, timeout: float
) -> tuple[list[Costs], str | None]:
    """The costs of 1, 10, 100 … up to ``most``, each in a fresh process, and why it stopped before."""
    found: list[Costs] = []
    for count in (10**power for power in range(5)):
        if count > most:
            break
        # What the very first cost says little of the others, and ten do no harm.
        if count > 10 and (reason := reason_to_stop(kind, count, found[-1], timeout)) is not None:
            return found, reason
        found.append(measured(start, count))
    return found, None
