"""How the crawl stands in PostgreSQL, looked at over a connection that nothing cuts but PostgreSQL's end."""

import asyncio
from collections.abc import Collection
from typing import Any, NamedTuple

from crawler.cluster.standing import Standing, standing
from crawler.frontier.postgresql.connecting import Connection, connect
from crawler.frontier.postgresql.membership import FIRST_NODE
from crawler.frontier.postgresql.place import Place
from crawler.model.errors import CrawlerError
from crawler.model.outcomes import State

_ALIVE = f"""
SELECT n.id, n.name, a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    JOIN nodes n ON n.id = l.objid::bigint - {FIRST_NODE}
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid::bigint > {FIRST_NODE}
    AND l.classid = current_schema()::regnamespace::oid
"""  # noqa: S608
_OWNED = "SELECT n FROM partitions WHERE owner = $1 AND urls > done"
_HELD = "SELECT n FROM partitions WHERE owner = $1"
_TAKEN = "SELECT n FROM partitions WHERE n = ANY($1::int[]) AND owner IS NOT NULL AND owner <> $2"
_FETCHED = f"SELECT count(*) FROM done WHERE state = {State.OK:d} OR status IN (302, 404)"  # noqa: S608
_LIVES = "SELECT id, name, live FROM nodes WHERE left_at IS NULL ORDER BY id"
PAUSE = 0.1


class Alive(NamedTuple):
    """An incarnation that is connected."""

    node: int
    name: str
    port: int
    """Of its connection, as PostgreSQL sees it."""


class Eye:
    """Each answer is None where there is none to be had now."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._db: Connection | None = None
        self._turn = asyncio.Lock()

    async def standing(self) -> Standing | None:
        """How the crawl stands."""
        found: Standing | None = await self._ask(standing)
        return found

    async def alive(self) -> list[Alive]:
        """Who is connected; nobody where that cannot be said."""
        found = await self._ask(lambda db: db.fetch(_ALIVE))
        return [Alive(*row) for row in found or ()]

    async def owned(self, node: int) -> frozenset[int]:
        """Partitions of an incarnation in which there is something to be done."""
        found = await self._ask(lambda db: db.fetch(_OWNED, node))
        return frozenset(number for (number,) in found or ())

    async def held(self, node: int) -> frozenset[int]:
        """All partitions of an incarnation."""
        found = await self._ask(lambda db: db.fetch(_HELD, node))
        return frozenset(number for (number,) in found or ())

    async def taken(self, partitions: Collection[int], node: int) -> frozenset[int]:
        """Those of ``partitions`` that belong to another incarnation than ``node``."""
        found = await self._ask(lambda db: db.fetch(_TAKEN, list(partitions), node))
        return frozenset(number for (number,) in found or ())

    async def fetched(self) -> int:
        """Pages that were answered whole, and are committed; waits until that can be said."""
        while True:
            found = await self._ask(lambda db: db.fetchval(_FETCHED))
            if found is not None:
                return int(found)
            await asyncio.sleep(PAUSE)

    async def lives(self) -> list[str]:
        """How the nodes that did not leave say they stand."""
        found = await self._ask(lambda db: db.fetch(_LIVES))
        return [f"{name}-{node}: {live}" for node, name, live in found or ()]

    async def close(self) -> None:
        """Look no more."""
        if self._db is not None:
            self._db.terminate()
            self._db = None

    async def _ask(self, question: Any) -> Any:
        async with self._turn:
            try:
                if self._db is None or self._db.is_closed():
                    self._db = await connect(self._place, read_only=True)
                return await asyncio.wait_for(question(self._db), 10)
            except CrawlerError:
                return None
            except Exception:
                # asyncpg's errors have no base but this that holds for a connection which breaks off.
                if self._db is not None:
                    self._db.terminate()
                return None
