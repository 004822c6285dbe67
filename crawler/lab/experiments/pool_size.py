"""How large a pool should be: it depends on what its workers do all day.

Work that computes is done once the cores are busy: more processes than cores add nothing but
switching and memory. Work that waits keeps no core busy: there the number of requests in flight
decides, and throughput grows with it until something else is full, here the one core that runs the
event loop. The knee is where growing further buys little; beyond it requests only wait longer.
"""

import asyncio
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from crawler.lab.asking import ask_again_and_again
from crawler.lab.experiments.limits import need_cores
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.graph_site import graph_site
from crawler.lab.machine import cores
from crawler.lab.sandbox_process import measured
from crawler.lab.telling.pool_size import draw, table
from crawler.lab.telling.units import ms
from crawler.lab.work import interleaved, rounds_for, spin

TASK = 0.005
"""Seconds of CPU time that one task of the CPU-bound part takes."""
DELAY = 0.020
"""Seconds until the site answers a request."""
ENOUGH = 0.85
"""Of the best throughput: who reaches this is as good, on a machine with other things to do."""


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


def io_bound(levels: list[int], seconds: float) -> dict[int, float]:
    """Answers a second with so many requests in flight, each on a connection of its own."""
    with graph_site(pages=10, delay=DELAY) as site:
        return {level: asyncio.run(answers_a_second(level, seconds, site.url)) for level in levels}


async def answers_a_second(level: int, seconds: float, site: str) -> float:
    """``level`` coroutines, each with one request in flight at a time."""
    started = time.perf_counter()
    answers = await asyncio.gather(*(ask_again_and_again(site, started + seconds) for _ in range(level)))
    return sum(map(len, answers)) / (time.perf_counter() - started)


def run(scale: Scale) -> Finding:
    """QUICK tries fewer sizes. Raises NotPossible on one core."""
    need_cores(2)
    here, quick = cores(), scale is Scale.QUICK
    sizes = sorted(
        {1, here, 2 * here} if quick else {1, 2, 3, 4, here // 2, here, here + 1, 2 * here, 4 * here}
    )
    levels = (
        [here, 64] if quick else sorted({1, here, 4, 16, 64, 256, 512, 800})
    )  # connections: a process may often open 1,024
    # JSON makes texts of the numbers that are keys.
    cpu = {int(n): rate for n, rate in measured(cpu_bound, sizes, 16 if quick else 32, 3).items()}
    io = {int(n): rate for n, rate in measured(io_bound, levels, 0.25 if quick else 0.4).items()}
    cpu_fits, io_fits = (rates[here] >= ENOUGH * max(rates.values()) for rates in (cpu, io))
    return Finding(
        claim="The best size of a pool is the number of cores.",
        done=f"CPU-bound: tasks of {ms(TASK)} ms on process pools of several sizes. I/O-bound: a site that "
        f"answers after {ms(DELAY)} ms is asked by one event loop, with so many requests in flight.",
        tables=[
            table(cpu, ("processes", "tasks/s"), "CPU-bound"),
            table(io, ("requests in flight", "answers/s"), "I/O-bound"),
        ],
        verdict=Verdict.of([cpu_fits, io_fits]),
        because=f"With as many as there are cores ({here}), CPU-bound work reached "
        f"{cpu[here] / max(cpu.values()):.0%} of the best throughput, I/O-bound work "
        f"{io[here] / max(io.values()):.0%}: its knee is at about {knee(io)} in flight.",
        figures={
            "cores": here,
            "cpu_tasks_per_s": cpu,
            "io_answers_per_s": io,
            "cpu_knee": knee(cpu),
            "io_knee": knee(io),
        },
        draw=partial(draw, cpu, io, here, knee(io), DELAY),
    )


def knee(rates: dict[int, float]) -> int:
    """The least size that is as good as the best."""
    return min(size for size, rate in rates.items() if rate >= ENOUGH * max(rates.values()))
