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

``initializer(*initargs)`` runs once in each worker: the place for what is costly to make and cannot be
pickled. What a pool hides: an exception is kept until somebody asks for the result; and leaving
``with Pool()`` calls ``terminate()``, which drops what is still to do, where leaving ``with
ProcessPoolExecutor()`` waits for it. To have a Pool wait, call ``close()`` and ``join()`` first.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.pool import Pool
from typing import Any

from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.sandbox_process import measured

WORKERS = 2
TASKS = [0.12, 0.04, 0.04, 0.04]
"""Seconds that each task takes: it sleeps, so this needs no second core. The first is the slowest."""
_done: Any


def set_up(starts: Any, done: Any) -> None:
    """The initializer: runs once in each worker, before its first task."""
    global _done
    _done = done
    with starts.get_lock():
        starts.value += 1


def task(seconds: float) -> float:
    """What the workers do."""
    time.sleep(seconds)
    return seconds


def count(seconds: float) -> None:
    """A task that counts itself when it is done, in what the initializer was given."""
    time.sleep(seconds)
    with _done.get_lock():
        _done.value += 1


def fail(_: float) -> None:
    """A task that goes wrong."""
    raise ValueError("no")


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


def measure() -> dict[str, Any]:
    """Call the tasks in each way, then look at what the pools hide."""
    context = multiprocessing.get_context("spawn")
    starts, done, called_in = context.Value("i", 0), context.Value("i", 0), list[str]()
    pool = context.Pool(WORKERS, initializer=set_up, initargs=(starts, done))
    with ProcessPoolExecutor(
        WORKERS, mp_context=context, initializer=set_up, initargs=(starts, done)
    ) as executor:
        pool.map(time.sleep, [0.1] * WORKERS, chunksize=1)  # all workers are there
        list(executor.map(time.sleep, [0.1] * WORKERS))
        found: dict[str, Any] = {"ways": {name: timed(call) for name, call in ways(pool, executor).items()}}
        pool.apply_async(
            task, (0,), callback=lambda _: called_in.append(threading.current_thread().name)
        ).wait()
        silent = pool.apply_async(fail, (0,))
        silent.wait()  # nothing is raised, printed or logged
        found["error_is_kept"] = not silent.successful() and executor.submit(fail, 0).exception() is not None
        for _ in range(8):
            executor.submit(count, 0.02)
    done_by_executor, done.value = done.value, 0
    with pool:
        for _ in range(8):
            pool.apply_async(count, (0.02,))
    # Where the rest is wanted, end the block with these two: no more tasks, and wait for what is to do.
    pool.close()
    pool.join()
    return found | {
        "initializer_calls": starts.value,
        "callback_in": called_in[0],
        "done_when_pool_left": done.value,
        "done_when_executor_left": done_by_executor,
    }


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    found = measured(measure)
    alone, together = (found["ways"][name]["all_s"] for name in ("pool.apply", "pool.apply_async"))
    ratio = together / alone
    hides = [
        ("initializer ran", f"{found['initializer_calls']} times for 2 pools of {WORKERS} workers"),
        ("a callback runs in", f"a thread of the parent: {found['callback_in']}"),
        (
            "an exception, until somebody asks for the result",
            "is kept" if found["error_is_kept"] else "is raised",
        ),
        (
            "of 8 tasks done when `with Pool` was left",
            f"{found['done_when_pool_left']} (it terminates the workers)",
        ),
        (
            "of 8 tasks done when `with ProcessPoolExecutor` was left",
            f"{found['done_when_executor_left']} (it waits)",
        ),
    ]
    return Finding(
        claim="pool.apply() spreads the work over the workers of the pool.",
        done=f"{len(TASKS)} tasks that sleep {sum(TASKS) * 1e3:.0f} ms in all are given to {WORKERS} "
        "workers in every way "
        "there is; then it is looked at what the pools do without saying so.",
        tables=[table(found["ways"]), Table(("what they hide", "seen"), tuple(hides))],
        verdict=Verdict.BORNE_OUT if alone < 0.75 * sum(TASKS) else Verdict.NOT_BORNE_OUT,
        because=f"apply() took {alone * 1e3:.0f} ms for {sum(TASKS) * 1e3:.0f} ms of tasks: one after the "
        "other. "
        f"apply_async() took {together * 1e3:.0f} ms, {ratio:.0%} of that.",
        figures=found,
    )


def table(ways: dict[str, dict[str, Any]]) -> Table:
    """A row for each way to call."""
    rows = [
        (
            name,
            *(f"{one[key] * 1e3:.0f}" for key in ("returns_s", "first_s", "all_s")),
            "yes" if one["in_order"] else "no",
        )
        for name, one in ways.items()
    ]
    return Table(
        ("call", "returns after, ms", "first result, ms", "all results, ms", "in order"), tuple(rows)
    )
