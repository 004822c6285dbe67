"""The watchdog: a worker that makes no progress is named in the log, and replaced if it is a child process.

Runs as: one coroutine in the main loop. Stops when: cancelled. Fails as: it does not.

It is the last resort. Each station has earlier checks of its own: timeouts (fetch), a deadline for each page
(parse), pings (write). Who is stuck is decided in :mod:`crawler.rules.stalls`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from crawler.rules.stalls import StallRule, Worker
from crawler.watch.units import age

log = logging.getLogger("crawler.watch")

LOOKS = 10
"""Looks within the timeout, so that a stall is seen at most a tenth later."""


async def watchdog_task(
    workers: Callable[[], Iterable[Worker]],
    stall: float,
    *,
    timeouts: Mapping[str, float],
    replace: Mapping[str, Callable[[int], bool]],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Watch until cancelled. A worker is stuck after its stage's seconds of ``timeouts``, or else ``stall``.

    ``replace``, by stage, ends a child by its pid; False when there is no such child (any more).
    """
    interval = stall / LOOKS
    rule = StallRule(timeouts, stall, 2 * interval)
    while True:
        stuck, recovered = rule.look(workers(), clock())
        for one in recovered:
            log.warning("%s goes on: it was stuck for %s", one.stage, age(one.seconds))
        for found in stuck:
            worker = found.worker
            end = replace.get(worker.stage)
            replaced = end is not None and end(worker.pid)
            if found.is_first or replaced:
                log.error(
                    "%s is stuck: %s (pid %d) does not get on with %r%s since %s%s",
                    worker.stage,
                    worker.holder,
                    worker.pid,
                    worker.step,
                    f" of {worker.url}" if worker.url else "",
                    age(found.seconds),
                    "; replacing it" if replaced else "",
                )
        await sleep(interval)
