"""What it costs to start, to hold and to end 1 to 10,000 coroutines, threads and processes.

Each of them does nothing but wait to be told to end: what is measured is the price of having them.
A coroutine is an object in a list. A thread has a stack and an entry in the kernel's scheduler. A
process has an interpreter of its own. (The fork server makes that as cheap as it can be: children are
forked from a process that has done the imports, and share its memory as long as they do not write to it.)

Memory is the proportional set size: what processes share counts once, divided among them. The
kernel's own bookkeeping for threads and processes is not in it.

How far it goes, and where it stops before it would harm the machine, is in ``start_climb.py``.
"""

import asyncio
import threading
import time
from functools import partial
from typing import Any

from crawler.lab.experiments.limits import fork_server, memory_of, need_fork_server, need_memory_figures
from crawler.lab.experiments.start_climb import Costs, climb, costs
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.tables.start import draw, in_words, table

SAMPLE = 20
"""Processes whose memory is read; that of the others is taken to be the same."""


def coroutines(count: int) -> Costs:
    """Tasks that wait for an event."""

    async def hold() -> Costs:
        end, before, started = asyncio.Event(), memory_of(), time.perf_counter()
        tasks = [asyncio.create_task(end.wait()) for _ in range(count)]
        await asyncio.sleep(0)  # now every task has run to its wait
        held, memory = time.perf_counter(), memory_of() - before
        end.set()
        await asyncio.gather(*tasks)
        return costs(count, started, memory, held)

    return asyncio.run(hold())


def threads(count: int) -> Costs:
    """Threads that wait for an event; ``Thread.start`` returns when the thread runs."""
    end, before, started = threading.Event(), memory_of(), time.perf_counter()
    running = [threading.Thread(target=end.wait) for _ in range(count)]
    for thread in running:
        thread.start()
    held, memory = time.perf_counter(), memory_of() - before
    end.set()
    for thread in running:
        thread.join()
    return costs(count, started, memory, held)


def processes(count: int) -> Costs:
    """Children of the fork server that wait for the end of a pipe."""
    context = fork_server(__name__)
    first = context.Process()  # so that the fork server is there
    first.start()
    first.join()
    reader, writer = context.Pipe(duplex=False)
    ready, started = context.Semaphore(0), time.perf_counter()
    children = [context.Process(target=wait_for_end, args=(reader, writer, ready)) for _ in range(count)]
    for child in children:
        child.start()
    for _ in children:
        ready.acquire()
    held, sample = time.perf_counter(), children[:SAMPLE]
    memory = sum(memory_of(child.pid or 0) for child in sample) / len(sample) * count
    writer.close()
    for child in children:
        child.join()
    return costs(count, started, memory, held)


def wait_for_end(reader: Any, writer: Any, ready: Any) -> None:
    """In a child: say that it runs, and end when the parent closes its end of the pipe."""
    writer.close()
    ready.release()
    reader.poll(None)


@needs(need_memory_figures, need_fork_server)
def run(scale: Scale) -> Finding:
    """QUICK stops at 1,000 coroutines and threads, and 10 processes. Raises NotPossible off Linux."""
    quick = scale is Scale.QUICK
    kinds = {"coroutines": coroutines, "threads": threads, "processes": processes}
    most = {"coroutines": 1_000, "threads": 1_000, "processes": 10} if quick else dict.fromkeys(kinds, 10_000)
    climbed = {kind: climb(kind, start, most[kind], timeout=6.0) for kind, start in kinds.items()}
    found = {kind: steps for kind, (steps, _) in climbed.items()}
    stops = {kind: reason for kind, (_, reason) in climbed.items() if reason is not None}
    each = {
        kind: {key: steps[-1][key] / steps[-1]["count"] for key in steps[-1]} for kind, steps in found.items()
    }
    cheaper = [
        each[one][key] < each[other][key]
        for one, other in (("coroutines", "threads"), ("threads", "processes"))
        for key in ("start_s", "memory_bytes")
    ]
    return Finding(
        claim="A coroutine is cheaper than a thread, and a thread cheaper than a process.",
        done="1, 10, 100 … of each are started, held all at once, and ended, each number in a fresh program.",
        tables=[table(found)],
        verdict=Verdict.of(cheaper),
        because=f"Each of the largest number held: {in_words(each)}.",
        figures={"steps": found, "each": each, "stopped": stops},
        draw=partial(draw, found),
        notes=[f"Stopped: {reason} ({kind})." for kind, reason in stops.items()],
    )
