"""The main process's side of ONE fetch process, from its start to its certain death.

Runs as: the threads of a :class:`~crawler.plumbing.piped_process.PipedProcess`. Stops when: the process
is dead. Fails as: LoopDied for whoever waits for an answer; CrawlFailed where the crawl cannot go on.

A :class:`FetchProcess` is used once. By what it is replaced, and what becomes of the tickets that it had,
is decided in :mod:`crawler.fetch.loops_pool`.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

from crawler.fetch import loop_process
from crawler.fetch.fetch_job import Home
from crawler.fetch.fetcher import Exchange
from crawler.fetch.loop_messages import (
    Answered,
    Broke,
    FromFetcher,
    LoadRobots,
    LogLine,
    OfferSitemaps,
    Order,
    Pulse,
    Question,
    Ready,
    Reply,
    SaveRobots,
    SetCookies,
    TakeTurn,
    Tally,
    ToFetcher,
    decode_from_fetcher,
)
from crawler.fetch.loop_process import PULSE, LoopJob
from crawler.fetch.session import Session
from crawler.model.errors import CrawlFailed
from crawler.model.messages import Ticket
from crawler.plumbing.piped_process import PipedProcess
from crawler.plumbing.starter_thread import off_loop
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

log = logging.getLogger("crawler.fetch")

START_LOOKS, SILENT_LOOKS = 60, 15
"""Looks, one in each PULSE, at which nothing was heard of a process: it hangs, before and after it was ready.

Looks and not seconds: when the whole program was stopped (Ctrl-Z), hours pass between two looks."""


class LoopDied(Exception):
    """The fetch process died before it had answered."""


class FetchProcess:
    """One fetch process, and this side's ends of its pipes. Its methods are for the loop, where not said."""

    def __init__(
        self,
        job: LoopJob,
        home: Home,
        session: Session,
        context: BaseContext,
        counters: Counters,
        feed_log: Callable[[dict[str, Any]], None],
    ) -> None:
        """``session`` learns the cookies that are set, for the process that comes after this one."""
        self.is_ready = False
        """It can be given orders."""
        self._job = job
        self._home = home
        self._session = session
        self._child: PipedProcess[LoopJob, FromFetcher, ToFetcher] = PipedProcess(
            job.name, context, loop_process.run, decode_from_fetcher
        )
        self._counters = counters
        self._feed_log = feed_log
        self._main_pid = os.getpid()
        self._orders = 0
        self._waiting: dict[int, tuple[asyncio.Future[Exchange], Step]] = {}
        self._replying: set[asyncio.Task[None]] = set()
        self._looks = 0
        self._until_ready: asyncio.Future[None]
        self._looking: asyncio.TimerHandle | None = None

    # -- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the process and wait until it is ready. Raises LoopDied, OSError, EOFError."""
        loop = asyncio.get_running_loop()
        self._until_ready = loop.create_future()
        await off_loop(lambda: self._child.start(self._job, loop, self._received, self._ended))
        self._look()
        await self._until_ready

    @property
    def pid(self) -> int | None:
        """None before it is started."""
        return self._child.pid

    def kill(self) -> None:
        """SIGKILL, at once."""
        self._child.kill()

    async def stop(self) -> str:
        """End the process, gently, then surely; how it ended. Raises MainGuardError."""
        if self._looking is not None:
            self._looking.cancel()
        for task in self._replying:
            task.cancel()
        return await off_loop(self._child.stop)

    def _look(self) -> None:
        """Kill the process when it has been silent for too long: its loop does not turn."""
        self._looks += 1
        if self._looks > (SILENT_LOOKS if self.is_ready else START_LOOKS):
            log.error("%s (pid %s) has not been heard of for too long: killing it", self._job.name, self.pid)
            self.kill()
        self._looking = asyncio.get_running_loop().call_later(PULSE, self._look)

    def _ended(self) -> None:
        """The pipe is at its end: the process is dead, or as good as that."""
        self.is_ready = False
        self._fail(LoopDied)
        if not self._until_ready.done():
            self._until_ready.set_exception(LoopDied())

    def _fail(self, error: Callable[[], Exception]) -> None:
        for answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(error())  # one for each, since each gets a traceback of its own

    # -- work ------------------------------------------------------------------------------------

    async def fetch(self, ticket: Ticket, step: Step) -> Exchange:
        """Have ``ticket`` fetched; ``step`` is kept up to date. Raises LoopDied, CrawlFailed."""
        if not self.is_ready:
            raise LoopDied
        self._orders = number = self._orders + 1
        answer: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer, step
        step.pid = self.pid or self._main_pid
        step.enter("handed over", ticket.url)
        self._child.send(Order(number, ticket))
        try:
            return await answer
        finally:
            step.pid = self._main_pid
            del self._waiting[number]

    def _received(self, messages: Sequence[FromFetcher]) -> None:
        self._looks = 0
        for message in messages:
            match message:
                case Answered():
                    self._answered(message)
                case Pulse():
                    for number, step, since in message.steps:
                        if number in self._waiting:
                            mine = self._waiting[number][1]
                            mine.step, mine.since = step, since
                case LogLine():
                    self._feed_log(message.fields)
                case Ready():
                    self.is_ready = True
                    if not self._until_ready.done():
                        self._until_ready.set_result(None)
                case Broke():
                    self._fail(partial(CrawlFailed, message.reason))
                case LoadRobots() | SaveRobots() | TakeTurn() | OfferSitemaps() | SetCookies():
                    task = asyncio.create_task(self._reply(message))
                    self._replying.add(task)
                    task.add_done_callback(self._replying.discard)

    def _answered(self, message: Answered) -> None:
        self._count(message.tally)
        answer, _ = self._waiting.get(message.number, (None, None))
        if answer is not None and not answer.done():
            answer.set_result(message.exchange)

    def _count(self, tally: Tally) -> None:
        self._counters.requests += tally.requests
        self._counters.bytes += tally.bytes
        self._counters.statuses.update(tally.statuses)

    async def _reply(self, question: Question | SetCookies) -> None:
        stored = None
        try:
            match question:
                case LoadRobots():
                    stored = await self._home.load(question.site)
                case SaveRobots():
                    await self._home.save(question.site, question.status, question.body)
                case TakeTurn():
                    await self._home.turn(question.url)
                case OfferSitemaps():
                    await self._home.offer(question.urls)
                case SetCookies():
                    await self._session.learn(question.url, question.headers)
                    return
        except Exception as error:
            failure = error  # whoever waits for an answer raises it, as if the fetcher were here
            self._fail(lambda: failure)
        else:
            self._child.send(Reply(question.number, stored))
