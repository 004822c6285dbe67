"""How large a pool should be: it depends on what its workers do all day.

Work that computes is done once the cores are busy: more processes than cores add nothing but
switching and memory. Work that waits keeps no core busy: there the number of requests in flight
decides, and throughput grows with it until something else is full, here the one core that runs the
event loop. The knee is where growing further buys little; beyond it requests only wait longer.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.lab.experiments.limits import need_cores
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.graph_site import graph_site
from crawler.lab.machine import cores
from crawler.lab.report.pictures import BLUE, GREEN
from crawler.lab.sandbox_process import measured
from crawler.lab.work import rounds_for, spin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    rounds, rates = rounds_for(TASK), {size: list[float]() for size in sizes}
    for size, pool in pools.items():
        list(pool.map(time.sleep, [0.02] * size))  # all its workers are there
    for _ in range(repeats):
        for size, pool in pools.items():
            started = time.perf_counter()
            list(pool.map(spin, [rounds] * tasks))
            rates[size].append(tasks / (time.perf_counter() - started))
    for pool in pools.values():
        pool.shutdown()
    return {size: max(some) for size, some in rates.items()}


def io_bound(levels: list[int], seconds: float) -> dict[int, float]:
    """Answers a second with so many requests in flight, each on a connection of its own."""
    with graph_site(pages=10, delay=DELAY) as site:
        address = urlsplit(site.url)
        ask = partial(requests, address.hostname or "", address.port or 0)
        return {level: asyncio.run(answers_a_second(level, seconds, ask)) for level in levels}


async def answers_a_second(level: int, seconds: float, ask: Callable[[float], Any]) -> float:
    """``level`` coroutines, each with one request in flight at a time."""
    until = time.perf_counter() + seconds
    answers: list[int] = await asyncio.gather(*(ask(until) for _ in range(level)))
    return sum(answers) / seconds


async def requests(host: str, port: int, until: float) -> int:
    """Ask again and again until it is time; the number of answers."""
    reader, writer = await asyncio.open_connection(host, port)
    answers = 0
    while time.perf_counter() < until:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.rpartition(b": ")[2]))
        answers += time.perf_counter() < until
    writer.close()
    return answers


def run(scale: Scale) -> Finding:
    """QUICK tries fewer sizes. Raises NotPossible on one core."""
    need_cores(2)
    here, quick = cores(), scale is Scale.QUICK
    sizes = sorted(
        {1, here, 2 * here} if quick else {1, 2, 3, 4, here // 2, here, here + 1, 2 * here, 4 * here}
    )
    levels = [here, 64] if quick else sorted({1, here, 4, 16, 64, 128, 256, 512})
    # JSON makes texts of the numbers that are keys.
    cpu = {int(n): rate for n, rate in measured(cpu_bound, sizes, 16 if quick else 32, 3).items()}
    io = {int(n): rate for n, rate in measured(io_bound, levels, 0.25 if quick else 0.4).items()}
    cpu_fits, io_fits = (rates[here] >= ENOUGH * max(rates.values()) for rates in (cpu, io))
    return Finding(
        claim="The best size of a pool is the number of cores.",
        done=f"CPU-bound: tasks of {TASK * 1e3:.0f} ms on process pools of several sizes. I/O-bound: a site "
        "that answers "
        f"after {DELAY * 1e3:.0f} ms is asked by one event loop, with so many requests in flight.",
        tables=[
            table(cpu, ("processes", "tasks/s"), "CPU-bound"),
            table(io, ("requests in flight", "answers/s"), "I/O-bound"),
        ],
        verdict={2: Verdict.BORNE_OUT, 1: Verdict.HALF, 0: Verdict.NOT_BORNE_OUT}[cpu_fits + io_fits],
        because=f"With as many as there are cores ({here}), CPU-bound work reached "
        f"{cpu[here] / max(cpu.values()):.0%} of the "
        f"best throughput, I/O-bound work {io[here] / max(io.values()):.0%}: its knee is at about "
        f"{knee(io)} in flight.",
        figures={
            "cores": here,
            "cpu_tasks_per_s": cpu,
            "io_answers_per_s": io,
            "cpu_knee": knee(cpu),
            "io_knee": knee(io),
        },
        draw=partial(draw, cpu, io, here),
    )


def knee(rates: dict[int, float]) -> int:
    """The least size that is as good as the best."""
    return min(size for size, rate in rates.items() if rate >= ENOUGH * max(rates.values()))


def table(rates: dict[int, float], columns: tuple[str, str], title: str) -> Table:
    """A row for each size."""
    best = max(rates.values())
    rows = [(str(size), f"{rate:,.0f}", f"{rate / best:.0%}") for size, rate in rates.items()]
    return Table((*columns, "of the best"), tuple(rows), title)


def draw(cpu: dict[int, float], io: dict[int, float], here: int, figure: "Figure") -> None:
    """Two curves, each with its knee."""
    left, right = figure.subplots(1, 2)
    left.plot(list(cpu), list(cpu.values()), "o-", color=BLUE)
    left.axvline(here, color="#777777", linestyle=":")
    left.annotate(
        f"{here} cores",
        (here, 0.04),
        (5, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color="#555555",
    )
    left.set(xlabel="processes in the pool", ylabel="tasks/s", ylim=(0, None), xlim=(0, None))
    left.set_title("CPU-bound")
    right.semilogx(list(io), list(io.values()), "o-", color=GREEN, base=2)
    right.axvline(knee(io), color="#777777", linestyle=":")
    right.annotate(
        f"knee: {knee(io)}",
        (knee(io), 0.04),
        (-5, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color="#555555",
        ha="right",
    )
    right.set(xlabel="requests in flight", ylabel="answers/s", ylim=(0, None), xticks=list(io))
    right.set_xticklabels([str(level) for level in io])
    right.set_title(f"I/O-bound ({DELAY * 1e3:.0f} ms latency)")
