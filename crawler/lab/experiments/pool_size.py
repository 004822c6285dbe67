"""How large a pool should be: it depends on what its workers do all day.

Work that computes is done once the cores are busy: more processes than cores add nothing but
switching and memory. Work that waits keeps no core busy: there the number of requests in flight
decides, and throughput grows with it until something else is full. The knee is where growing further
buys little; beyond it requests only wait longer. What was full there is measured, not supposed: the one
core that runs the event loop, or the site that is asked, which would be no limit of ours.

How the requests are sent is in ``pool_size_loop.py`` beside this file.
"""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from crawler.lab.experiments.limits import need_two_cores
from crawler.lab.experiments.pool_size_loop import DELAY, Level, io_bound
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.machine import cores
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.pool_size import busy_table, draw, table
from crawler.lab.tables.units import ms
from crawler.lab.work import interleaved, rounds_for, spin

TASK = 0.005
"""Seconds of CPU time that one task of the CPU-bound part takes."""
ENOUGH = 0.85
"""Of the best throughput: who reaches this is as good, on a machine with other things to do."""
FULL = 0.85
"""Share of a core from which on it is full: whoever runs on it can do no more."""


def cpu_bound(sizes: list[int], tasks: int, repeats: int) -> dict[int, float]:
    """Tasks a second on pools of these sizes: of some interleaved runs, the one least disturbed by others."""
    context = multiprocessing.get_context("spawn")
    pools = {size: ProcessPoolExecutor(size, mp_context=context) for size in sizes}
    work = [rounds_for(TASK)] * tasks
    for size, pool in pools.items():
        list(pool.map(time.sleep, [0.02] * size))  # all its workers are there
    runs = {size: partial(tasks_a_second, pool, work) for size, pool in pools.items()}
    rates = interleaved(runs, repeats)
    for pool in pools.values():
        pool.shutdown()
    return {size: max(some) for size, some in rates.items()}


def tasks_a_second(pool: ProcessPoolExecutor, work: list[int]) -> float:
    """On a pool whose workers are there."""
    started = time.perf_counter()
    list(pool.map(spin, work))
    return len(work) / (time.perf_counter() - started)


@needs(need_two_cores)
def run(scale: Scale) -> Finding:
    """QUICK tries fewer sizes. Raises NotPossible on one core."""
    here, quick = cores(), scale is Scale.QUICK
    sizes = sorted(
        {1, here, 2 * here} if quick else {1, 2, 3, 4, here // 2, here, here + 1, 2 * here, 4 * here}
    )
    # With 1,024 in flight, 51,200 answers a second would come: more than one loop can read.
    levels = [here, 64, 512, 1024] if quick else sorted({1, here, 4, 16, 64, 256, 512, 1024, 2048})
    timing = (0.25, 1) if quick else (0.5, 2)
    # JSON makes texts of the numbers that are keys.
    cpu = {int(n): rate for n, rate in measured(cpu_bound, sizes, 16 if quick else 32, 3).items()}
    loop = {int(n): level for n, level in measured(io_bound, levels, *timing).items()}
    io = {n: level["answers_per_s"] for n, level in loop.items()}
    cpu_fits, io_fits = (rates[here] >= ENOUGH * max(rates.values()) for rates in (cpu, io))
    limit, in_words = limit_of(loop)
    return Finding(
        claim="The best size of a pool is the number of cores.",
        done=f"CPU-bound: tasks of {ms(TASK)} ms on process pools of several sizes. I/O-bound: a site that "
        f"answers after {ms(DELAY)} ms is asked by one event loop, with so many requests in flight.",
        tables=[table(cpu, ("processes", "tasks/s"), "CPU-bound"), busy_table(loop)],
        verdict=Verdict.of([cpu_fits, io_fits]),
        because=f"With as many as there are cores ({here}), CPU-bound work reached "
        f"{cpu[here] / max(cpu.values()):.0%} of the best throughput, I/O-bound work "
        f"{io[here] / max(io.values()):.0%}: {in_words}.",
        figures={
            "cores": here,
            "task_s": TASK,
            "delay_s": DELAY,
            "full_share": FULL,
            "cpu_tasks_per_s": cpu,
            "io_answers_per_s": io,
            "io_cores_busy": {n: {"loop": level["loop"], "site": level["site"]} for n, level in loop.items()},
            "cpu_knee": knee(cpu),
            "io_knee": knee(io),
            "io_limit": limit or "none found",
        },
        draw=partial(draw, cpu, io, here, knee(io) if limit else None, DELAY),
    )


def knee(rates: dict[int, float]) -> int:
    """The least size that is as good as the best."""
    return min(size for size, rate in rates.items() if rate >= ENOUGH * max(rates.values()))


def limit_of(levels: dict[int, Level]) -> tuple[str | None, str]:
    """What keeps more requests in flight from bringing more answers, if that is ours; and all in words."""
    at = knee({n: level["answers_per_s"] for n, level in levels.items()})
    loop, site = (max(level[whose] for n, level in levels.items() if n >= at) for whose in ("loop", "site"))
    grew = f"it grew up to about {at:,} in flight, where"
    if loop >= FULL:
        return (
            "the event loop's core",
            f"{grew} the core of the event loop was full ({loop:.0%} busy, our own site's {site:.0%})",
        )
    if site >= FULL:
        return None, f"{grew} our own site's core was full ({site:.0%} busy); of the loop, no limit was found"
    if at == max(levels):
        return None, f"it still grew with {at:,} in flight, the most that were tried; no limit was found"
    return None, (
        f"{grew} neither the loop's core ({loop:.0%} busy) nor our site's ({site:.0%}) was full; no limit "
        "was found, other programs may have held the cores"
    )
