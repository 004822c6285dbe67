"""A lost update: two read the same number, both add one to it, and one of the two is gone.

What is said: coroutines need no lock, because you decide when they switch. In an event loop a switch is
possible only at ``await``; between two of them a coroutine is alone, and no lock is needed. But who reads,
awaits and then writes has decided to let others in between. The trap is short: ``counter += await one()``
reads the counter *before* it waits.

A thread may be switched anywhere between two of its bytecodes. CPython from 3.10 on does so only at calls
and at the end of a loop's round, so a bare ``counter += 1`` loses nothing there. Nobody promises that, and
a Python without the interpreter's lock breaks it. ``counter += one()`` has a call between reading and
writing.

In this program: ``crawler/fetch/fetch_task.py`` counts without a lock, since no ``await`` is in between;
``crawler/fetch/robots_cache.py`` reads, awaits and writes, and has an ``asyncio.Lock`` for that; threads
that write to one pipe have a ``threading.Lock`` (``crawler/plumbing/inside_child_process.py``).

The ways to add one are in ``lost_update_ways.py`` beside this file.
"""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import partial

from crawler.lab.experiments import lost_update_ways as ways
from crawler.lab.experiments.lost_update_ways import Counter
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.machine import has_gil
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.lost_update import Counted, draw, in_words, table

WORKERS, SLOW = 4, 100
"""Threads, or coroutines; and how often each of them adds one, where it waits each time."""
IN_THREADS: dict[str, Callable[[Counter], None]] = {
    "counter += 1": ways.add,
    "counter += one()": ways.add_called,
    "read, wait, write": ways.add_over_a_wait,
    "read, wait, write, with a Lock": ways.add_locked,
}
IN_COROUTINES: dict[str, Callable[[Counter], Awaitable[None]]] = {
    "counter += 1": ways.add_alone,
    "counter += await one()": ways.add_awaited,
    "read, await, write": ways.add_over_an_await,
    "read, await, write, with a Lock": ways.add_locked_awaiting,
}
WAITING = (ways.add_over_a_wait, ways.add_locked)


def by_threads(step: Callable[[Counter], None], times: int) -> int:
    """What the counter says after threads that began at once have taken the step ``times`` times each."""
    counter, gate = Counter(), threading.Barrier(WORKERS)

    def work() -> None:
        gate.wait()
        for _ in range(times):
            step(counter)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counter.value


def by_coroutines(step: Callable[[Counter], Awaitable[None]], times: int) -> int:
    """The same with coroutines."""

    async def work(counter: Counter) -> None:
        for _ in range(times):
            await step(counter)

    async def all_of_them() -> int:
        counter = Counter()
        await asyncio.gather(*(work(counter) for _ in range(WORKERS)))
        return counter.value

    return asyncio.run(all_of_them())


def count(fast: int) -> dict[str, dict[str, Counted]]:
    """Each way: how often one was to be added, and how many of these are lost. ``fast``: without a wait."""
    sys.setswitchinterval(1e-6)  # threads switch as often as they can: what is rare is seen sooner
    found: dict[str, dict[str, Counted]] = {"threads": {}, "coroutines": {}}
    for way, step in IN_THREADS.items():
        times = SLOW if step in WAITING else fast
        found["threads"][way] = {"added": WORKERS * times, "lost": WORKERS * times - by_threads(step, times)}
    for way, coroutine in IN_COROUTINES.items():
        lost = WORKERS * SLOW - by_coroutines(coroutine, SLOW)
        found["coroutines"][way] = {"added": WORKERS * SLOW, "lost": lost}
    return found


def run(scale: Scale) -> Finding:
    """QUICK counts less far."""
    found = measured(count, 50_000 if scale is Scale.QUICK else 100_000)
    return Finding(
        claim="You decide when to switch, so coroutines need no lock.",
        done=f"{WORKERS} threads, then {WORKERS} coroutines, add one to the same number again and again: at "
        "once, with a call or a wait between reading and writing, and so with a lock.",
        tables=[table(found)],
        verdict=Verdict.of(
            found["coroutines"][way]["lost"] == 0 for way in ("counter += 1", "read, await, write")
        ),
        because=f"Coroutines lost {in_words(found['coroutines'])}. "
        f"Threads lost {in_words(found['threads'])}.",
        figures=found,
        draw=partial(draw, found),
        notes=[] if has_gil() else ["This Python runs without the lock, so threads may write at once."],
    )
