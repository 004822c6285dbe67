"""What ``cancel()`` does to a coroutine, to a thread's future and to a process's future.

Only a coroutine can be cancelled while it runs: at its next ``await``, CancelledError is raised in it,
``finally`` blocks run, and it ends. Between two ``await``s it cannot be reached either.

A future of an executor stands for a call that somebody else makes. ``cancel()`` takes it off the list if
it has not begun; if it has, it returns False and the call goes on. In asyncio that is easy to miss:
cancelling (or timing out) ``await loop.run_in_executor(...)`` ends the *waiting*, and the thread or
process works on. To stop work in a thread, ask it to (an Event it looks at); in a process, kill that.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from crawler.lab.experiments.limits import need_fork_server
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.sandbox_process import measured

STEPS, STEP = 10, 0.01
"""Steps of the work, and the seconds that each takes."""
_steps: Any = None
"""Shared memory: steps done so far, and whether the ``finally`` block was reached."""


def share(steps: Any) -> None:
    """The executor's initializer."""
    global _steps
    _steps = steps


def work() -> None:
    """Some steps, each counted when it is done."""
    try:
        for _ in range(STEPS):
            time.sleep(STEP)
            _steps[0] += 1
    finally:
        _steps[1] = 1


async def work_with_awaits() -> None:
    """The same as a coroutine."""
    try:
        for _ in range(STEPS):
            await asyncio.sleep(STEP)
            _steps[0] += 1
    finally:
        _steps[1] = 1


async def work_without_awaits() -> None:
    """A coroutine that never gives way, once it has begun."""
    await asyncio.sleep(0)
    work()


async def cancel_task(coroutine: Any) -> dict[str, Any]:
    """Cancel a task after two and a half steps."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(2.5 * STEP)
    answer, at = task.cancel(), _steps[0]
    with suppress(asyncio.CancelledError):
        await task
    return seen(answer, at)


async def cancel_awaited(executor: Executor) -> dict[str, Any]:
    """Cancel what waits for an executor's call, as a timeout does."""
    started = time.perf_counter()
    task = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(executor, work))
    await asyncio.sleep(2.5 * STEP)
    answer, at = task.cancel(), _steps[0]
    with suppress(asyncio.CancelledError):
        await task
    waited = time.perf_counter() - started
    await asyncio.sleep(STEPS * STEP * 1.5)
    return seen(answer, at) | {"waited_s": waited}


def cancel_future(executor: Executor, busy: int) -> dict[str, Any]:
    """Cancel a running call (``busy`` is 0), or one that stands behind ``busy`` others."""
    others = [executor.submit(time.sleep, 3 * STEP) for _ in range(busy)]
    future = executor.submit(work)
    time.sleep(2.5 * STEP)
    answer, at = future.cancel(), _steps[0]
    wait([future, *others])
    return seen(answer, at)


def seen(answer: bool, at: int) -> dict[str, Any]:
    """What became of the work: how far it was at the cancel, and how far it came."""
    return {
        "cancel_returned": answer,
        "steps_before": at,
        "steps_in_all": _steps[0],
        "finally_ran": bool(_steps[1]),
    }


def cancel_all() -> dict[str, dict[str, Any]]:
    """Each kind of work, cancelled."""
    global _steps
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    _steps = context.RawArray("i", 2)
    found: dict[str, dict[str, Any]] = {}
    with (
        ThreadPoolExecutor(1) as thread,
        ProcessPoolExecutor(1, mp_context=context, initializer=share, initargs=(_steps,)) as process,
    ):
        process.submit(abs, 0).result()  # it is there
        attempts: dict[str, Callable[[], dict[str, Any]]] = {
            "coroutine": lambda: asyncio.run(cancel_task(work_with_awaits())),
            "coroutine that never awaits": lambda: asyncio.run(cancel_task(work_without_awaits())),
            "thread's future, waiting": lambda: cancel_future(thread, 1),
            "thread's future, running": lambda: cancel_future(thread, 0),
            "await of a thread": lambda: asyncio.run(cancel_awaited(thread)),
            # One worker's queue holds one call more, which counts as running from then on.
            "process's future, waiting": lambda: cancel_future(process, 3),
            "process's future, next in line": lambda: cancel_future(process, 1),
            "process's future, running": lambda: cancel_future(process, 0),
            "await of a process": lambda: asyncio.run(cancel_awaited(process)),
        }
        for what, attempt in attempts.items():
            _steps[:] = [0, 0]
            found[what] = attempt()
    return found


def stopped(one: dict[str, Any]) -> bool:
    """The work went no further, but for the step that it was at."""
    return bool(one["steps_in_all"] <= one["steps_before"] + 1 < STEPS)


def run(_scale: Scale) -> Finding:
    """Both scales do the same. Raises NotPossible where there is no fork server."""
    need_fork_server()
    found = measured(cancel_all)
    went_on = [what for what, one in found.items() if not stopped(one)]
    did_stop = [what for what in found if what not in went_on]
    return Finding(
        claim="cancel() stops the work.",
        done=f"Work of {STEPS} steps of {STEP * 1e3:.0f} ms is cancelled after two and a half of them, or "
        "while it waits for its turn.",
        tables=[table(found)],
        verdict=Verdict.of(map(stopped, found.values())),
        because=f"It stopped: {'; '.join(did_stop) or 'nothing'}. "
        f"It went on to the end: {'; '.join(went_on) or 'nothing'}.",
        figures={"cancelled": found, "went_on": went_on},
    )


def table(found: dict[str, dict[str, Any]]) -> Table:
    """A row for each kind of work."""
    rows = [
        (
            what,
            str(one["cancel_returned"]),
            str(one["steps_before"]),
            f"{one['steps_in_all']} of {STEPS}",
            "yes" if one["finally_ran"] else "no",
            "yes" if stopped(one) else "no",
        )
        for what, one in found.items()
    ]
    heads = (
        "cancelled",
        "cancel() returned",
        "steps done then",
        "steps done in the end",
        "finally ran",
        "stopped",
    )
    return Table(heads, tuple(rows))
