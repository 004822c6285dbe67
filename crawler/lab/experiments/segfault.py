"""Who dies of a segmentation fault: reading memory that is not the process's, as a broken C extension does.

A signal like SIGSEGV hits a process, not a thread. So a crash in any thread, or in the code that a
coroutine calls, is the end of the program: no ``except`` catches it, no ``finally`` runs. In a child
process it is the end of that child, and the parent reads which signal it was from ``exitcode``.

The pools make different things of it. ``multiprocessing.Pool`` replaces its worker and never says
what became of the task: ``get()`` without a timeout waits for ever. ``ProcessPoolExecutor`` gives
the whole pool up: every future that was not done fails, also those of innocent tasks. What this
crawler makes of it is another experiment, ``pool-kill``.
"""

import asyncio
import ctypes
import multiprocessing
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import run_alone
from crawler.lab.tables.segfault import table

SURVIVED = "a finally block was run"
TIMEOUT = 0.5
"""Seconds to wait for the result of the task that crashed in a Pool; it would take milliseconds."""


def crash() -> None:
    """Read at address 0, and say so if Python gets the better of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # leave no core file
    try:
        ctypes.string_at(0)
    finally:
        print(SURVIVED, file=sys.stderr)  # noqa: T201 - this program's last words


def in_a_thread() -> str:
    """Each of these functions is called in a program of its own, and returns if that survives."""
    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    return "thread ended"


def in_a_coroutine() -> str:
    """The loop's own thread crashes."""

    async def crashing() -> None:
        crash()

    asyncio.run(crashing())
    return "coroutine ended"


def in_a_process() -> str:
    """The child's exit code is minus the signal's number."""
    child = multiprocessing.get_context("spawn").Process(target=crash)
    child.start()
    child.join()
    return f"exitcode {child.exitcode} ({signal.Signals(-(child.exitcode or 0)).name})"


def in_a_pool() -> str:
    """What becomes of the other worker's task, of the crashed one's, and of the worker."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(abs, range(2))  # the workers are there
        before = {worker.pid for worker in multiprocessing.active_children()}
        crashed, innocent = pool.apply_async(crash), pool.apply_async(abs, (-1,))
        innocent.get()
        try:
            crashed.get(timeout=TIMEOUT)
        except multiprocessing.TimeoutError:
            now = {worker.pid for worker in multiprocessing.active_children()}
            return f"no result and no error after {TIMEOUT} s; new workers: {len(now - before)}"
    return "an answer"


def in_an_executor() -> str:
    """How many futures fail, of one that crashed and one that had nothing to do with it."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        list(executor.map(abs, range(2)))
        innocent, crashed = executor.submit(time.sleep, 20), executor.submit(crash)
        wait([innocent, crashed])
        broken = [isinstance(future.exception(), BrokenProcessPool) for future in (innocent, crashed)]
    return f"BrokenProcessPool for {sum(broken)} of 2 tasks, {sum(broken[:1])} of them innocent"


PLACES: dict[str, Callable[[], str]] = {
    "thread": in_a_thread,
    "coroutine": in_a_coroutine,
    "Process": in_a_process,
    "multiprocessing.Pool": in_a_pool,
    "ProcessPoolExecutor": in_an_executor,
}


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    ends = {place: run_alone(function, timeout=30) for place, function in PLACES.items()}
    survived = [place for place, end in ends.items() if end.exit_code == 0]
    dead = [place for place in ends if place not in survived]
    return Finding(
        claim="When a worker crashes, the rest of the program goes on.",
        done="A thread, a coroutine, a child process and a worker of each pool read at address 0, each in a "
        "program of its own; then it is seen whether that program went on.",
        tables=[table(ends, SURVIVED)],
        verdict=Verdict.of(place in survived for place in ends),
        because=f"The program went on after a crash in: {', '.join(survived) or 'none'}. "
        f"It ended with the worker after a crash in: {', '.join(dead) or 'none'}.",
        figures={
            place: {"exit_code": end.exit_code, "hung": end.hung, "saw": end.answer}
            for place, end in ends.items()
        },
    )
