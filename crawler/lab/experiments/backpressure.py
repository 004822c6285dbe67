"""The same pipeline with a bounded and an unbounded queue: what each does to memory, and to speed.

A pipeline is as fast as its slowest station. If a station before it is faster, what it makes has to wait
somewhere. In a queue without a bound it waits in memory, more and more of it, for as long as the
program runs. A bound makes ``put`` wait when the queue is full: the slow station slows the fast one,
which is called backpressure. It costs no speed, since the slow station never runs out of work.

(Here the queue counts items. This crawler's queues count bytes, because one page may be a thousand
times as large as another: ``crawler/plumbing/byte_queue.py``.)
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from crawler.lab.experiments.limits import memory_of, need_memory_figures
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.report.pictures import BLUE, ORANGE
from crawler.lab.sandbox_process import measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = 200_000
"""Bytes of a page."""
FETCH, PARSE = 0.002, 0.005
"""Seconds for a page: the parser is slower."""
BOUND = 16
BOUNDS = {"bounded": BOUND, "unbounded": 0}
SAMPLES = 40
"""Times that memory is read."""


async def fetch(queue: asyncio.Queue[bytes]) -> None:
    """The fast station."""
    while True:
        await asyncio.sleep(FETCH)
        await queue.put(b"x" * PAGE)


async def parse(queue: asyncio.Queue[bytes], done: list[int]) -> None:
    """The slow station."""
    while True:
        page = await queue.get()
        await asyncio.sleep(PARSE)
        done.append(len(page))


def pipeline(bound: int, seconds: float) -> dict[str, Any]:
    """Both stations for so long; memory over what it was at the start, again and again."""

    async def work() -> dict[str, Any]:
        queue, done, samples = asyncio.Queue[bytes](bound), list[int](), list[tuple[float, int]]()
        stations = [asyncio.create_task(fetch(queue)), asyncio.create_task(parse(queue, done))]
        started, before = time.perf_counter(), memory_of()
        while (now := time.perf_counter() - started) < seconds:
            samples.append((now, memory_of() - before))
            await asyncio.sleep(seconds / SAMPLES)
        found = {"pages_per_s": len(done) / now, "waiting": queue.qsize(), "memory": samples}
        for station in stations:
            station.cancel()
        await asyncio.wait(stations)
        return found

    return asyncio.run(work())


def run(scale: Scale) -> Finding:
    """QUICK runs it for less long. Raises NotPossible where memory is not told."""
    need_memory_figures()
    seconds = 0.6 if scale is Scale.QUICK else 2.0
    # Both at once, so that a busy machine slows both alike.
    with ThreadPoolExecutor() as threads:
        found = dict(
            zip(
                BOUNDS,
                threads.map(partial(measured, pipeline), BOUNDS.values(), repeat(seconds)),
                strict=True,
            )
        )
    speed = found["unbounded"]["pages_per_s"] / found["bounded"]["pages_per_s"]
    grown = {name: one["memory"][-1][1] for name, one in found.items()}
    growth = grown["unbounded"] / seconds
    return Finding(
        claim="A queue without a bound makes a pipeline faster.",
        done=f"Pages of {PAGE // 1000} kB are made every {FETCH * 1e3:.0f} ms and taken every "
        f"{PARSE * 1e3:.0f} "
        f"ms, for {seconds:g} s, through a queue of {BOUND} and one without a bound, both at the same time.",
        tables=[table(found)],
        # Less than a tenth is no more than chance on a machine with other things to do.
        verdict=Verdict.of([speed > 1.1]),
        because=f"Unbounded, it was {speed:.2f} times as fast, and memory grew by {growth / 1e6:.0f} MB/s, "
        f"to {grown['unbounded'] / 1e6:.0f} MB; bounded, it grew to {grown['bounded'] / 1e6:.0f} MB.",
        figures={**found, "speed": speed, "growth_bytes_per_s": growth},
        draw=partial(draw, found),
    )


def table(found: dict[str, dict[str, Any]]) -> Table:
    """A row for each queue."""
    rows = [
        (name, f"{one['pages_per_s']:.0f}", str(one["waiting"]), f"{one['memory'][-1][1] / 1e6:.1f}")
        for name, one in found.items()
    ]
    return Table(("queue", "pages/s", "pages waiting in the end", "memory grown by, MB"), tuple(rows))


def draw(found: dict[str, dict[str, Any]], figure: "Figure") -> None:
    """Memory against time."""
    axes = figure.subplots()
    for (name, one), colour in zip(found.items(), (BLUE, ORANGE), strict=True):
        times, sizes = zip(*one["memory"], strict=True)
        axes.plot(times, [size / 1e6 for size in sizes], color=colour, linewidth=2)
        axes.annotate(
            f"{name}: {one['pages_per_s']:.0f} pages/s",
            (times[-1], sizes[-1] / 1e6),
            (0, 8),
            textcoords="offset points",
            ha="right",
            color=colour,
        )
    axes.set(xlabel="time (s)", ylabel="memory, grown by (MB)", xlim=(0, None), ylim=(0, None))
    axes.set_title("The same pipeline, with and without a bound")
    axes.margins(y=0.1)
