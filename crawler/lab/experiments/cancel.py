"""What ``cancel()`` does to a coroutine, to a thread's future and to a process's future.

Only a coroutine can be cancelled while it runs: at its next ``await``, CancelledError is raised in it,
``finally`` blocks run, and it ends. Between two ``await``s it cannot be reached either.

A future of an executor stands for a call that somebody else makes. ``cancel()`` takes it off the list if
it has not begun; if it has, it returns False and the call goes on. In asyncio that is easy to miss:
cancelling (or timing out) ``await loop.run_in_executor(...)`` ends the *waiting*, and the thread or
process works on. To stop work in a thread, ask it to (an Event it looks at); in a process, kill that.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from crawler.lab.experiments.cancel_work import (
    STEP,
    STEPS,
    begin,
    seen,
    share,
    steps_done,
    work,
    work_with_awaits,
    work_without_awaits,
)
from crawler.lab.experiments.limits import fork_server, need_fork_server
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.cancel import table
from crawler.lab.tables.units import ms


async def cancel_task(coroutine: Any) -> dict[str, Any]:
    """Cancel a task after two and a half steps."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(2.5 * STEP)
    answer, at = task.cancel(), steps_done()
    with suppress(asyncio.CancelledError):
        await task
    return seen(answer, at)


async def cancel_awaited(executor: Executor) -> dict[str, Any]:
    """Cancel what waits for an executor's call, as a timeout does."""
    started = time.perf_counter()
    task = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(executor, work))
    await asyncio.sleep(2.5 * STEP)
    answer, at = task.cancel(), steps_done()
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
    answer, at = future.cancel(), steps_done()
    wait([future, *others])
    return seen(answer, at)


def cancel_all() -> dict[str, dict[str, Any]]:
    """Each kind of work, cancelled."""
    context = fork_server(work.__module__)
    steps = context.RawArray("i", 2)
    found: dict[str, dict[str, Any]] = {}
    with (
        ThreadPoolExecutor(1) as thread,
        ProcessPoolExecutor(1, mp_context=context, initializer=share, initargs=(steps,)) as process,
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
            begin(steps)
            found[what] = attempt()
    return found


@needs(need_fork_server)
def run(_scale: Scale) -> Finding:
    """Both scales do the same. Raises NotPossible where there is no fork server."""
    found = measured(cancel_all)
    went_on = [what for what, one in found.items() if not one["stopped"]]
    did_stop = [what for what in found if what not in went_on]
    return Finding(
        claim="cancel() stops the work.",
        done=f"Work of {STEPS} steps of {ms(STEP)} ms is cancelled after two and a half of them, or "
        "while it waits for its turn.",
        tables=[table(found, STEPS)],
        verdict=Verdict.of(one["stopped"] for one in found.values()),
        because=f"It stopped: {'; '.join(did_stop) or 'nothing'}. "
        f"It went on to the end: {'; '.join(went_on) or 'nothing'}.",
        figures={"cancelled": found, "went_on": went_on},
    )
