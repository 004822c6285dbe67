"""The work that ``cancel`` cancels: some steps, each counted in shared memory when it is done."""

import asyncio
import time
from typing import Any

STEPS, STEP = 10, 0.01
"""Steps of the work, and the seconds that each takes."""
_steps: Any = None
"""Shared memory: steps done so far, and whether the ``finally`` block was reached."""


def begin(steps: Any) -> None:
    """Count in this shared memory, from nothing."""
    share(steps)
    steps[:] = [0, 0]


def steps_done() -> int:
    """How far the work came."""
    return int(_steps[0])


def seen(answer: bool, at: int) -> dict[str, Any]:
    """How far the work was at the cancel, and how far it came. A step that it was at may yet be done."""
    in_all = steps_done()
    return {
        "cancel_returned": answer,
        "steps_before": at,
        "steps_in_all": in_all,
        "finally_ran": bool(_steps[1]),
        "stopped": in_all <= at + 1 < STEPS,
    }


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
