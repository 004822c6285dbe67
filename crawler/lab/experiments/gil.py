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

from crawler.lab.experiments.limits import need_two_cores
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.machine import has_gil
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.gil import draw, share_table, speed_table
from crawler.lab.tables.units import ms
from crawler.lab.work import interleaved, rounds_for, spin

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
        cost = tasks, int(share * rounds), (1 - share) * TASK
        runs = interleaved({name: partial(one_run, pools[name], *cost) for name in names}, repeats)
        found[str(share)] = {name: min(some) for name, some in runs.items()}
    for executor in pools.values():
        executor.shutdown()
    return found


@needs(need_two_cores)
def run(scale: Scale) -> Finding:
    """QUICK has fewer tasks and shares. Raises NotPossible on one core."""
    quick = scale is Scale.QUICK
    shares = [0, 0.5, 1] if quick else [0, 0.1, 0.25, 0.5, 0.75, 1]
    repeats = 3 if quick else 5
    found = measured(measure, 6 if quick else 12, repeats, shares)
    waiting, computing = found["0"], found["1"]
    cores = {kind: computing[f"2 {kind}"][1] for kind in KINDS}
    gains = {float(share): cell["4 threads"][0] / cell["4 processes"][0] for share, cell in found.items()}
    crossover = crossing(gains)
    pay = f"from a CPU share of {crossover:.0%} on" if crossover is not None else "from no CPU share on"
    return Finding(
        claim="Threads suit CPU-bound work.",
        done=f"Tasks of {ms(TASK)} ms, all CPU, all waiting, or some of both, on 1, 2 and 4 threads "
        f"and processes, which were started before; of {repeats} runs, the fastest.",
        tables=[speed_table(waiting, computing), share_table(found, gains)],
        # A lock that lets one thread run at a time keeps one core busy, however many threads there are.
        verdict=Verdict.of([cores["threads"] > 1.1, cores["threads"] > 1.5]),
        because=f"Computing, 2 threads kept {cores['threads']:.2f} cores busy, 2 processes "
        f"{cores['processes']:.2f}. Waiting, 4 threads were "
        f"{waiting['1 threads'][0] / waiting['4 threads'][0]:.1f} times as fast "
        f"as one. 4 processes beat 4 threads by {PAYS - 1:.0%} or more {pay}.",
        figures={"seconds_and_cores": found, "cores": cores, "crossover_share": crossover}
        | {"repeats": repeats, "gil": has_gil()},
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
