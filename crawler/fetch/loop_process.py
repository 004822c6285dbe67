"""What runs inside a fetch process: an event loop with a :class:`~crawler.fetch.fetcher.Fetcher` of its own.

Runs as: one process for each of ``fetch.loops``, where these are more than one. Stops when: its main
process closes its pipe, or is gone. Fails as: a Broke over its pipe for what ends the crawl; killed at any
moment, it costs what it was fetching, which is fetched again.

The fetcher is the very same as in a crawl with one loop. What it needs of the frontier it asks for over
the pipe, so politeness, robots.txt files and the sitemaps found have one owner, whoever fetches.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from crawler.fetch.fetch_job import FetchJob, Home, make_fetcher
from crawler.fetch.loop_messages import (
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
    answered,
    decode_to_fetcher,
)
from crawler.fetch.robots_cache import StoredRobots
from crawler.fetch.session import Session
from crawler.model.errors import CrawlFailed
from crawler.plumbing import faults
from crawler.plumbing.child_process import end_with_parent
from crawler.plumbing.event_loop import loop_factory
from crawler.plumbing.message_pipe import MessagePipe
from crawler.trace.counters import Counters
from crawler.trace.logs import configure_child_logging
from crawler.trace.steps import Step

log = logging.getLogger("crawler.fetch")

PULSE = 1.0
"""Seconds between two signs of life."""

Pipe = MessagePipe[ToFetcher, FromFetcher]


@dataclass(frozen=True)
class LoopJob:
    """What a fetch process is started with."""

    name: str
    fetch: FetchJob
    session: Session
    """With the cookies that were set so far."""
    environment: Mapping[str, str] = field(repr=False)
    """The main process's: what a fork server had at its start may be another one, and logins are in it."""
    log_level: str


def run(job: LoopJob, orders: Connection, answers: Connection) -> None:
    """The child's main thread, from birth to exit."""
    # Ctrl-C is for the main process, which wants to finish what is in flight.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_with_parent()
    os.environ.update(job.environment)
    pipe: Pipe = MessagePipe(job.name, orders, answers, decode_to_fetcher)
    configure_child_logging(job.log_level, job.name, lambda fields: pipe.send(LogLine(fields)))
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_FetchLoop(job, pipe).run())
    except Exception:
        log.exception("the fetch process cannot go on")
        sys.exit(1)
    finally:
        pipe.close()
        pipe.join(1.0)


class _FetchLoop:
    """What runs in the child's event loop."""

    def __init__(self, job: LoopJob, pipe: Pipe) -> None:
        self._job = job
        self._pipe = pipe
        self._counters = Counters()
        self._steps: dict[int, Step] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._questions = 0
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Fetch what is ordered until the orders end; what is in work then is dropped."""
        self._pipe.start(asyncio.get_running_loop(), self._received, self._ended.set)
        session = self._job.session
        session.tell = lambda url, headers: self._pipe.send(SetCookies(url, headers))
        home = Home(load=self._load, save=self._save, turn=self._turn, offer=self._offer)
        self._fetcher = make_fetcher(self._job.fetch, home, self._counters, session)
        self._pipe.send(Ready())
        log.debug("ready, pid %d", os.getpid())
        pulse = asyncio.create_task(self._pulse())
        try:
            await self._ended.wait()
        finally:
            tasks = [pulse, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._fetcher.close()

    def _received(self, messages: Sequence[ToFetcher]) -> None:
        for message in messages:
            match message:
                case Order():
                    task = asyncio.create_task(self._fetch(message))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                case Reply(number=number):
                    asked = self._asked.pop(number, None)
                    if asked is not None and not asked.done():
                        asked.set_result(message)

    async def _fetch(self, order: Order) -> None:
        number = order.number
        self._steps[number] = step = Step("fetch", self._job.name)
        faults.hit("fetcher:before_fetch")
        try:
            exchange = await self._fetcher.fetch(order.ticket, step)
        except CrawlFailed as failed:
            self._pipe.send(Broke(number, str(failed)))
        except Exception as error:
            log.exception("%s", order.ticket.url)
            self._pipe.send(Broke(number, f"internal error in a fetch process: {error!r}"))
        else:
            faults.hit("fetcher:before_answer")
            message = answered(number, exchange, self._tally())
            self._pipe.send(message, message.weight)
        finally:
            del self._steps[number]

    def _tally(self) -> Tally:
        counters = self._counters
        tally = Tally(counters.requests, counters.bytes, dict(counters.statuses))
        counters.requests = counters.bytes = 0
        counters.statuses.clear()
        return tally

    async def _pulse(self) -> None:
        while True:
            steps = [(number, step.step, step.since) for number, step in self._steps.items()]
            self._pipe.send(Pulse(steps))
            await asyncio.sleep(PULSE)

    # -- what only the frontier can do -----------------------------------------------------------

    async def _ask(self, question: Question) -> Reply:
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[question.number] = reply
        self._pipe.send(question)
        return await reply

    def _next(self) -> int:
        self._questions += 1
        return self._questions

    async def _load(self, site: str) -> StoredRobots | None:
        return (await self._ask(LoadRobots(self._next(), site))).stored

    async def _save(self, site: str, status: int, body: bytes) -> None:
        await self._ask(SaveRobots(self._next(), site, status, body))

    async def _turn(self, url: str) -> None:
        await self._ask(TakeTurn(self._next(), url))

    async def _offer(self, named: Sequence[str]) -> None:
        await self._ask(OfferSitemaps(self._next(), tuple(named)))
