"""The programs of ``pool-join``: each gives the same tasks to workers, and ends in a way of its own."""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import Pool
from typing import Any

WORKERS, TASKS = 2, 8
WORK = 0.05
"""Seconds that each task takes."""
DONE = b"done\n"
"""What a task says on standard error, as a tutorial's prints something."""
_kept: Any = None
"""As a program's global is: there until the end."""


def work() -> None:
    """A task with output."""
    time.sleep(WORK)
    os.write(2, DONE)  # in one piece, where print() writes the line and its end


def pool() -> Pool:
    """A pool that has the tasks to do."""
    made = multiprocessing.get_context("spawn").Pool(WORKERS)
    for _ in range(TASKS):
        made.apply_async(work)
    return made


def pool_left() -> None:
    """Each of these functions is a program of its own; this one is what one writes first."""
    global _kept
    _kept = pool()


def pool_left_by_a_block() -> None:
    """It ends at the end of the block."""
    with pool():
        pass


def pool_joined() -> None:
    """Right: no more tasks, and wait for those that there are."""
    made = pool()
    made.close()
    made.join()


def executor_left() -> None:
    """The other kind of pool."""
    global _kept
    _kept = ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn"))
    for _ in range(TASKS):
        _kept.submit(work)


def processes_left(daemon: bool = False) -> None:
    """No pool at all."""
    context = multiprocessing.get_context("spawn")
    for _ in range(WORKERS):
        context.Process(target=work_on, daemon=daemon).start()


def daemons_left() -> None:
    """What the workers of a Pool are."""
    processes_left(daemon=True)


def work_on() -> None:
    """One process's part of the tasks."""
    for _ in range(TASKS // WORKERS):
        work()


PROGRAMS: dict[str, Callable[[], None]] = {
    "Pool, close() and join()": pool_joined,
    "Pool, left alone": pool_left,
    "with Pool()": pool_left_by_a_block,
    "ProcessPoolExecutor, left alone": executor_left,
    "Process, left alone": processes_left,
    "Process with daemon=True, left alone": daemons_left,
}
