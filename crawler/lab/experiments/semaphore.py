"""Ten thousand jobs, a hundred at once: a task for each of them behind a Semaphore, or a hundred workers.

What is said: to bound how many coroutines are under way, put a ``Semaphore`` around their work. It does
bound the work. It does not bound the tasks: ``gather`` makes all of them at the start, and those whose turn
has not come wait in memory, each with its frame and its place in the semaphore's line. N workers that take
their jobs from a queue are N tasks, and a job that waits is an entry in the queue.

That shows in memory, at the start (all tasks are made and run to the semaphore before the first job is
done), and at the end: to stop, each task has to be cancelled and woken. What was not done then is still in
the workers' queue; of the tasks, nobody knows. And where jobs come from jobs, as links come from pages,
they are not known at the start: a queue is needed anyway.

In this program: N workers, ``crawler/fetch/fetch_task.py``, started by ``crawler/engine/street.py``. A
semaphore is right where few ask, now and then: ``crawler/fetch/lookup_thread.py`` has one for looking names
up.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from crawler.lab.experiments.limits import memory_of, need_memory_figures
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.semaphore import Costs, draw, in_words, table
from crawler.lab.tables.units import ms

AT_ONCE = 100
JOB = 0.01
"""Seconds for which a job waits, say for a server."""


class Work:
    """What the jobs do; it counts how many are at it, and how many are done."""

    def __init__(self) -> None:
        self.busy = self.most = self.done = 0

    async def do(self, _url: str) -> None:
        """One job."""
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await asyncio.sleep(JOB)
            self.done += 1
        finally:
            self.busy -= 1


def behind_a_semaphore(urls: list[str], work: Work) -> list[asyncio.Task[None]]:
    """A task for each job; a hundred of them may work."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> None:
        async with turns:
            await work.do(url)

    return [asyncio.create_task(one(url)) for url in urls]


def by_workers(urls: list[str], work: Work) -> list[asyncio.Task[None]]:
    """A hundred tasks; each does one job after the other."""
    queue = asyncio.Queue[str]()
    for url in urls:
        queue.put_nowait(url)

    async def worker() -> None:
        while not queue.empty():
            await work.do(queue.get_nowait())

    return [asyncio.create_task(worker()) for _ in range(AT_ONCE)]


WAYS: dict[str, Callable[[list[str], Work], list[asyncio.Task[None]]]] = {
    "Semaphore": behind_a_semaphore,
    "workers": by_workers,
}


def one_run(way: str, jobs: int, to_the_end: bool) -> Costs:
    """Start them all; then wait for their end, or cancel them in the middle of it."""

    async def all_of_them() -> Costs:
        urls, work = [f"https://a.example/{number}" for number in range(jobs)], Work()
        before, started = memory_of(), time.perf_counter()
        tasks = WAYS[way](urls, work)
        await asyncio.sleep(0)  # now every task has run to its first wait
        costs = {"start_s": time.perf_counter() - started, "memory_bytes": max(0, memory_of() - before)}
        if not to_the_end:
            await asyncio.sleep(2.5 * JOB)
            started = time.perf_counter()
            for task in tasks:
                task.cancel()
        await asyncio.wait(tasks)
        costs["end_s" if to_the_end else "cancel_s"] = time.perf_counter() - started
        return costs | {"tasks": len(tasks), "most": work.most, "done": work.done}

    return asyncio.run(all_of_them())


@needs(need_memory_figures)
def run(scale: Scale) -> Finding:
    """QUICK has fewer jobs. Raises NotPossible where memory is not told."""
    jobs = 2_000 if scale is Scale.QUICK else 10_000
    # Two programs for each: what is cancelled does not come to its end. The second one's figures are kept.
    found = {way: measured(one_run, way, jobs, False) | measured(one_run, way, jobs, True) for way in WAYS}
    tasks, workers = found["Semaphore"], found["workers"]
    as_cheap = [tasks[key] <= 2 * workers[key] for key in ("memory_bytes", "start_s", "cancel_s")]
    return Finding(
        claim="A Semaphore bounds many coroutines as well as a few workers do.",
        done=f"{jobs:,} jobs that wait {ms(JOB)} ms each, {AT_ONCE} at once, are done by a task for each job "
        "behind a Semaphore, and by workers that take them from a queue; once to the end, once cancelled.",
        tables=[table(found)],
        verdict=Verdict.of([tasks["most"] <= AT_ONCE, *as_cheap]),
        because=f"No more than {tasks['most']} jobs were under way behind the semaphore, {workers['most']} "
        f"with the workers. {in_words(found)}.",
        figures=found,
        draw=partial(draw, found),
    )
