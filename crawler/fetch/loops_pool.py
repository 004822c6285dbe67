"""Several event loops that fetch, each in a process of its own (``fetch.loops`` above 1).

::

    main process                                           fetch process k
    fetch_task ×N ─▶ FetchLoops.fetch(ticket) ── by host ─▶ [pipe] ─▶ Fetcher in a loop of its own,
            ◀── Exchange ────────────────────────────────── [pipe] ◀─ with its backend, cookies, robots.txt
    frontier ◀── few questions, such as whose turn it is ── [pipe] ◀─

One loop can feed some thousand pages a second, and most of that work is HTTP. Here the hosts are shared
out by the frontier's partition key, so a host's connections, cookies and robots.txt are in one process,
while the frontier stays one: who may be asked when is decided where it always was.

A process that dies costs what it was fetching; that is fetched again by the next one, each URL when its
host may be asked. A URL that was there at too many deaths is fetched in a process where nothing else is:
if that dies as well, the URL is to blame, and is recorded as ``fetch_crash``.
"""

import asyncio
import copy
import logging
import os
from collections.abc import Callable
from multiprocessing.context import BaseContext
from typing import Any

from crawler.fetch.attempt import Attempt
from crawler.fetch.body import remove_spooled
from crawler.fetch.fetch_job import FetchJob, Home
from crawler.fetch.fetcher import Exchange, spool_path
from crawler.fetch.loop_process import LoopJob
from crawler.fetch.loop_thread import FetchProcess, LoopDied
from crawler.fetch.session import Session
from crawler.model.errors import ChildFailed
from crawler.model.messages import Pushback, Ticket
from crawler.model.outcomes import Kind
from crawler.rules.partition import partition
from crawler.rules.urls import origin
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

log = logging.getLogger("crawler.fetch")

START_ATTEMPTS = 10
"""Times in a row that a fetch process, or the fork server below it, may die while it is started."""
DEATHS_IN_COMPANY, DEATHS_ALONE = 3, 2
"""Fetch processes that may die under a URL, together with others and then alone, until it is given up."""


class FetchLoops:
    """Fetches tickets, as a :class:`~crawler.fetch.fetcher.Fetcher` does. To be made in the event loop."""

    def __init__(
        self,
        job: FetchJob,
        home: Home,
        counters: Counters,
        *,
        context: BaseContext,
        feed_log: Callable[[dict[str, Any]], None],
    ) -> None:
        """Raises ConfigError where a variable of the session's is missing."""
        self._home = home
        self._spool_dir = str(job.spool_dir)
        self._partitions = job.config.frontier.partitions
        session = Session(job.config, job.logins)

        def process(name: str) -> FetchProcess:
            # A copy, since it is sent by a thread, while further cookies may come.
            one = LoopJob(name, job, copy.deepcopy(session), dict(os.environ), job.config.log.level)
            return FetchProcess(one, home, session, context, counters, feed_log)

        self._loops = [_Loop(f"fetcher-{n}", process, counters) for n in range(job.config.fetch.loops)]
        self._apart = _Loop("fetcher-apart", process, counters)
        self._one_apart = asyncio.Lock()

    async def start(self) -> None:
        """Start the processes, before any host's time runs. Raises ChildFailed, MainGuardError."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(loop.ready())

    async def fetch(self, ticket: Ticket, step: Step) -> Exchange:
        """One try at ``ticket``; see :meth:`crawler.fetch.fetcher.Fetcher.fetch`. Raises CrawlFailed."""
        own = self._loops[partition(origin(ticket.url), self._partitions) % len(self._loops)]
        for deaths in range(DEATHS_IN_COMPANY):
            try:
                return await self._fetch(own, ticket, step, again=deaths > 0)
            except LoopDied:
                await remove_spooled(spool_path(self._spool_dir, ticket))
        step.enter("wait for a process of its own", ticket.url)
        async with self._one_apart:
            for _ in range(DEATHS_ALONE):
                try:
                    return await self._fetch(self._apart, ticket, step, again=True)
                except LoopDied:
                    await remove_spooled(spool_path(self._spool_dir, ticket))
        message = f"The fetch process died {DEATHS_IN_COMPANY + DEATHS_ALONE} times while it was fetched."
        log.error("%s: %s", ticket.url, message)
        return Exchange(Attempt(ticket).finished(Kind.FETCH_CRASH, message), Pushback(failed=True))

    async def _fetch(self, loop: "_Loop", ticket: Ticket, step: Step, *, again: bool) -> Exchange:
        """Raises LoopDied."""
        if again or not loop.is_ready:
            step.enter("wait for a new process", ticket.url)
            await loop.ready()
            # Its time has passed meanwhile, and another URL of its host may have the next.
            step.enter("wait for its turn", ticket.url)
            await self._home.turn(ticket.url)
        return await loop.fetch(ticket, step)

    def pids(self) -> set[int]:
        """The fetch processes there are now."""
        return {loop.pid for loop in (*self._loops, self._apart) if loop.pid is not None}

    def replace(self, pid: int) -> bool:
        """Kill a fetch process that gets nowhere; False where there is none with this pid."""
        return any(loop.kill(pid) for loop in (*self._loops, self._apart))

    async def close(self) -> None:
        """End the processes; whatever they have in work is dropped."""
        await asyncio.gather(*(loop.close() for loop in (*self._loops, self._apart)))


class _Loop:
    """One of the loops: the process that it has now, replaced when it is dead and needed."""

    def __init__(self, name: str, make: Callable[[str], FetchProcess], counters: Counters) -> None:
        self._name = name
        self._make = make
        self._counters = counters
        self._process: FetchProcess | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.is_ready else None

    @property
    def is_ready(self) -> bool:
        return self._process is not None and self._process.is_ready

    async def ready(self) -> None:
        """Have a process that can be given tickets. Raises ChildFailed, MainGuardError."""
        async with self._starting:
            failures = 0
            while not self.is_ready:
                if self._process is not None:
                    await self._bury(self._process)
                self._process = process = self._make(self._name)
                try:
                    await process.start()
                except (LoopDied, OSError, EOFError) as death:
                    failures += 1
                    how = await process.stop()
                    if failures == START_ATTEMPTS:
                        raise ChildFailed(f"{self._name} did not start: {how}") from death
                    log.warning("%s did not start (%s) and is replaced", self._name, how)
                    self._process = None

    async def _bury(self, process: FetchProcess) -> None:
        how = await process.stop()
        self._counters.fetcher_restarts += 1
        log.warning("%s (pid %s) ended (%s) and is replaced", self._name, process.pid, how)
        self._process = None

    async def fetch(self, ticket: Ticket, step: Step) -> Exchange:
        """Raises LoopDied, CrawlFailed."""
        if self._process is None:
            raise LoopDied
        return await self._process.fetch(ticket, step)

    def kill(self, pid: int) -> bool:
        """False where the process is another one."""
        if self._process is None or self.pid != pid:
            return False
        self._process.kill()
        return True

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            await self._process.stop()
