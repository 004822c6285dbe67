"""Two threads that compute: in Python, and in C code that lets go of the interpreter's lock or does not.

What is said: threads never compute in parallel. Of Python code that is so, where the interpreter has its
lock: ``crawler lab gil``. But a function that is written in C may let go of the lock while it works on
memory that no Python object can change meanwhile, and take it back before it returns. ``hashlib`` and
``zlib`` do so, NumPy in most of its loops, ``sqlite3`` while a statement runs; files and sockets while they
wait. Each call has to be long: ``hashlib`` keeps the lock for fewer than 2,048 bytes, since giving it back
costs more than that.

To be written in C is not enough. ``json`` and ``re`` make and read Python objects all the time, so they
keep the lock throughout. Whether a library lets go is seen from outside, as here: two threads keep two
cores busy, and a second thread gets its turn while the first one works (``c_code_lock.py`` beside this
file).

In this program: the HTML parser, turbohtml, is written in C and keeps the lock, so pages are parsed in
processes (``crawler/parse/parse_pool.py``). SQLite lets go of it, so its thread does not hold the event
loop up (``crawler/frontier/state_thread.py``).
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from crawler.lab.experiments.c_code_lock import lets_go
from crawler.lab.experiments.c_code_works import all_works
from crawler.lab.experiments.limits import need_two_cores
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.machine import has_gil
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.c_code import Measured, draw, in_words, table
from crawler.lab.tables.units import ms
from crawler.lab.work import interleaved

TASK = 0.03
"""Seconds that one thread's work takes when it is alone."""
PARALLEL = 1.2
"""Cores that two threads keep busy, from which on they ran at once: in turns, they keep one busy."""


def cores_of(work: Callable[[], Any], times: int, threads: int) -> tuple[float, float]:
    """Cores that so many threads kept busy, and the seconds they took, each doing the work so many times."""
    spent: list[float] = []

    def run_again_and_again() -> None:
        began = time.thread_time()
        for _ in range(times):
            work()
        spent.append(time.thread_time() - began)

    running = [threading.Thread(target=run_again_and_again) for _ in range(threads)]
    started = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    seconds = time.perf_counter() - started
    return sum(spent) / seconds, seconds


def measure(repeats: int) -> dict[str, Measured]:
    """Of each work: who lets go, and the cores and seconds of one thread and two, the best of some runs."""
    found: dict[str, Measured] = {}
    for name, work in all_works().items():
        work()
        times = max(1, round(TASK / cores_of(work, 1, 1)[1]))
        runs = {threads: partial(cores_of, work, times, threads) for threads in (1, 2)}
        paces = interleaved(runs, repeats)
        found[name] = {
            "lets_go": lets_go(work),
            "cores": max(cores for cores, _ in paces[2]),
            "times_one_thread": 2 * min(took for _, took in paces[1]) / min(took for _, took in paces[2]),
        }
    return found


@needs(need_two_cores)
def run(scale: Scale) -> Finding:
    """QUICK repeats it less often. Raises NotPossible on one core."""
    repeats = 3 if scale is Scale.QUICK else 5
    found: dict[str, Measured] = measured(measure, repeats)
    at_once = any(one["lets_go"] and one["cores"] > PARALLEL for one in found.values())
    return Finding(
        claim="Threads never compute in parallel.",
        done=f"One thread, then two, do {ms(TASK)} ms of work each, in Python and in functions written in "
        f"C; of {repeats} runs, the best. And it is looked whether another thread can run meanwhile.",
        tables=[table(found)],
        # Not by the cores: where other programs have them, nobody computes in parallel.
        verdict=Verdict.of(not one["lets_go"] for one in found.values()),
        because=in_words(found),
        figures=found,
        draw=partial(draw, found),
        notes=[
            *([] if has_gil() else ["This Python runs without the lock: all threads may compute at once."]),
            *([] if at_once else ["No two threads had two cores at once: other programs may have had them."]),
        ],
    )
