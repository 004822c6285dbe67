"""The global interpreter lock: what threads are good for, and where processes begin to be better.

CPython lets one thread at a time run Python. A thread that *waits* (for a socket, a disk, a lock)
lets go of the interpreter's lock, so many threads can wait at once: that is what they are for. Threads
that *compute* take turns, every 5 ms (``sys.getswitchinterval()``): two of them are no faster than one.
Processes have an interpreter each, so they compute at once, up to the number of cores.

A real task does some of both. The last part asks at which share of CPU processes begin to pay.
"""

import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from crawler.lab.experiments.limits import need_cores
from crawler.lab.finding import Finding, Scale, Table, Verdict
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


def task(rounds: int, waiting: float) -> float:
    """One task: some CPU, then some waiting, in which it holds no lock. Returns the CPU seconds it took."""
    began = time.thread_time()
    spin(rounds)
    if waiting:
        time.sleep(waiting)
    return time.thread_time() - began


def pool(kind: str, workers: int) -> Executor:
    """An executor with all its workers started: starting them is not what is measured."""
    context = multiprocessing.get_context("spawn")
    made: Executor = (
        ThreadPoolExecutor(workers) if kind == "threads" else ProcessPoolExecutor(workers, mp_context=context)
    )
    for future in [made.submit(time.sleep, 0.03) for _ in range(workers)]:
        future.result()
    return made


def one_run(executor: Executor, tasks: int, rounds: int, waiting: float) -> tuple[float, float]:
    """Seconds for all tasks, and how many cores they kept busy meanwhile, on average."""
    started = time.perf_counter()
    futures = [executor.submit(task, rounds, waiting) for _ in range(tasks)]
    cpu = sum(future.result() for future in futures)
    seconds = time.perf_counter() - started
    return seconds, cpu / seconds


def measure(tasks: int, repeats: int, shares: list[float]) -> dict[str, dict[str, tuple[float, float]]]:
    """For each share of CPU and each pool, the fastest of some runs: other programs disturbed it least."""
    pools = {f"{workers} {kind}": pool(kind, workers) for kind in KINDS for workers in WORKERS}
    rounds = rounds_for(TASK)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for share in shares:
        # All sizes at the two ends, and only the largest pools between them.
        names = [name for name in pools if share in (0, 1) or name.startswith(str(WORKERS[-1]))]
        run_one = partial(one_run, tasks=tasks, rounds=int(share * rounds), waiting=(1 - share) * TASK)
        runs = [{name: run_one(pools[name]) for name in names} for _ in range(repeats)]
        found[str(share)] = {name: min(run[name] for run in runs) for name in names}
    for executor in pools.values():
        executor.shutdown()
    return found


def run(scale: Scale) -> Finding:
    """QUICK has fewer tasks and shares. Raises NotPossible on one core."""
    need_cores(2)
    quick = scale is Scale.QUICK
    shares = [0, 0.5, 1] if quick else [0, 0.1, 0.25, 0.5, 0.75, 1]
    found = measured(measure, 6 if quick else 12, 3, shares)
    waiting, computing = found["0"], found["1"]
    cores = {kind: computing[f"2 {kind}"][1] for kind in KINDS}
    gains = {float(share): cell["4 threads"][0] / cell["4 processes"][0] for share, cell in found.items()}
    crossover = crossing(gains)
    pay = f"from a CPU share of {crossover:.0%} on" if crossover is not None else "at no CPU share"
    return Finding(
        claim="Threads suit CPU-bound work.",
        done=f"Tasks of {TASK * 1e3:.0f} ms, all CPU, all waiting, or some of both, on 1, 2 and 4 threads "
        "and processes, which were started before; of 3 runs, the fastest.",
        tables=[speed_table(waiting, computing), share_table(found, gains)],
        # A lock that lets one thread run at a time keeps one core busy, however many threads there are.
        verdict=Verdict.of([cores["threads"] > 1.1, cores["threads"] > 1.5]),
        because=f"Computing, 2 threads kept {cores['threads']:.2f} cores busy, 2 processes "
        f"{cores['processes']:.2f}. Waiting, 4 threads were "
        f"{waiting['1 threads'][0] / waiting['4 threads'][0]:.1f} times as fast "
        f"as one. 4 processes beat 4 threads by {PAYS - 1:.0%} or more {pay}.",
        figures={"seconds_and_cores": found, "cores": cores, "crossover_share": crossover, "gil": has_gil()},
        draw=partial(draw, found, crossover),
        notes=[] if has_gil() else ["This Python runs without the lock, so threads may compute at once."],
    )


def crossing(gains: dict[float, float]) -> float | None:
    """The share of CPU from which on processes pay; between two measured ones, by a straight line."""
    points = list(gains.items())
    if points[-1][1] < PAYS:
        return None
    for (low, before), (high, after) in reversed(list(pairwise(points))):
        if before < PAYS:
            return low + (high - low) * (PAYS - before) / (after - before)
    return 0.0


def speed_table(waiting: dict[str, tuple[float, float]], computing: dict[str, tuple[float, float]]) -> Table:
    """How many times as fast as one thread, and how many cores that took."""
    rows = [
        (
            name,
            f"{computing['1 threads'][0] / computing[name][0]:.2f}",
            f"{computing[name][1]:.2f}",
            f"{waiting['1 threads'][0] / waiting[name][0]:.2f}",
        )
        for name in computing
    ]
    heads = ("workers", "computing: × one thread", "computing: cores busy", "waiting: × one thread")
    return Table(heads, tuple(rows), "Speed")


def share_table(found: dict[str, dict[str, tuple[float, float]]], gains: dict[float, float]) -> Table:
    """Threads against processes as the share of CPU grows."""
    rows = [
        (f"{share:.0%}", *(f"{cells[f'4 {kind}'][0] * 1e3:.0f}" for kind in KINDS), f"{gain:.2f}")
        for (share, gain), cells in zip(gains.items(), found.values(), strict=True)
    ]
    return Table(("share of CPU", "4 threads, ms", "4 processes, ms", "threads ÷ processes"), tuple(rows))


def draw(found: dict[str, dict[str, tuple[float, float]]], crossover: float | None, figure: "Figure") -> None:
    """Two lines that part where processes begin to pay."""
    axes = figure.subplots()
    across = [float(share) * 100 for share in found]
    for kind, colour in (("threads", ORANGE), ("processes", BLUE)):
        times = [cells[f"4 {kind}"][0] * 1e3 for cells in found.values()]
        axes.plot(across, times, "o-", color=colour)
        end = (across[-1], times[-1])
        axes.annotate(f"4 {kind}", end, (8, -4), textcoords="offset points", color=colour)
    if crossover is not None:
        axes.axvline(crossover * 100, color="#777777", linestyle=":")
        axes.text(crossover * 100 + 1, 0.5, f"processes pay\nfrom {crossover:.0%} on", color="#555555")
    axes.set(xlabel="share of CPU in each 10 ms task (%)", ylabel="time for all tasks (ms)")
    axes.set(xlim=(-3, 118), ylim=(0, None), xticks=range(0, 101, 20))
    axes.set_title("The same tasks on threads and on processes")
