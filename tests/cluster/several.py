"""Several nodes of one crawl in one event loop: frontiers alone, with a fetcher that answers at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from crawler.config import Config
from crawler.frontier.postgresql import membership
from crawler.frontier.postgresql.connecting import Place
from crawler.frontier.postgresql.crawl import NodeState, create
from crawler.frontier.postgresql.session import Session
from crawler.model.errors import StoreFailed
from crawler.model.messages import Commit, Finished, HostFeedback, Links, Ticket
from crawler.model.outcomes import Outcome
from crawler.rules.dedup import fingerprints

SEED = 7
Site = Callable[[str], list[str]]


def graph(hosts: int, pages: int, seed: int) -> dict[str, list[str]]:
    """Every page links to the next one of its host, the next host's first one, and some others."""
    chance = random.Random(seed)
    names = [[f"http://h{host}.example/{page}" for page in range(pages)] for host in range(hosts)]
    everything = [url for host in names for url in host]
    return {
        url: [
            names[host][(page + 1) % pages],
            names[(host + 1) % hosts][0],
            *chance.sample(everything, 3),
        ]
        for host, urls in enumerate(names)
        for page, url in enumerate(urls)
    }


class Node:
    """One node: its frontier, and what it has committed."""

    def __init__(
        self, dsn: str, site: Site, name: str = "crawl", timeout: float = 5.0, **options: Any
    ) -> None:
        polite = {"politeness.per_host": 4, "politeness.delay": 0.0, "politeness.throttle": False}
        self.config = Config().replace(
            polite | {key.replace("__", "."): value for key, value in options.items()}
        )
        self.place, self.site, self.timeout = Place(dsn, name), site, timeout
        self.committed: list[str] = []
        self.asked: Counter[str] = Counter()
        self.running: asyncio.Task[None] | None = None
        self.pause = 0.0
        """Seconds that an answer takes."""

    async def join(self, *seeds: str) -> None:
        self.session = await Session.open(self.place, self.timeout)
        meta = {
            "settings": self.config.to_json(),
            "hash_seed": str(SEED),
            "started_at": "2026-01-01T00:00:00Z",
        }
        partitions = self.config.frontier.partitions
        await self.session.run(partial(create, place=self.place, meta=meta, partitions=partitions))
        self.id = await self.session.run(partial(membership.join, name="n", host="h", pid=1))
        self.state = NodeState(self.session, self.id)
        self.frontier: Any = self.state.frontier(self.config, SEED)
        await self.frontier.restore()
        await self.frontier.add(seeds)

    async def work(self) -> None:
        """Until the crawl is over."""
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self.frontier.keep())
            n = 0
            while tickets := await self.frontier.pop(8):
                n += 1
                done = await asyncio.gather(*map(self._fetch, tickets))
                await self.frontier.commit([Commit(n, tuple(done), {"jsonl": n * 10})])
                self.committed += [finished.ticket.url for finished in done]
            keeping.cancel()

    async def crawl(self, *seeds: str) -> None:
        """Join, work, leave."""
        await self.join(*seeds)
        try:
            await self.work()
            await self.state.leave("finished")
        finally:
            await self.session.close()

    def start(self, *seeds: str) -> "asyncio.Task[None]":
        self.running = asyncio.create_task(self.crawl(*seeds))
        return self.running

    async def die(self) -> None:
        """As by kill -9: nothing more is said, and the system closes the connection."""
        assert self.running is not None
        self.session._db.terminate()
        self.running.cancel()
        with suppress(asyncio.CancelledError, StoreFailed, BaseExceptionGroup):
            await self.running

    async def _fetch(self, ticket: Ticket) -> Finished:
        await self.frontier.admit()
        self.asked[ticket.url] += 1
        await asyncio.sleep(self.pause)
        await self.frontier.fetched(ticket, HostFeedback())
        found = self.site(ticket.url)
        links = Links("\n".join(found).encode(), fingerprints(found, SEED))
        finished = Finished(ticket, Outcome.OK, None, b"{}", (links,) if found else ())
        await self.frontier.finish(finished)
        return finished


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
