"""A connection to the PostgreSQL of a crawl that nodes share, and what is said where there is none."""

from typing import Any, NamedTuple, TypeAlias

from crawler.config import Config
from crawler.frontier.postgresql.schema import OLDEST, PREFIX
from crawler.model.errors import OutputError, StoreFailed, UsageError

try:
    import asyncpg
except ImportError as missing:
    raise UsageError("a crawl of several nodes needs asyncpg: pip install 'crawler[cluster]'") from missing

Connection: TypeAlias = Any
"""An ``asyncpg.Connection``, which has no types."""
CONNECT_TIMEOUT = 10.0
"""Seconds."""


class Place(NamedTuple):
    """Where a crawl that nodes share lies."""

    frontier: str
    """The URL of its database, without a password."""
    name: str
    """The crawl's."""

    @property
    def schema(self) -> str:
        """The name of the schema that holds its tables."""
        return f"{PREFIX}{self.name}"


def place_of(config: Config) -> Place:
    """Where the crawl of these settings lies. Raises UsageError where they do not say."""
    cluster = config.cluster
    if cluster.frontier is None:
        raise UsageError("no frontier: name its database with --frontier postgresql://USER@HOST/DATABASE")
    if cluster.name is None:
        raise UsageError("no name: say with --name which crawl the nodes share")
    return Place(cluster.frontier, cluster.name)


async def connect(place: Place) -> Connection:
    """A connection whose tables are those of the crawl, there or not yet.

    The password comes from PGPASSWORD or ~/.pgpass. Raises OutputError where the database is not one that
    could be used, StoreFailed where it cannot be reached.
    """
    try:
        db = await asyncpg.connect(
            place.frontier, timeout=CONNECT_TIMEOUT, server_settings={"application_name": "crawler"}
        )
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise OutputError(f"{place.frontier} lets nobody in: {error}") from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreFailed(f"{place.frontier} cannot be reached: {error}") from error
    version = db.get_server_version().major
    if version < OLDEST:
        await db.close()
        raise OutputError(f"{place.frontier} is PostgreSQL {version}; allowed: {OLDEST} or newer")
    await db.execute(f'SET search_path TO "{place.schema}"')
    return db
