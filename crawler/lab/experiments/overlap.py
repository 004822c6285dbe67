"""Concurrency and parallelism, drawn: which worker ran when, on one core and on two.

*Concurrent* are workers whose work is in progress at the same time; *parallel* are those that run in
the same moment. Coroutines and threads are concurrent: they take turns, coroutines where they say
``await``, threads every few milliseconds. Only processes can be parallel (in a Python with the global
interpreter lock), and they only with a second core.

How does one see who ran? Each worker looks at the clock all the time. A gap in what it read means
that it did not run in between.
"""

import asyncio
import multiprocessing
import os
import threading
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crawler.lab.experiments.limits import need_cores, need_fork_server
from crawler.lab.finding import Finding, NotPossible, Scale, Table, Verdict
from crawler.lab.machine import has_gil
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE
from crawler.lab.sandbox_process import measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORKERS = 3
GAP = 0.0001
"""Seconds between two looks at the clock from which on the worker was not running."""
TURN = 0.005
"""Seconds after which a coroutine gives way; threads do so after ``sys.getswitchinterval()``, the same."""
COLOURS = {"coroutines": GREEN, "threads": ORANGE, "processes": BLUE}
ATTEMPTS = 3
"""Of each, the one with the most parallelism counts: other programs can only take cores away."""
PARALLEL = 0.005
"""Share of the time from which on workers ran in parallel; less is the error of the clock's gaps."""
Spans = list[tuple[float, float]]


def look(seconds: float, spans: Spans) -> None:
    """Run for so many seconds of CPU time, and note from when to when this really ran."""
    until = time.thread_time() + seconds
    begun = last = time.perf_counter()
    while time.thread_time() < until:
        now = time.perf_counter()
        if now - last > GAP:
            spans.append((begun, last))
            begun = now
        last = now
    spans.append((begun, last))


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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
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


def timeline(kind: str, cores: list[int], seconds: float) -> list[Spans]:
    """Who ran when, on these cores, from the first one's begin. Child processes inherit the cores."""
    os.sched_setaffinity(0, cores)
    work_together = {"coroutines": coroutines, "threads": threads, "processes": processes}[kind]
    found = max((work_together(seconds) for _ in range(ATTEMPTS)), key=parallel_share)
    begin = min(spans[0][0] for spans in found)
    return [[(start - begin, end - begin) for start, end in spans] for spans in found]


def parallel_share(found: list[Spans]) -> float:
    """Of the time in which somebody ran, the share in which at least two did."""
    changes = sorted(
        (at, step) for spans in found for span in spans for at, step in zip(span, (1, -1), strict=True)
    )
    running, one, two = 0, 0.0, 0.0
    for (at, step), (after, _) in pairwise(changes):
        running += step
        one += (after - at) * (running >= 1)
        two += (after - at) * (running >= 2)
    return two / one


def run(scale: Scale) -> Finding:
    """QUICK draws shorter lines. Raises NotPossible on one core, and where cores cannot be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        raise NotPossible("This experiment needs os.sched_setaffinity, which this platform lacks.")
    need_cores(2)
    need_fork_server()
    seconds = 0.03 if scale is Scale.QUICK else 0.06
    two = sorted(os.sched_getaffinity(0))[:2]
    found = {
        f"{kind} on {name}": measured(timeline, kind, cores, seconds)
        for kind in COLOURS
        for name, cores in (("one core", two[:1]), ("two cores", two))
    }
    shares = {name: parallel_share(spans) for name, spans in found.items()}
    parallel = [name for name, share in shares.items() if share >= PARALLEL]
    on_two = [name for name in parallel if name.endswith("two cores")]
    return Finding(
        claim="Concurrent workers run at the same time.",
        done=f"{WORKERS} coroutines, threads or processes, each with {seconds * 1e3:.0f} ms of work, look "
        "at the clock "
        "all the time, so that it is seen when each of them ran.",
        tables=[table(found, shares)],
        verdict=Verdict.of(name in parallel for name in found),
        because="Of the time, at least two ran at once: "
        + ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        + ".",
        figures={"parallel_share": shares, "spans_s": found},
        draw=partial(draw, found),
        notes=[] if has_gil() or len(on_two) < 2 else ["This Python has no global interpreter lock."],
    )


def table(found: dict[str, list[Spans]], shares: dict[str, float]) -> Table:
    """A row for each panel of the picture."""
    rows = [
        (
            name,
            str(sum(len(spans) for spans in workers)),
            f"{shares[name]:.0%}",
            f"{max(spans[-1][1] for spans in workers) * 1e3:.0f}",
        )
        for name, workers in found.items()
    ]
    return Table(("workers", "turns in all", "time with two or more running", "all done, ms"), tuple(rows))


def draw(found: dict[str, list[Spans]], figure: "Figure") -> None:
    """A line for each worker, broken where it did not run."""
    figure.set_size_inches(9, 5)
    panels = figure.subplots(len(COLOURS), 2, sharex="row", sharey=True)
    lasts = {name: max(spans[-1][1] for spans in workers) * 1e3 for name, workers in found.items()}
    for axes, (name, workers) in zip(panels.flat, found.items(), strict=True):
        kind = name.split()[0]
        for number, spans in enumerate(workers):
            bars = [(start * 1e3, (end - start) * 1e3) for start, end in spans]
            axes.broken_barh(bars, (number + 0.6, 0.8), color=COLOURS[kind])
        axes.set_title(name)
        axes.set(yticks=range(1, WORKERS + 1), ylabel="worker")
        axes.set_xlim(0, 1.02 * max(last for other, last in lasts.items() if other.startswith(kind)))
    for axes in panels[-1]:
        axes.set_xlabel("time (ms)")
