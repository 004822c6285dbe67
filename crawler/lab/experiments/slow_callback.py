"""What asyncio's debug mode says of code that blocks the event loop, what it does not say, and what it costs.

What is said: run with ``asyncio.run(main(), debug=True)``, or ``PYTHONASYNCIODEBUG=1``, and asyncio tells
who blocks the loop. So it does: the loop takes the time of each callback that it calls, and a step of a
coroutine, from one wait to the next, is such a callback. One that takes longer than
``loop.slow_callback_duration`` (0.1 s) is logged as a warning, with the task's name, the file and line of
its outermost coroutine, and the seconds.

It is silent where many short steps follow each other: each is below the limit, and all together the loop is
as late. It speaks when the step is over, so of one that never ends it says nothing. It names the task, not
the call at fault below it. And it makes every task and callback dearer, so it is for tests and for looking.

In this program: ``crawler/watch/stall_task.py`` measures in every crawl how late the loop was, whoever it
was; the tests run under BlockBuster, which stops at the blocking call itself.

What blocks is in ``slow_callback_ways.py`` beside this file.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from crawler.lab.experiments.slow_callback_ways import (
    BLOCK,
    SHORT,
    many_short_steps,
    one_long_callback,
    one_long_step,
)
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.slow_callback import Heard, table
from crawler.lab.tables.units import ms
from crawler.lab.work import interleaved

LIMIT = 0.2
"""``slow_callback_duration`` here, in seconds."""
TOOK = re.compile(r"Executing <(?:Task .*?name='([^']+)'|Handle (\w+)).* took ([\d.]+) seconds", re.DOTALL)
"""What asyncio logs of a task, or of a callback that is none."""


def listen(blocking: Callable[[], Coroutine[Any, Any, None]], debug: bool) -> Heard:
    """Run it; whom asyncio's log names, with how many seconds, and whether it names the call at fault."""
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("asyncio").addHandler(handler)

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = LIMIT
        await blocking()

    asyncio.run(main(), debug=debug)
    logging.getLogger("asyncio").removeHandler(handler)
    told = [found.groups() for found in map(TOOK.match, said) if found]
    return {
        "named": [task or call for task, call, _ in told],
        "seconds": [float(seconds) for *_, seconds in told],
        "call_named": any("parse()" in text for text in said),
    }


def tasks_a_second(debug: bool, count: int = 2_000) -> float:
    """How many tasks are made, run to their end and awaited."""

    async def main() -> float:
        started = time.perf_counter()
        for _ in range(count):
            await asyncio.create_task(asyncio.sleep(0))
        return count / (time.perf_counter() - started)

    return asyncio.run(main(), debug=debug)


def try_all() -> dict[str, Any]:
    """Each kind of blocking under debug mode, one without it, and what debug mode costs."""
    heard = {
        "one long step of a task": listen(one_long_step, True),
        "one long callback": listen(one_long_callback, True),
        "many short steps": listen(many_short_steps, True),
        "one long step, debug mode off": listen(one_long_step, False),
    }
    rates = interleaved({mode: partial(tasks_a_second, mode == "on") for mode in ("on", "off")}, 3)
    return {"heard": heard, "tasks_per_s": {mode: max(some) for mode, some in rates.items()}}


def run(_scale: Scale) -> Finding:
    """Both scales do the same."""
    found = measured(try_all)
    heard, rates = found["heard"], found["tasks_per_s"]
    debugged = {how: one for how, one in heard.items() if "off" not in how}
    seen, unseen = (
        [how for how, one in debugged.items() if bool(one["named"]) is so] for so in (True, False)
    )
    return Finding(
        claim="asyncio's debug mode names whatever blocks the event loop.",
        done=f"A loop is blocked for {ms(BLOCK)} ms, in one piece or in pieces of {ms(SHORT)} ms; from "
        f"{ms(LIMIT)} ms on debug mode is to tell. Then many tasks are run with and without it.",
        tables=[table(heard)],
        verdict=Verdict.of(bool(one["named"]) for one in debugged.values()),
        because=f"Named: {', '.join(seen) or 'nothing'}. Not named: {', '.join(unseen) or 'nothing'}. "
        f"Debug mode ran {rates['on']:,.0f} tasks a second, {rates['on'] / rates['off']:.0%} of what was "
        "run without it.",
        figures=found,
    )
