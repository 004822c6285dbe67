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
from operator import itemgetter
from typing import Any

from crawler.lab.experiments.limits import memory_of, need_memory_figures
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.backpressure import draw, table
from crawler.lab.tables.units import megabytes, ms

PAGE = 200_000
"""Bytes of a page."""
FETCH, PARSE = 0.002, 0.005
"""Seconds for a page: the parser is slower."""
BOUND = 16
BOUNDS = {"bounded": BOUND, "unbounded": 0}
REPEATS = 3
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


def both(seconds: float) -> dict[str, dict[str, Any]]:
    """The two pipelines at the same time, so that a busy machine slows both alike."""
    with ThreadPoolExecutor() as threads:
        found = threads.map(partial(measured, pipeline), BOUNDS.values(), repeat(seconds))
        return dict(zip(BOUNDS, found, strict=True))


@needs(need_memory_figures)
def run(scale: Scale) -> Finding:
    """QUICK runs it for less long. Raises NotPossible where memory is not told."""
    seconds = 0.5 if scale is Scale.QUICK else 1.5
    runs = [both(seconds) for _ in range(REPEATS)]
    # The fastest of each: other programs disturbed it least.
    found = {name: max((run[name] for run in runs), key=itemgetter("pages_per_s")) for name in BOUNDS}
    speed = found["unbounded"]["pages_per_s"] / found["bounded"]["pages_per_s"]
    grown = {name: one["memory"][-1][1] for name, one in found.items()}
    growth = grown["unbounded"] / seconds
    return Finding(
        claim="A queue without a bound makes a pipeline faster.",
        done=f"Pages of {PAGE // 1000} kB are made every {ms(FETCH)} ms and taken every {ms(PARSE)} ms, for "
        f"{seconds:g} s, through a queue of {BOUND} and one without a bound, both at the same time; "
        f"of {REPEATS} runs, the fastest.",
        tables=[table(found)],
        # Less than a tenth is no more than chance on a machine with other things to do.
        verdict=Verdict.of([speed > 1.1]),
        because=f"Unbounded, it was {speed:.2f} times as fast, and memory grew by {megabytes(growth)} MB/s, "
        f"to {megabytes(grown['unbounded'])} MB; bounded, it grew to {megabytes(grown['bounded'])} MB.",
        figures={**found, "speed": speed, "growth_bytes_per_s": growth, "run_s": seconds},
        draw=partial(draw, found),
    )
