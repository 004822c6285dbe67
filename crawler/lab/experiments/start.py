"""What it costs to start, to hold and to end 1 to 10,000 coroutines, threads and processes.

Each of them does nothing but wait to be told to end: what is measured is the price of having them.
A coroutine is an object in a list. A thread has a stack and an entry in the kernel's scheduler. A
process has an interpreter of its own. (The fork server makes that as cheap as it can be: children are
forked from a process that has done the imports, and share its memory as long as they do not write to it.)

Memory is the proportional set size: what processes share counts once, divided among them. The
kernel's own bookkeeping for threads and processes is not in it.

It goes ten times further at each step, and stops before it would harm the machine: at half of the
memory or half of the processes and threads that may still be started, or when it would take too long.
"""

import asyncio
import multiprocessing
import threading
import time
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any

from crawler.lab.experiments.limits import (
    available_memory,
    memory_of,
    most_processes,
    need_fork_server,
    need_memory_figures,
)
from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.report.pictures import BLUE, GREEN, ORANGE
from crawler.lab.sandbox_process import measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLE = 20
"""Processes whose memory is read; that of the others is taken to be the same."""
COLOURS = {"coroutines": GREEN, "threads": ORANGE, "processes": BLUE}
Costs = dict[str, float]


def costs(count: int, started: float, memory: float, held: float) -> Costs:
    """Of ``count`` of them: started at one moment, all there at another, and gone now."""
    ended = time.perf_counter()
    return {
        "count": count,
        "start_s": held - started,
        "memory_bytes": max(0.0, memory),
        "end_s": ended - held,
    }


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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
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


def reason_to_stop(kind: str, count: int, last: Costs, patience: float) -> str | None:
    """Why not to start ``count`` of them, judged by what the last, smaller number cost."""
    times = count / last["count"]
    free, most = available_memory(), most_processes()
    if free is not None and last["memory_bytes"] * times > free / 2:
        return f"{count:,} would take more than half of the free memory"
    if kind != "coroutines" and most is not None and count > most / 2:
        return f"{count:,} are more than half of the {most:,} that may still be started"
    if (seconds := (last["start_s"] + last["end_s"]) * times) > patience:
        return f"{count:,} would take about {seconds:.0f} s"
    return None


def climb(kind: str, most: int, patience: float) -> tuple[list[Costs], str | None]:
    """The costs of 1, 10, 100 … up to ``most``, each in a fresh process, and why it stopped before."""
    found: list[Costs] = []
    function = {"coroutines": coroutines, "threads": threads, "processes": processes}[kind]
    for count in (10**power for power in range(5)):
        if count > most:
            break
        # What the very first cost says little of the others, and ten do no harm.
        if count > 10 and (reason := reason_to_stop(kind, count, found[-1], patience)) is not None:
            return found, reason
        found.append(measured(function, count))
    return found, None


def run(scale: Scale) -> Finding:
    """QUICK stops at 1,000 coroutines and threads, and 10 processes. Raises NotPossible off Linux."""
    need_memory_figures()
    need_fork_server()
    quick = scale is Scale.QUICK
    most = (
        {"coroutines": 1_000, "threads": 1_000, "processes": 10} if quick else dict.fromkeys(COLOURS, 10_000)
    )
    climbed = {kind: climb(kind, most[kind], patience=6.0) for kind in COLOURS}
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
        because="Each of the largest number held: "
        + "; ".join(f"{kind} {in_words(cost)}" for kind, cost in each.items())
        + ".",
        figures={"steps": found, "each": each, "stopped": stops},
        draw=partial(draw, found),
        notes=[f"Stopped: {reason} ({kind})." for kind, reason in stops.items()],
    )


def in_words(each: Costs) -> str:
    """The price of one."""
    return f"{each['start_s'] * 1e6:,.0f} µs and {each['memory_bytes'] / 1e3:,.0f} kB"


def table(found: dict[str, list[Costs]]) -> Table:
    """A row for each number of each kind."""
    rows = [
        (
            kind,
            f"{cost['count']:,.0f}",
            f"{cost['start_s'] * 1e3:,.1f}",
            f"{cost['end_s'] * 1e3:,.1f}",
            f"{cost['memory_bytes'] / 1e6:,.2f}",
        )
        for kind, steps in found.items()
        for cost in steps
    ]
    return Table(("kind", "number", "start, ms", "end, ms", "memory, MB"), tuple(rows))


def draw(found: dict[str, list[Costs]], figure: "Figure") -> None:
    """Time and memory against the number, both on logarithmic scales."""
    columns = (("start_s", 1e3, "time to start them all (ms)"), ("memory_bytes", 1e-6, "memory held (MB)"))
    for axes, (key, unit, label) in zip(figure.subplots(1, 2), columns, strict=True):
        for kind, steps in found.items():
            counts, values = [s["count"] for s in steps], [s[key] * unit or nan for s in steps]
            axes.loglog(counts, values, "o-", color=COLOURS[kind], label=kind)
        axes.set(xlabel="number held at once", ylabel=label)
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.suptitle("What it costs to start and to hold them")
