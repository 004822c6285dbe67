"""The global interpreter lock: what threads are good for, and where processes begin to be better.

CPython lets one thread at a time run Python. A thread that *waits* (for a socket, a disk, a lock)
lets go of the interpreter's lock, so many threads can wait at once: that is what they are for. Threads
that *compute* take turns, every 5 ms (``sys.getswitchinterval()``): two of them are no faster than one.
Processes have an interpreter each, so they compute at once, up to the number of cores.

A real task does some of both. The last part asks at which share of CPU processes begin to pay.
"""

import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.limits import need_cores
from crawler.lab.machine import has_gil
from crawler.lab.report.pictures import BLUE, ORANGE
from crawler.lab.sandbox_process import measured
from crawler.lab.work import rounds_for, spin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORKERS = (1, 2, 4)
KINDS = ("threads", "processes")
TASK = 0.010
"""Seconds that one task takes when it is alone."""
PAYS = 1.1
"""Processes pay where they are this much faster than threads: less could be chance."""


def task(rounds: int, waiting: float) -> None:
    """One task: some CPU, then some waiting, in which it holds no lock."""
    spin(rounds)
    if waiting:
        time.sleep(waiting)


def seconds_for(executor: Executor, tasks: int, rounds: int, waiting: float) -> float:
    """How long ``tasks`` tasks take on an executor whose workers are there already."""
    started = time.perf_counter()
    for future in [executor.submit(task, rounds, waiting) for _ in range(tasks)]:
        future.result()
    return time.perf_counter() - started


def pool(kind: str, workers: int) -> Executor:
    """An executor with all its workers started: starting them is not what is measured."""
    context = multiprocessing.get_context("spawn")
    made: Executor = (
        ThreadPoolExecutor(workers) if kind == "threads" else ProcessPoolExecutor(workers, mp_context=context)
    )
    for future in [made.submit(time.sleep, 0.03) for _ in range(workers)]:
        future.result()
    return made


def measure(tasks: int, repeats: int, shares: list[float]) -> dict[str, Any]:
    """Seconds of every cell, as the median of interleaved repetitions, so that a busy machine hits all alike."""
    pools = {(kind, workers): pool(kind, workers) for kind in KINDS for workers in WORKERS}
    rounds = rounds_for(TASK)

    def cells(names: Iterable[tuple[str, int]], share: float) -> dict[str, float]:
        run_it = partial(seconds_for, tasks=tasks, rounds=int(share * rounds), waiting=(1 - share) * TASK)
        times = [{f"{k} {w}": run_it(pools[k, w]) for k, w in names} for _ in range(repeats)]
        return {name: median(one[name] for one in times) for name in times[0]}

    found = {
        "cpu": cells(pools, 1.0),
        "waiting": cells(pools, 0.0),
        "shares": [{"share": share} | cells([(kind, WORKERS[-1]) for kind in KINDS], share) for share in shares],
    }
    for executor in pools.values():
        executor.shutdown()
    return found


def run(scale: Scale) -> Finding:
    """QUICK has fewer tasks and shares. Raises NotPossible on one core."""
    need_cores(2)
    quick = scale is Scale.QUICK
    shares = [0, 0.5, 1] if quick else [0, 0.1, 0.25, 0.5, 0.75, 1]
    found = measured(measure, 8 if quick else 16, 3 if quick else 3, shares)
    speed_up = {
        part: {name: found[part]["threads 1"] / seconds for name, seconds in found[part].items()}
        for part in ("cpu", "waiting")
    }
    threads, processes = speed_up["cpu"]["threads 2"], speed_up["cpu"]["processes 2"]
    crossover = crossing(found["shares"])
    pays_from = f"from a CPU share of {crossover:.0%} on" if crossover is not None else "at no CPU share"
    return Finding(
        claim="Threads suit CPU-bound work.",
        done=f"Tasks of {TASK * 1000:.0f} ms, all CPU, all waiting, or some of both, on 1, 2 and 4 threads and processes, "
        "which were started before.",
        tables=[speed_table(speed_up), share_table(found["shares"])],
        verdict=Verdict.BORNE_OUT
        if threads >= 1.5
        else Verdict.HALF
        if threads >= 1.2
        else Verdict.NOT_BORNE_OUT,
        because=f"Two threads computed {threads:.2f} times as fast as one, two processes {processes:.2f} times. "
        f"Waiting, four threads were {speed_up['waiting']['threads 4']:.1f} times as fast as one. "
        f"Four processes beat four threads by at least {PAYS - 1:.0%} {pays_from}.",
        figures={**found, "speed_up": speed_up, "crossover_share": crossover, "gil": has_gil()},
        draw=partial(draw, found["shares"], crossover),
        notes=[] if has_gil() else ["This Python runs without the lock: here threads may compute at once."],
    )


def crossing(shares: list[dict[str, float]]) -> float | None:
    """The least share of CPU from which on processes pay; between two measured ones, by a straight line."""
    gains = [(one["share"], one["threads 4"] / one["processes 4"]) for one in shares]
    if gains[-1][1] < PAYS:
        return None
    for (low, before), (high, after) in reversed(list(zip(gains, gains[1:], strict=False))):
        if before < PAYS:
            return low + (high - low) * (PAYS - before) / (after - before)
    return 0.0


def speed_table(speed_up: dict[str, dict[str, float]]) -> Table:
    """How many times as fast as one thread."""
    rows = [(name, *(f"{speed_up[part][name]:.2f}" for part in speed_up)) for name in speed_up["cpu"]]
    return Table(("workers", "CPU-bound, × one thread", "waiting, × one thread"), tuple(rows), "Speed")


def share_table(shares: list[dict[str, float]]) -> Table:
    """Threads against processes as the share of CPU grows."""
    rows = [
        (f"{one['share']:.0%}", *(f"{one[f'{kind} 4'] * 1000:.0f}" for kind in KINDS),
         f"{one['threads 4'] / one['processes 4']:.2f}")
        for one in shares
    ]  # fmt: skip
    return Table(("share of CPU", "4 threads, ms", "4 processes, ms", "threads ÷ processes"), tuple(rows))


def draw(shares: list[dict[str, float]], crossover: float | None, figure: "Figure") -> None:
    """Two lines that part where processes begin to pay."""
    axes = figure.subplots()
    across = [one["share"] * 100 for one in shares]
    for kind, colour in (("threads", ORANGE), ("processes", BLUE)):
        times = [one[f"{kind} 4"] * 1000 for one in shares]
        axes.plot(across, times, "o-", color=colour)
        axes.annotate(f"4 {kind}", (across[-1], times[-1]), (-8, 8), textcoords="offset points", ha="right", color=colour)
    if crossover is not None:
        axes.axvline(crossover * 100, color="#777777", linestyle=":")
        axes.annotate(f"processes pay from {crossover:.0%} on", (crossover * 100, 0), (6, 8), color="#555555",
                      xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip
    axes.set(xlabel="share of CPU in each 10 ms task (%)", ylabel="time for all tasks (ms)", ylim=(0, None))
    axes.set_title("Threads share one interpreter lock; processes do not")
