"""``multiprocessing.Pool`` and ``concurrent.futures``: the same pool of workers, called in different ways.

============================  ==========================================================================
``pool.apply(f, args)``       waits for the result: one task at a time, whatever the pool's size
``pool.apply_async``          returns at once; the result is got later, or brought to a callback, which
                              runs in a thread of the parent
``pool.map``                  waits for all results, in order
``pool.imap_unordered``       gives each result as it comes
``executor.submit``           returns a future at once
``executor.map``              gives results in order, as they come
``as_completed``              gives futures as they come
============================  ==========================================================================

``apply`` gives one task to one worker and returns with its result, so nobody can give the next one
meanwhile: the other workers have nothing to do. The others give all tasks first and wait
afterwards.

What both do without saying so is in ``pool_hides.py`` beside this file.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.pool import Pool
from typing import Any

from crawler.lab.experiments.pool_hides import look_behind
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.pool import hidden_table, table
from crawler.lab.tables.units import ms

WORKERS = 2
TASKS = [0.12, 0.04, 0.04, 0.04]
"""Seconds that each task takes: it sleeps, so this needs no second core. The first is the slowest."""


def task(seconds: float) -> float:
    """What the workers do."""
    time.sleep(seconds)
    return seconds


def timed(call: Callable[[], Iterable[float]]) -> dict[str, Any]:
    """How long the call takes to return, to give its first result, and to give all of them."""
    started = time.perf_counter()
    results, order, first = iter(call()), list[float](), 0.0
    returned = time.perf_counter() - started
    for result in results:
        first = first or time.perf_counter() - started
        order.append(result)
    return {
        "returns_s": returned,
        "first_s": first,
        "all_s": time.perf_counter() - started,
        "in_order": order == TASKS,
    }


def ways(pool: Pool, executor: ProcessPoolExecutor) -> dict[str, Callable[[], Iterable[float]]]:
    """The same tasks, called in each way."""

    def apply_async() -> Iterable[float]:
        asked = [pool.apply_async(task, (seconds,)) for seconds in TASKS]
        return (one.get() for one in asked)

    def submit() -> Iterable[float]:
        futures = [executor.submit(task, seconds) for seconds in TASKS]
        return (future.result() for future in as_completed(futures))

    return {
        "pool.apply": lambda: [pool.apply(task, (seconds,)) for seconds in TASKS],
        "pool.apply_async": apply_async,
        "pool.map": lambda: pool.map(task, TASKS, chunksize=1),
        "pool.imap_unordered": lambda: pool.imap_unordered(task, TASKS),
        "executor.map": lambda: executor.map(task, TASKS),
        "executor.submit, as_completed": submit,
    }


def call_in_all_ways() -> dict[str, dict[str, Any]]:
    """When each way to call gives its results, on workers that are there."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(WORKERS) as pool, ProcessPoolExecutor(WORKERS, mp_context=context) as executor:
        pool.map(time.sleep, [0.1] * WORKERS, chunksize=1)
        list(executor.map(time.sleep, [0.1] * WORKERS))
        return {name: timed(call) for name, call in ways(pool, executor).items()}


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    found = measured(call_in_all_ways)
    hidden = measured(look_behind)
    alone, together = (found[name]["all_s"] for name in ("pool.apply", "pool.apply_async"))
    spread = alone < 0.75 * sum(TASKS)
    return Finding(
        claim="pool.apply() spreads the work over the workers of the pool.",
        done=f"{len(TASKS)} tasks that sleep {ms(sum(TASKS))} ms in all are given to {WORKERS} workers in "
        "every way there is; then it is looked at what the pools do without saying so.",
        tables=[table(found), hidden_table(hidden)],
        verdict=Verdict.of([spread]),
        because=f"apply() took {ms(alone)} ms for {ms(sum(TASKS))} ms of tasks: "
        f"{'more than one at a time' if spread else 'one after the other'}. "
        f"apply_async() took {ms(together)} ms, {together / alone:.0%} of that.",
        figures={"ways": found, "tasks_s": TASKS, **hidden},
    )
