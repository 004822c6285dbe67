"""A node whose disk is lost for good: what was recorded there alone is to be fetched again.

Its URLs are pending again in the database, and so for whoever takes over their partitions. Who holds one
already is told through its inbox.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from crawler.frontier.postgresql import crawl, membership
from crawler.frontier.postgresql.connecting import Connection, connect
from crawler.frontier.postgresql.place import Place
from crawler.frontier.postgresql.refusals import FAILURES, explain
from crawler.frontier.postgresql.schema import ID_BITS
from crawler.model.errors import OutputError, UsageError

ATTEMPTS = 5
"""Times that all is tried where another transaction is in the way."""

# What takes long comes first, while nobody waits: of a node that is gone, nothing is added.
_GONE = """
CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
SELECT id, (id >> {bits})::int AS partition FROM done WHERE node = ANY('{{{nodes}}}')
"""
# From here on nobody takes a partition over: whoever does reads either all of this or nothing.
_LOCK = "SELECT FROM partitions WHERE n IN (SELECT partition FROM gone) ORDER BY n FOR UPDATE"
_PENDING = """
INSERT INTO inbox (partition, mark, referrer, again, depth, purpose, indexes, url, redirects)
SELECT g.partition, u.mark, u.referrer, u.id, u.depth, u.purpose, u.indexes, u.url, u.redirects
FROM gone g JOIN urls u ON u.id = g.id ORDER BY u.id
"""
_COUNTS = """
UPDATE partitions p SET done = p.done - c.gone
FROM (SELECT partition, count(*) AS gone FROM gone GROUP BY partition) c WHERE p.n = c.partition
"""
_NODES = """
UPDATE nodes SET disk_lost = true, pages = 0, granted = 0, out_of_reach = 0 WHERE id = ANY($1::int[])
"""


def lose(place: Place, node_name: str) -> int:
    """Have all that a node has recorded fetched again; how many records went with it. Blocks.

    Said once more of the same node, it changes nothing. Raises UsageError where it lives, or there is none
    of that name; OutputError, StoreFailed.
    """
    return asyncio.run(_lose(place, node_name))


def told(node_name: str, records: int) -> str:
    """What came of it, as a sentence."""
    if not records:
        return f"no record went with {node_name}"
    words = "record" if records == 1 else "records"
    return f"{records:,} {words} went with {node_name}: these URLs are pending again"


async def _lose(place: Place, node_name: str) -> int:
    import asyncpg

    db = await connect(place)
    try:
        for attempt in range(ATTEMPTS):
            try:
                async with db.transaction():
                    return await _in_transaction(db, place, node_name)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError
    except FAILURES as error:
        raise explain(place, error) from error
    finally:
        await db.close()


async def _in_transaction(db: Connection, place: Place, node_name: str) -> int:
    if not await crawl.read_meta(db, place):
        raise OutputError(f"there is no crawl {place.name} at {place.frontier}")
    await db.execute("SELECT FROM meta WHERE key = 'state' FOR UPDATE")
    ids = await _incarnations(db, place, node_name)
    await db.execute(_GONE.format(bits=ID_BITS, nodes=",".join(map(str, ids))))
    await db.execute(_LOCK)
    records = int((await db.execute("DELETE FROM done WHERE id IN (SELECT id FROM gone)")).split()[-1])
    await db.execute(_PENDING)
    await db.execute(_COUNTS)
    await db.execute("DELETE FROM batches WHERE node = ANY($1::int[])", ids)
    await db.execute(_NODES, ids)
    if records:
        await db.execute("UPDATE meta SET value = 'running' WHERE key = 'state'")
        await db.execute("DELETE FROM meta WHERE key = 'ended_at'")
    return records


async def _incarnations(db: Connection, place: Place, node_name: str) -> Sequence[int]:
    """Those of the node that have records; none of them lives. Raises UsageError."""
    nodes: list[Any] = await db.fetch(
        "SELECT id, name, EXISTS (SELECT FROM batches b WHERE b.node = nodes.id) AS has_records"
        " FROM nodes ORDER BY id FOR UPDATE"
    )
    ids = [node["id"] for node in nodes if node["name"] == node_name]
    if not ids:
        names = ", ".join(sorted({node["name"] for node in nodes})) or "none yet"
        raise UsageError(f"crawl {place.name} has no node {node_name}; its nodes are: {names}")
    living = (await membership.look(db)).alive.intersection(ids)
    if living:
        raise UsageError(
            f"node {node_name} lives, as {node_name}-{max(living)}: its disk cannot be given up while it"
            " writes there; stop it first"
        )
    # One that has recorded nothing has nothing to lose; it may be about to begin.
    return [node["id"] for node in nodes if node["id"] in ids and node["has_records"]]
