"""The frontier of one node among several: its partitions in memory, everything durable in PostgreSQL.

A node decides alone about the partitions that it holds, as the frontier of a single machine does about the
whole crawl. What :meth:`PostgresqlFrontier.keep` does all the time is to see who else is there, to take its
fair share, to give back what is another's share, and to take in what others have found for it.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from crawler.config import Config
from crawler.frontier.postgresql import ending, loading, membership
from crawler.frontier.postgresql.part import Part
from crawler.frontier.postgresql.session import Session
from crawler.frontier.postgresql.storing import Storing
from crawler.rules.shares import shares

POLL = 0.25
"""Seconds between two looks at who is there, and at what others have found."""
INBOX = 1_000
"""URLs that are taken in at once."""
LOADED_FIRST = 2
"""Partitions that are read before all others, so that work goes on soon."""
LOADED_AT_ONCE = 16
"""Partitions that are read at once: between two portions the connection is free for others."""


class PostgresqlFrontier(Storing):
    """Implements :class:`crawler.frontier.protocol.Frontier` on a :class:`Session`."""

    def __init__(self, session: Session, node: int, config: Config, hash_seed: int) -> None:
        """``node`` is this incarnation's number; ``hash_seed`` is the crawl's own."""
        super().__init__(session, node, config, hash_seed)
        self._fence = session.timeout / 2
        """Seconds after which nothing is asked for before the database has answered once more."""
        self._alive: frozenset[int] = frozenset()
        self._mine: frozenset[int] = frozenset()
        """The partitions that are this node's fair share."""
        self._granted = 0

    # -- what runs beside the street -----------------------------------------------------------

    async def restore(self) -> None:
        """Be one of the nodes: take what nobody holds."""
        await self._session.run(partial(membership.enter, node=self._node))
        await self._share()

    async def keep(self) -> None:
        """See :meth:`crawler.frontier.protocol.Frontier.keep`. Raises StoreLost, StoreFailed."""
        looked_at, timeout = asyncio.get_running_loop().time(), self._session.timeout
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            while True:
                await asyncio.sleep(POLL)
                await self._look()
                if (now := asyncio.get_running_loop().time()) > looked_at + timeout / 4:
                    looked_at = now
                    await self._session.run(partial(membership.end_those_that_stand_still, timeout=timeout))

    async def _watch(self) -> None:
        """Raise StoreLost as soon as it is known that the connection is gone, whatever waits for it."""
        while True:
            try:
                async with asyncio.timeout(self._fence / 2):
                    await self._session.lost.wait()
            except TimeoutError:
                if self._session.age <= self._session.timeout:
                    continue
            raise self._session.give_up()

    async def admit(self) -> None:
        """Wait until it is certain that this node still holds what it holds. Raises StoreLost."""
        while self._session.age > self._fence:
            await self._session.run(lambda db: db.execute("SELECT 1"))
        if self._session.lost.is_set():
            raise self._session.give_up()

    async def _look(self) -> None:
        state = await self._share()
        await self._empty_inbox()
        if self.max_pages is not None:
            await self._ask_for_pages()
        if not self.leased:
            await self._look_for_end(state)

    async def _share(self) -> str:
        """Take and give back partitions, as many nodes as there are; the crawl's state."""
        seen = await self._session.run(membership.look, is_urgent=True)
        if seen.alive != self._alive and self._node in seen.alive:
            self._alive = seen.alive
            owners = shares(self._partitions, self._alive)
            self._mine = frozenset(n for n, owner in enumerate(owners) if owner == self._node)
        for part in self.parts.values():
            if part.is_leaving == (part.number in self._mine):
                self._mark_leaving(part, is_leaving=not part.is_leaving)
        if drained := [part for part in self.parts.values() if part.is_leaving and part.is_drained]:
            await self._give_back(drained)
        if wanted := sorted(self._mine - self.parts.keys()):
            await self._take(wanted)
        return seen.state

    async def _take(self, wanted: Sequence[int]) -> None:
        taken = await self._session.run(partial(membership.take, partitions=wanted), is_urgent=True)
        offset, most = self._session.wall_offset, LOADED_FIRST
        while taken:
            some, taken = taken[:most], taken[most:]
            most = LOADED_AT_ONCE
            load = partial(loading.load_parts, numbers=some, node=self._node)
            # What is pending, and what is pending again, as they were at one moment.
            for loaded in await self._session.run(load, "repeatable_read", is_urgent=True):
                self._hold(loaded, offset)

    async def _give_back(self, drained: Sequence[Part]) -> None:
        await self.flush()  # how its lanes were asked
        for part in drained:
            self._let_go(part)
        await self.flush()
        numbers = [part.number for part in drained]
        for first in range(0, len(numbers), LOADED_AT_ONCE):
            some = numbers[first : first + LOADED_AT_ONCE]
            self.forget(await self._session.run(partial(loading.load_marks, numbers=some)))
        await self._session.run(partial(membership.give_back, partitions=numbers))

    async def _empty_inbox(self) -> None:
        """Take in what others have found, but not for ever: they go on finding, and may be gone meanwhile."""
        loop = asyncio.get_running_loop()
        until = loop.time() + POLL
        while self.parts and loop.time() < until:
            load = partial(loading.load_inbox, partitions=self.parts, most=INBOX)
            if found := await self._session.run(load):
                if again := self._take_out(found):
                    self._take_up_again(await self._session.run(partial(loading.load_again, ids=again)))
                await self.flush()
            if len(found) < INBOX:
                return

    async def _look_for_end(self, state: str) -> None:
        if state != "running":
            self.is_over = True
        elif self.pending == self.out_of_reach or self._room <= 0:
            await self.flush()
            # What is finished, and only waits for its commit, brings nothing more: its links are saved now.
            finished = sum(part.busy for part in self.parts.values()) - self.leased
            self.is_over = not self.leased and await self._is_everything_done(finished)
        self._changed.set()

    async def _is_everything_done(self, finished: int = 0) -> bool:
        """Whether it is, in all partitions; ``finished`` URLs of this node wait for their commit."""
        return await self._session.run(
            partial(
                ending.end,
                node=self._node,
                alive=self._alive,
                max_pages=self._config.scope.max_pages,
                finished=finished,
                pages=self.pages,
            )
        )

    async def leave(self, state: str) -> None:
        """Give everything back, in which ``state`` it may be; the last one notes that the crawl is over."""
        if self.is_over:
            await self._is_everything_done()
        await self._session.run(partial(membership.leave, node=self._node, state=state))

    # -- how many pages ------------------------------------------------------------------------

    @property
    def max_pages(self) -> int | None:
        """How many pages this node may finish."""
        return None if self._config.scope.max_pages is None else self._granted

    @property
    def _room(self) -> int:
        return 1 if self.max_pages is None else self.max_pages - self.pages - self.leased

    async def _ask_for_pages(self) -> None:
        limit, most = self._config.scope.max_pages, 2 * self._config.fetch.concurrency
        if limit is None or self._room > most // 2 or not self.pending:
            return
        ask = partial(ending.grant, node=self._node, alive=self._alive, max_pages=limit, most=most)
        self._granted += await self._session.run(ask)
        self._changed.set()
