"""Who is there, and who holds what: locks that the server lets go of when their holder's connection ends.

Each lock has two numbers: the crawl's schema, by its oid, and a partition, or a node above all partitions.
They are bound to the connection and not to a transaction, so what is done here must be the only thing in its
transaction: were that repeated, locks would be taken twice.
"""

from collections.abc import Sequence
from typing import NamedTuple

from crawler.frontier.postgresql.connecting import Connection

DURABLE = "SET LOCAL synchronous_commit TO on"
"""For a transaction that must outlive a crash of the server from the moment in which it is answered."""
FIRST_NODE = 1 << 20
"""In the lock of a node, what is added to its id."""
_KEY = "current_schema()::regnamespace::oid::int4"
_ALIVE = f"""
SELECT array(SELECT (l.objid::bigint - {FIRST_NODE})::int FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid::bigint > {FIRST_NODE}
    AND l.classid = current_schema()::regnamespace::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608
_STAND_STILL = f"""
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid::bigint > {FIRST_NODE}
    AND l.classid = current_schema()::regnamespace::oid AND l.database = a.datid
    AND a.datname = current_database() AND a.usename = current_user AND a.pid <> pg_backend_pid()
    AND a.state = 'active' AND a.wait_event_type = 'Client'
    AND greatest(a.query_start, a.state_change) < clock_timestamp() - $1 * interval '1 second'
"""  # noqa: S608


class Seen(NamedTuple):
    """How a crawl stands."""

    state: str
    """running, finished or incomplete."""
    alive: frozenset[int]
    """Nodes that are connected."""


async def look(db: Connection) -> Seen:
    """Who is there, and whether there is anything left to do."""
    state, alive = await db.fetchrow(f"SELECT (SELECT value FROM meta WHERE key = 'state'), ({_ALIVE})")  # noqa: S608
    return Seen(state, frozenset(alive))


async def end_those_that_stand_still(db: Connection, timeout: float) -> None:
    """End the connections of nodes that the server has waited for longer than ``timeout`` amid a statement.

    Its own time-outs see only those on which nothing is under way; in a COPY it would wait for ever.
    """
    await db.execute(_STAND_STILL, timeout)


async def join(db: Connection, name: str, host: str, pid: int) -> int:
    """The number of this incarnation, which is one of the nodes as soon as it :func:`enters <enter>`."""
    await db.execute(DURABLE)  # a number that a crash takes back would be given once more
    node: int = await db.fetchval(
        "INSERT INTO nodes (name, host, pid, joined_at)"
        " VALUES ($1, $2, $3, extract(epoch FROM clock_timestamp())) RETURNING id",
        name,
        host,
        pid,
    )
    await db.execute("UPDATE meta SET value = 'running' WHERE key = 'state' AND value = 'incomplete'")
    return node


async def enter(db: Connection, node: int) -> None:
    """Be one of the nodes from now on, so that the others leave it its share."""
    await db.execute(f"SELECT pg_advisory_lock({_KEY}, $1)", node + FIRST_NODE)


async def leave(db: Connection, node: int, state: str) -> None:
    """Give everything back, and say in which ``state`` that was."""
    await db.execute(DURABLE)  # with it, all that was committed before: nobody is there to do it again
    await db.execute("UPDATE partitions SET owner = NULL WHERE owner = $1", node)
    await db.execute(
        "UPDATE nodes SET left_at = extract(epoch FROM clock_timestamp()), end_state = $2 WHERE id = $1",
        node,
        state,
    )


async def take(db: Connection, partitions: Sequence[int]) -> list[int]:
    """Those of ``partitions`` that nobody held: this node does, from now on."""
    found = await db.fetch(
        f"SELECT n FROM unnest($1::int[]) AS n WHERE pg_try_advisory_lock({_KEY}, n)",  # noqa: S608
        partitions,
    )
    return [number for (number,) in found]


async def give_back(db: Connection, partitions: Sequence[int]) -> None:
    """Let others have ``partitions``, of which everything is saved."""
    await db.execute("UPDATE partitions SET owner = NULL WHERE n = ANY($1::int[])", partitions)
    await db.execute(f"SELECT pg_advisory_unlock({_KEY}, n) FROM unnest($1::int[]) AS n", partitions)  # noqa: S608
