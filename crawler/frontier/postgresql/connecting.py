"""A connection to the PostgreSQL of a crawl that nodes share; one that cannot be relied on is refused.

What is said then is in :mod:`crawler.frontier.postgresql.refusals`.
"""

import asyncio
from contextlib import suppress
from typing import Any, TypeAlias

from crawler.frontier.postgresql.place import Place, place_of
from crawler.frontier.postgresql.schema import OLDEST
from crawler.model.errors import OutputError, UsageError

try:
    import asyncpg
except ImportError as missing:
    raise UsageError("a crawl of several nodes needs asyncpg: pip install 'crawler[cluster]'") from missing

from crawler.frontier.postgresql.refusals import FAILURES, POOLED, explain, shown

__all__ = ["Connection", "Place", "connect", "place_of"]

Connection: TypeAlias = Any
"""An ``asyncpg.Connection``, which has no types."""
CONNECT_TIMEOUT = 10.0
"""Seconds."""
POOL_TIMEOUT = 3.0
"""Seconds in which a pooler gives a second connection; one that does not has none to be mixed up."""
_PID = "SELECT pg_backend_pid()"


async def connect(place: Place, *, read_only: bool = False) -> Connection:
    """A connection whose tables are those of the crawl, there or not yet.

    The password comes from PGPASSWORD or ~/.pgpass. ``read_only``: nothing is to be written or locked over
    it, so a standby will do, and so will a pooler.

    Raises OutputError where the database is not one that could be used, StoreFailed where it cannot be
    reached.
    """
    db = await _opened(place)
    try:
        await _check(db, place, read_only=read_only)
        await db.execute(f'SET search_path TO "{place.schema}"')
    except BaseException as error:
        db.terminate()
        if isinstance(error, FAILURES):
            raise explain(place, error) from error
        raise
    return db


async def _opened(place: Place) -> Connection:
    try:
        return await asyncpg.connect(
            place.frontier, timeout=CONNECT_TIMEOUT, server_settings={"application_name": "crawler"}
        )
    except FAILURES as error:
        raise explain(place, error) from error


async def _check(db: Connection, place: Place, *, read_only: bool) -> None:
    version, settings = db.get_server_version().major, db.get_settings()
    where = shown(place.frontier)
    if version < OLDEST:
        raise OutputError(f"{where} is PostgreSQL {version}; allowed: {OLDEST} or newer")
    if settings.server_encoding != "UTF8":
        raise OutputError(
            f"the database at {where} is encoded in {settings.server_encoding}; allowed: UTF8, as of"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )
    if read_only:
        return
    if await db.fetchval("SELECT pg_is_in_recovery()"):
        raise OutputError(f"{where} is a standby, which can only be read: name the primary server")
    if await db.fetchval("SHOW transaction_read_only") == "on":
        raise OutputError(
            f"the database at {where} can only be read: its owner can allow writing with"
            " ALTER DATABASE … SET default_transaction_read_only = off (or ALTER ROLE, ALTER SYSTEM)"
        )
    if await _is_pooled(db, place):
        raise OutputError(POOLED.format(where))


async def _is_pooled(db: Connection, place: Place) -> bool:
    """Whether a pooler gives each transaction another session: then locks would be nobody's.

    One that gives a session to a connection for as long as this lasts is as good as none.
    """
    pid = await db.fetchval(_PID)
    if pid == db.get_server_pid():
        return False  # a pooler would not tell its own number for that of the server's process
    try:
        async with asyncio.timeout(POOL_TIMEOUT):
            other = await _opened(place)
    except TimeoutError:
        return False
    try:
        async with asyncio.timeout(POOL_TIMEOUT), other.transaction():
            # While it holds a session, the first one can be given only another one.
            return bool(await other.fetchval(_PID) == pid or await db.fetchval(_PID) != pid)
    except TimeoutError:
        return False
    finally:
        with suppress(Exception):
            other.terminate()
