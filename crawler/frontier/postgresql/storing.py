"""What a node's frontier keeps in PostgreSQL, over the connection that holds its locks."""

import asyncio
from collections.abc import Sequence
from functools import partial

from crawler.config import Config
from crawler.frontier.postgresql import loading
from crawler.frontier.postgresql.connecting import Connection
from crawler.frontier.postgresql.holding import Holding
from crawler.frontier.postgresql.saving import save
from crawler.frontier.postgresql.session import Session
from crawler.frontier.unsaved import Unsaved
from crawler.model.messages import Commit, StoredRobots, Ticket


class Storing(Holding):
    """The part of :class:`~crawler.frontier.postgresql.frontier.PostgresqlFrontier` that reads and writes."""

    def __init__(self, session: Session, node: int, config: Config, hash_seed: int) -> None:
        """``node`` is this incarnation's number; ``hash_seed`` is the crawl's own."""
        super().__init__(config, hash_seed)
        self._session, self._node = session, node
        self._wanted: set[int] = set()
        self._read: dict[int, Ticket] = {}
        self._reading = asyncio.Lock()

    def wall(self) -> float:
        """Unix time in seconds, by the clock of the database."""
        return asyncio.get_running_loop().time() + self._session.wall_offset

    async def _save(self, unsaved: Unsaved, commits: Sequence[Commit]) -> None:
        lanes = {
            site: lane.id for _, _, _, site in unsaved.robots if (lane := self._lanes.by_origin.get(site))
        }
        node, seed = self._node, self._known.hash_seed
        await self._session.run(lambda db: save(db, node, seed, unsaved, commits, lanes))

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        """Where each sink is to be cut: an incarnation's are new."""
        return dict.fromkeys(lengths, 0)

    async def load_tickets(self, ids: Sequence[int]) -> list[Ticket]:
        """The tickets of the rows ``ids``. What several want while others' are read is read at once."""
        self._wanted.update(ids)
        async with self._reading:
            if not self._wanted.isdisjoint(ids):  # nobody has read them meanwhile
                wanted = self._wanted.copy()
                if any(row in wanted for row, *_ in self.unsaved.urls):
                    await self.flush()
                for ticket in await self._session.run(partial(loading.load_tickets, ids=sorted(wanted))):
                    self._read[ticket.id] = ticket
                self._wanted -= wanted
        return [self._read.pop(row) for row in ids if row in self._read]

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin of this node's, by whichever node."""
        lane = self._lanes.by_origin.get(origin)
        if lane is None:
            return None

        async def load(db: Connection) -> StoredRobots | None:
            row = await db.fetchrow(
                "SELECT robots_status, robots_body, robots_at FROM lanes"
                " WHERE id = $1 AND robots_status IS NOT NULL",
                lane.id,
            )
            return None if row is None else StoredRobots(row[0], row[1], self.wall() - row[2])

        return await self._session.run(load)

    async def save_live(self, picture: str) -> None:
        """Keep how this node stands, as JSON, for whoever looks at it from outside."""
        await self._session.run(
            lambda db: db.execute(
                "UPDATE nodes SET live = $2, seen_at = extract(epoch FROM clock_timestamp()), retried = $3,"
                " out_of_reach = $4 WHERE id = $1",
                self._node,
                picture,
                self._session.retried,
                self.out_of_reach,
            )
        )
