"""Python code that computes in parallel inside one process: several interpreters, or no lock at all.

What is said: in one process only one thread at a time runs Python, so who computes needs processes. That is
true of CPython up to 3.12, and of the usual build of those after it. There are two ways out of it:

- *Interpreters* (PEP 684, PEP 734). Each has a lock, modules and globals of its own, so threads in different
  ones compute at once. Python 3.14 has ``InterpreterPoolExecutor`` for them. What goes in and out is copied,
  as between processes, but there is no process to start. An extension module has to say that it may be
  loaded there; many do not yet.
- *Free threading* (PEP 703). A build of its own, ``python3.13t`` or newer, has no such lock, so plain threads
  compute at once. It runs one thread somewhat slower, what the lock made rare becomes frequent (``crawler lab
  lost-update``), and an extension that does not say that it is safe brings the lock back.

In this program: neither is needed. Parsers are processes (``crawler/parse/parse_pool.py``), because a page
may crash or hang its parser, and only a process can be killed. ``crawler/lab/experiments/race/`` has a
model for each.
"""

import concurrent.futures
import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import Any

from crawler.lab.experiments.limits import need_two_cores
from crawler.lab.finding import Finding, NotPossible, Scale, Verdict, needs
from crawler.lab.machine import has_gil, this_machine
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.interpreters import Pace, in_words, table
from crawler.lab.tables.units import ms
from crawler.lab.work import interleaved, rounds_for, spin

WORKERS = 2
TASK = 0.05
"""Seconds that one task computes when it is alone."""
NAP = 0.05
"""Seconds for which each worker sleeps first, so that all of them are started."""
ALONE = "one thread"
PARALLEL = 1.3
"""Times as fast as one thread, from which on two workers compute at once; one lock for both allows 1."""


def ways() -> list[str]:
    """The ways to compute in parallel that this Python has, processes always among them."""
    interpreters = ["interpreters"] if hasattr(concurrent.futures, "InterpreterPoolExecutor") else []
    return [*interpreters, *([] if has_gil() else ["threads without a lock"]), "processes"]


def pool(way: str, workers: int) -> Executor:
    """An executor of that kind."""
    if way == "processes":
        return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    if way == "interpreters":
        made: Any = getattr(concurrent.futures, "InterpreterPoolExecutor")  # noqa: B009 - new in 3.14
        return made(workers)  # type: ignore[no-any-return]
    return ThreadPoolExecutor(workers)


def one_run(executor: Executor, workers: int, rounds: int) -> float:
    """Seconds a task, where each worker does one."""
    started = time.perf_counter()
    for future in [executor.submit(spin, rounds) for _ in range(workers)]:
        future.result()
    return (time.perf_counter() - started) / workers


def measure(those: list[str], repeats: int) -> dict[str, Pace]:
    """Each way: how long it takes until its workers are there, and how fast they are then."""
    pools, starts = dict[str, Executor](), dict[str, float]()
    for way in (ALONE, *those):
        started = time.perf_counter()
        workers = 1 if way == ALONE else WORKERS
        pools[way] = pool(way, workers)
        list(pools[way].map(time.sleep, [NAP] * workers))  # a worker that sleeps takes no second task
        starts[way] = time.perf_counter() - started - NAP
    rounds = rounds_for(TASK)
    runs = {way: partial(one_run, pools[way], WORKERS, rounds) for way in pools}
    fastest = {way: min(some) for way, some in interleaved(runs, repeats).items()}
    for executor in pools.values():
        executor.shutdown()
    return {way: {"start_s": starts[way], "gain": fastest[ALONE] / fastest[way]} for way in pools}


def need_another_way() -> None:
    """Raise NotPossible where all threads share one lock."""
    if not ways()[:-1]:
        raise NotPossible(
            "This experiment needs concurrent.futures.InterpreterPoolExecutor (Python 3.14 and newer) or a "
            f"free-threaded build (3.13 and newer); this is {this_machine().python}."
        )


@needs(need_two_cores, need_another_way)
def run(scale: Scale) -> Finding:
    """QUICK repeats it less often. Raises NotPossible on one core, and where all share one lock."""
    inside = ways()[:-1]
    found: dict[str, Pace] = measured(measure, ways(), 3 if scale is Scale.QUICK else 5)
    return Finding(
        claim="In one process, only one thread at a time runs Python.",
        done=f"{WORKERS} tasks that compute for {ms(TASK)} ms each are done by one thread, and by {WORKERS} "
        "workers of each kind that this Python has.",
        tables=[table(found)],
        verdict=Verdict.of(found[way]["gain"] < PARALLEL for way in inside),
        because=f"{WORKERS} workers computed so many times as fast as one thread: {in_words(found)}.",
        figures=found,
        notes=[]
        if found["processes"]["gain"] >= PARALLEL
        else ["Processes were no faster either: other programs have the cores, and this decides nothing."],
    )
