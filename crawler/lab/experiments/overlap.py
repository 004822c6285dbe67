"""Concurrency and parallelism, drawn: which worker ran when, on one core and on two.

*Concurrent* are workers whose work is in progress at the same time; *parallel* are those that run in
the same moment. Coroutines and threads are concurrent: they take turns, coroutines where they say
``await``, threads every few milliseconds. Only processes can be parallel (in a Python with the global
interpreter lock), and they only with a second core.

How it is seen who ran is in ``turns.py`` beside this file.
"""

import asyncio
import os
import threading
from functools import partial
from typing import Any

from crawler.lab.experiments.limits import fork_server, need_choice_of_cores, need_fork_server, need_two_cores
from crawler.lab.experiments.turns import PARALLEL, Spans, look, parallel_share
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.machine import has_gil
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.overlap import draw, in_words, table
from crawler.lab.tables.units import ms

WORKERS = 3
TURN = 0.005
"""Seconds after which a coroutine gives way; threads do so after ``sys.getswitchinterval()``, the same."""
ATTEMPTS = 3
"""Of each, the one with the most parallelism counts: other programs can only take cores away."""


def coroutines(seconds: float) -> list[Spans]:
    """They give way with ``await``, and only there."""
    found: list[Spans] = [[] for _ in range(WORKERS)]

    async def work(spans: Spans) -> None:
        for _ in range(round(seconds / TURN)):
            look(TURN, spans)
            await asyncio.sleep(0)

    async def together() -> None:
        await asyncio.gather(*map(work, found))

    asyncio.run(together())
    return found


def threads(seconds: float) -> list[Spans]:
    """They give way whenever the interpreter says so. All begin together."""
    found: list[Spans] = [[] for _ in range(WORKERS)]
    start = threading.Barrier(WORKERS)

    def work(spans: Spans) -> None:
        start.wait()
        look(seconds, spans)

    running = [threading.Thread(target=work, args=(spans,)) for spans in found]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return found


def processes(seconds: float) -> list[Spans]:
    """They give way when the kernel says so, to others on the same core."""
    context = fork_server(__name__)
    start, results = context.Barrier(WORKERS), context.SimpleQueue()
    running = [context.Process(target=in_process, args=(seconds, start, results)) for _ in range(WORKERS)]
    for process in running:
        process.start()
    found = [results.get() for _ in running]
    for process in running:
        process.join()
    return found


def in_process(seconds: float, start: Any, results: Any) -> None:
    """In a child: the clock is the same for all processes."""
    spans: Spans = []
    start.wait()
    look(seconds, spans)
    results.put(spans)


KINDS = {"coroutines": coroutines, "threads": threads, "processes": processes}


def timeline(kind: str, cores: list[int], seconds: float) -> list[Spans]:
    """Who ran when, on these cores, from the first one's begin. Child processes inherit the cores."""
    os.sched_setaffinity(0, cores)
    found = max((KINDS[kind](seconds) for _ in range(ATTEMPTS)), key=parallel_share)
    begin = min(spans[0][0] for spans in found)
    return [[(start - begin, end - begin) for start, end in spans] for spans in found]


@needs(need_choice_of_cores, need_two_cores, need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK draws shorter lines. Raises NotPossible on one core, and where cores cannot be chosen."""
    seconds = 0.03 if scale is Scale.QUICK else 0.06
    two = sorted(os.sched_getaffinity(0))[:2]
    found = {
        f"{kind} on {name}": measured(timeline, kind, cores, seconds)
        for kind in KINDS
        for name, cores in (("one core", two[:1]), ("two cores", two))
    }
    shares = {name: parallel_share(spans) for name, spans in found.items()}
    return Finding(
        claim="Concurrent workers run at the same time.",
        done=f"{WORKERS} coroutines, threads or processes, each with {ms(seconds)} ms of work, look at the "
        "clock all the time, so that it is seen when each of them ran.",
        tables=[table(found, shares)],
        verdict=Verdict.of(share >= PARALLEL for share in shares.values()),
        because=f"Of the time, at least two ran at once: {in_words(shares)}.",
        figures={"workers": WORKERS, "work_s": seconds, "parallel_share": shares, "spans_s": found},
        draw=partial(draw, found),
        notes=[] if has_gil() else ["This Python has no global interpreter lock."],
    )
