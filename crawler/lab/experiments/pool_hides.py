"""What ``multiprocessing.Pool`` and ``ProcessPoolExecutor`` do without saying so.

``initializer(*initargs)`` runs once in each worker: the place for what is costly to make and cannot be
pickled. What a pool hides: an exception is kept until somebody asks for the result; and leaving
``with Pool()`` calls ``terminate()``, which drops what is still to do, where leaving ``with
ProcessPoolExecutor()`` waits for it. To have a Pool wait, call ``close()`` and ``join()`` first.
"""

import multiprocessing
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

WORKERS, TASKS = 2, 8
"""Of each pool; the tasks are those of which some are still to do when the pool is left."""
_done: Any
"""In a worker: the shared counter that the initializer was given."""


def set_up(starts: Any, done: Any) -> None:
    """The initializer: runs once in each worker, before its first task."""
    global _done
    _done = done
    with starts.get_lock():
        starts.value += 1


def until_set_up(starts: Any, workers: int) -> None:
    """Wait until so many workers are there: on a busy machine one may do all of a pool's first tasks."""
    while starts.value < workers:
        time.sleep(0.01)


def count(seconds: float) -> None:
    """A task that counts itself when it is done, in what the initializer was given."""
    time.sleep(seconds)
    with _done.get_lock():
        _done.value += 1


def fail(_: float) -> None:
    """A task that goes wrong."""
    raise ValueError("no")


def look_behind() -> dict[str, Any]:
    """One pool of each kind: who runs what, what becomes of an error, and what is done when it is left."""
    context = multiprocessing.get_context("spawn")
    starts, done, called_in = context.Value("i", 0), context.Value("i", 0), list[str]()
    with ProcessPoolExecutor(
        WORKERS, mp_context=context, initializer=set_up, initargs=(starts, done)
    ) as executor:
        list(executor.map(time.sleep, [0.1] * WORKERS))
        until_set_up(starts, WORKERS)
        error_is_kept = executor.submit(fail, 0).exception() is not None
        for _ in range(TASKS):
            executor.submit(count, 0.02)
    done_by_executor, done.value = done.value, 0
    with context.Pool(WORKERS, initializer=set_up, initargs=(starts, done)) as pool:
        pool.map(time.sleep, [0.1] * WORKERS, chunksize=1)
        until_set_up(starts, 2 * WORKERS)
        pool.apply_async(
            abs, (0,), callback=lambda _: called_in.append(threading.current_thread().name)
        ).wait()
        silent = pool.apply_async(fail, (0,))
        silent.wait()  # nothing is raised, printed or logged
        for _ in range(TASKS):
            pool.apply_async(count, (0.02,))
    # Where the rest is wanted, end the block with these two: no more tasks, and wait for what is to do.
    pool.close()
    pool.join()
    return {
        "initializer_calls": starts.value,
        "callback_in": called_in[0],
        "error_is_kept": error_is_kept and not silent.successful(),
        "done_when_pool_left": done.value,
        "done_when_executor_left": done_by_executor,
        "workers": WORKERS,
        "tasks": TASKS,
    }
