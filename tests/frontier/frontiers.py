"""A frontier on each store there is, and what tests of it have in common."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from xxhash import xxh3_64_hexdigest

from crawler.config import Config
from crawler.frontier.postgresql import membership
from crawler.frontier.postgresql.connecting import Place
from crawler.frontier.postgresql.crawl import NodeState, create
from crawler.frontier.postgresql.session import Session
from crawler.frontier.protocol import Frontier
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView, open_view
from crawler.model.messages import Commit, Finished, HostFeedback, Links, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.rules.dedup import fingerprints
from tests.clock import VirtualClockLoop

SITE = "http://a.example/"
SEED = 7
T = TypeVar("T")


class SqliteStore:
    """The frontier of one machine."""

    late = 0.1
    """Seconds within which it knows that the crawl is over."""

    @asynccontextmanager
    async def opened(self, path: Path, config: Config) -> AsyncIterator[Any]:
        state = await asyncio.to_thread(CrawlState, path)
        frontier = state.frontier(config, SEED)
        try:
            await frontier.restore()
            yield frontier
        finally:
            await asyncio.to_thread(state.close)

    async def ask(self, frontier: Any, job: Callable[[FrontierView], T]) -> T:
        return await frontier._state.call(lambda db: job(FrontierView(db)))


class PostgresqlStore:
    """The frontier of a node, which is the only one."""

    late = 5_000.0
    """Between two looks at the database: on a clock that jumps days are nothing, but each look is one."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def place_of(self, path: Path) -> Place:
        return Place(self.dsn, f"t{xxh3_64_hexdigest(str(path).encode())}")

    @asynccontextmanager
    async def opened(self, path: Path, config: Config) -> AsyncIterator[Any]:
        place = self.place_of(path)
        session = await clock_waits_for(Session.open(place, 1e6))
        do = session._do
        session._do = lambda *job: clock_waits_for(do(*job))  # type: ignore[method-assign]
        meta = {"settings": config.to_json(), "hash_seed": str(SEED), "started_at": "2026-01-01T00:00:00Z"}
        await session.run(partial(create, place=place, meta=meta, partitions=config.frontier.partitions))
        node = await session.run(partial(membership.join, name="n", host="h", pid=1))
        frontier = NodeState(session, node).frontier(config, SEED)
        frontier.place = place
        try:
            await frontier.restore()
            keeping = asyncio.create_task(frontier.keep())
            yield frontier
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await session.run(partial(membership.leave, node=node, state="stopped"))
        finally:
            await clock_waits_for(session.close())

    async def ask(self, frontier: Any, job: Callable[[FrontierView], T]) -> T:
        from crawler.cluster.gathering import gather

        def gathered() -> T:
            with TemporaryDirectory() as folder:
                out = Path(folder)
                gather(out, frontier.place)
                with open_view(out) as view:
                    return job(view)

        return await asyncio.to_thread(gathered)


async def clock_waits_for(call: Coroutine[Any, Any, T]) -> T:
    """On a clock that jumps, what a server does takes no time."""
    loop, doing = asyncio.get_running_loop(), asyncio.ensure_future(call)
    if isinstance(loop, VirtualClockLoop):
        loop.jobs.add(doing)
    return await doing


store: SqliteStore | PostgresqlStore = SqliteStore()
"""On what the tests stand; those of the contract set it."""


@asynccontextmanager
async def opened(path: Path, per_host: int = 4, delay: float = 0.0, **options: object) -> AsyncIterator[Any]:
    """The frontier of the crawl in ``path``; ``options`` are settings, with two underscores for the dot."""
    polite = {"politeness.per_host": per_host, "politeness.delay": delay, "politeness.throttle": False}
    config = Config().replace(polite | {key.replace("__", "."): value for key, value in options.items()})
    async with store.opened(path, config) as frontier:
        yield frontier


async def ask(frontier: Any, job: Callable[[FrontierView], T]) -> T:
    """What ``job`` makes of the crawl as it is stored."""
    return await store.ask(frontier, job)


def links(*urls: str, purpose: Purpose = Purpose.PAGE) -> Links:
    return Links("\n".join(urls).encode(), fingerprints(urls, SEED), purpose)


def done(
    ticket: Ticket, *found: str, outcome: Outcome = Outcome.OK, also: tuple[Links, ...] = (), **more
) -> Finished:
    """``also``: links of other purposes."""
    kind = None if outcome is Outcome.OK else Kind.HTTP_STATUS
    return Finished(ticket, outcome, kind, b"{}", ((links(*found),) if found else ()) + also, **more)


async def finish(frontier: Frontier, ticket: Ticket, *found: str, **more) -> Finished:
    await frontier.fetched(ticket, HostFeedback())
    finished = done(ticket, *found, **more)
    await frontier.finish(finished)
    return finished


async def acquaint(frontier: Frontier, url: str = SITE + "first") -> None:
    """Let a host answer once: before that it is asked for one page at a time."""
    await frontier.add([url])
    (ticket,) = await frontier.pop(1)
    await finish(frontier, ticket)


async def lease_all(frontier: Frontier) -> list[Ticket]:
    """Every pending ticket, with its answer read."""
    tickets = []
    while frontier.pending:
        for ticket in await frontier.pop(99):
            await frontier.fetched(ticket, HostFeedback())
            tickets.append(ticket)
    return tickets


async def drain(frontier: Frontier, site: Callable[[str], list[str]]) -> list[str]:
    order, n = [], 0
    while tickets := await frontier.pop(3):
        batch = []
        for ticket in tickets:
            order.append(ticket.url)
            batch.append(await finish(frontier, ticket, *site(ticket.url)))
        n += 1
        await frontier.commit([Commit(n, tuple(batch), {"jsonl": n * 10})])
    return order


def pages(*names: str) -> list[str]:
    return [SITE + name for name in names]
