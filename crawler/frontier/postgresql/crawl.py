"""A crawl in PostgreSQL, made by the first node that comes, and what its nodes must agree on."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import asyncpg

from crawler.frontier.postgresql.connecting import Connection, Place
from crawler.frontier.postgresql.frontier import PostgresqlFrontier
from crawler.frontier.postgresql.schema import TABLES, VERSION
from crawler.frontier.postgresql.session import Session
from crawler.frontier.protocol import Frontier
from crawler.model.errors import OutputError

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.frontier.earlier_thread import EarlierGeneration
    from crawler.model.spans import Span


class NodeState:
    """Implements :class:`crawler.frontier.protocol.Stored` for an incarnation of a node."""

    def __init__(self, session: Session, node: int) -> None:
        """``node`` is the incarnation's number."""
        self.session, self.node = session, node
        self._frontier: PostgresqlFrontier | None = None

    async def leave(self, state: str) -> None:
        """Give everything back that the node holds; ``state`` says how its run ended. Raises StoreFailed."""
        if self._frontier is not None:
            await self._frontier.leave(state)

    def frontier(
        self,
        config: "Config",
        hash_seed: int,
        generation: int = 1,  # noqa: ARG002
        earlier: "EarlierGeneration | None" = None,  # noqa: ARG002
    ) -> Frontier:
        """The node's part of the crawl."""
        self._frontier = PostgresqlFrontier(self.session, self.node, config, hash_seed)
        return self._frontier

    def tell_jobs(self, told: "Callable[[Span], None]") -> None:
        """Nothing is told: the event loop itself talks to the database."""


async def read_meta(db: Connection, place: Place) -> dict[str, str]:
    """What the crawl's table ``meta`` says; nothing where there is no such crawl yet.

    Raises OutputError where it is not one of this version.
    """
    if not await db.fetchval("SELECT to_regclass($1) IS NOT NULL", f'"{place.schema}".meta'):
        return {}
    meta = dict(await db.fetch("SELECT key, value FROM meta"))
    if meta.get("version") != str(VERSION):
        raise OutputError(
            f"the crawl {place.name} at {place.frontier} is of another version of crawler (tables"
            f" {meta.get('version')}, not {VERSION}): choose another --name, or use the version that made it"
        )
    return meta


async def create(db: Connection, place: Place, meta: Mapping[str, str], partitions: int) -> dict[str, str]:
    """Make the crawl where there is none; what ``meta`` says of the one that is there.

    Of several that come at once one makes it. Raises OutputError.
    """
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", place.schema)
    if found := await read_meta(db, place):
        return found
    try:
        await db.execute(f'CREATE SCHEMA IF NOT EXISTS "{place.schema}"')
        await db.execute(TABLES)
    except asyncpg.InsufficientPrivilegeError as error:
        raise OutputError(
            f"{place.frontier}: {error}; its owner can allow it:"
            " GRANT CREATE ON DATABASE … TO …, with the names of that database and user"
        ) from error
    made = {**meta, "version": str(VERSION), "state": "running"}
    await db.executemany("INSERT INTO meta (key, value) VALUES ($1, $2)", list(made.items()))
    await db.execute("INSERT INTO partitions (n) SELECT generate_series(0, $1 - 1)", partitions)
    return made


async def last_batch(db: Connection, node: int) -> int:
    """The last batch of an incarnation that is committed; 0 where none is."""
    found: int = await db.fetchval("SELECT coalesce(max(n), 0) FROM batches WHERE node = $1", node)
    return found
