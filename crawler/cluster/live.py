"""How a crawl that nodes share stands at this moment, straight from PostgreSQL: who is there, who holds what.

Nothing here grows with the crawl: what is counted is counted by whoever changes it.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crawler.frontier.postgresql import crawl
from crawler.frontier.postgresql.connecting import Connection, connect
from crawler.frontier.postgresql.membership import FIRST_NODE
from crawler.frontier.postgresql.place import Place
from crawler.frontier.postgresql.refusals import FAILURES, explain
from crawler.frontier.postgresql.schema import PREFIX
from crawler.model.errors import OutputError

SAMPLE = 2.0
"""Seconds over which pages/s are taken."""
INBOX_COUNTED = 100_000
"""URLs on their way to another node, at most; nobody wants to know it more exactly."""
STEPS = 20
"""URLs in flight that are named, the oldest ones."""

_NODES = """
SELECT id, name, host, pid, joined_at, left_at, end_state, seen_at, pages, retried, disk_lost, live
FROM nodes ORDER BY id
"""
_LOCKS = """
SELECT l.pid, l.objid::bigint FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
    AND l.classid = current_schema()::regnamespace::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OTHERS = r"SELECT substr(nspname, $1) FROM pg_namespace WHERE nspname LIKE $2 ORDER BY 1 LIMIT 20"


def live(place: Place) -> dict[str, Any]:
    """Everything there is to say of the crawl, as a dict that JSON can hold.

    Blocks for :data:`SAMPLE` seconds where a node is there.

    Keys: ``name``, ``frontier``, ``state`` (running; stopped: nobody is there; finished; incomplete),
    ``started_at``, ``ended_at``, ``discovered``, ``done``, ``pending`` (URLs), ``pages`` (done otherwise than
    as skipped), ``pages_per_second``, ``retried`` (transactions), ``inbox`` (URLs on their way to another
    node, :data:`INBOX_COUNTED` at most), ``nodes`` (every incarnation), ``partitions``: how many there are in
    ``total``, are ``held``, and those that are ``unowned`` and have something pending, each with its number
    ``n``; ``oldest`` (the URL that is longest at its step, with the ``node`` that holds it, or null),
    ``in_flight`` (the :data:`STEPS` oldest ones).

    Raises OutputError where there is no such crawl, StoreFailed where the database cannot be reached.
    """
    return asyncio.run(_live(place))


async def _live(place: Place) -> dict[str, Any]:
    db = await connect(place, read_only=True)
    try:
        if await db.fetchval("SELECT pg_is_in_recovery()"):
            raise OutputError(f"{place.frontier} is a standby, which does not know who holds what")
        meta = await crawl.read_meta(db, place)
        if not meta:
            raise OutputError(await _no_such(db, place))
        before = await _read(db)
        after = before
        if before["alive"]:
            await asyncio.sleep(SAMPLE)
            after = await _read(db)
            meta = await crawl.read_meta(db, place)
        return _report(place, meta, before, after)
    except FAILURES as error:
        raise explain(place, error) from error
    finally:
        await db.close()


async def _no_such(db: Connection, place: Place) -> str:
    others = await db.fetch(_OTHERS, len(PREFIX) + 1, PREFIX.replace("_", r"\_") + "%")
    there = ", ".join(name for (name,) in others) or "none"
    return f"there is no crawl {place.name} at {place.frontier}; there: {there}"


async def _read(db: Connection) -> dict[str, Any]:
    """How it stands at one moment."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        nodes = [dict(row) for row in await db.fetch(_NODES)]
        locks = await db.fetch(_LOCKS)
        partitions = [tuple(row) for row in await db.fetch("SELECT n, urls, done FROM partitions ORDER BY n")]
        inbox = await db.fetchval(f"SELECT count(*) FROM (SELECT FROM inbox LIMIT {INBOX_COUNTED}) AS found")  # noqa: S608
        now = float(await db.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    alive = {pid: lock - FIRST_NODE for pid, lock in locks if lock > FIRST_NODE}
    # A node and its partitions are locked over one connection.
    held = {lock: alive.get(pid) for pid, lock in locks if lock < FIRST_NODE}
    return {
        "nodes": nodes,
        "alive": set(alive.values()),
        "held": held,
        "partitions": partitions,
        "inbox": inbox,
        "now": now,
    }


def _report(
    place: Place, meta: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    seconds, earlier = after["now"] - before["now"], {row["id"]: row["pages"] for row in before["nodes"]}
    partitions, held = after["partitions"], Counter(after["held"].values())
    nodes = [
        _node(row, after, held[row["id"]], _rate(row["pages"] - earlier.get(row["id"], 0), seconds))
        for row in after["nodes"]
    ]
    steps = sorted(_steps(after), key=lambda step: -step["age_seconds"])[:STEPS]
    urls, done = (sum(part[at] for part in partitions) for at in (1, 2))
    return {
        "name": place.name,
        "frontier": place.frontier,
        "state": "stopped" if meta["state"] == "running" and not after["alive"] else meta["state"],
        "started_at": meta.get("started_at"),
        "ended_at": meta.get("ended_at"),
        "discovered": urls,
        "done": done,
        "pending": urls - done,
        "pages": sum(node["pages"] for node in nodes if not node["disk_lost"]),
        "pages_per_second": round(sum(node["pages_per_second"] for node in nodes), 2),
        "retried": sum(row["retried"] for row in after["nodes"]),
        "inbox": after["inbox"],
        "nodes": nodes,
        "partitions": {
            "total": len(partitions),
            "held": len(after["held"]),
            "unowned": [
                {"n": n, "pending": urls - done}
                for n, urls, done in partitions
                if n not in after["held"] and urls > done
            ],
        },
        "oldest": steps[0] if steps else None,
        "in_flight": steps,
    }


def _rate(pages: int, seconds: float) -> float:
    return round(max(0, pages) / seconds, 2) if seconds > 0 else 0.0


def _node(row: Mapping[str, Any], read: Mapping[str, Any], held: int, rate: float) -> dict[str, Any]:
    kept = ("host", "pid", "joined_at", "left_at", "end_state", "pages", "retried", "disk_lost")
    seen = row["seen_at"]
    return {
        "name": f"{row['name']}-{row['id']}",
        "alive": row["id"] in read["alive"],
        **{key: row[key] for key in kept},
        "seen_seconds": None if seen is None else round(max(0.0, read["now"] - seen), 3),
        "partitions": held,
        "pages_per_second": rate,
    }


def _steps(read: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """What nodes that live have in flight, with how long each has been at its step."""
    found = []
    for row in read["nodes"]:
        if row["id"] not in read["alive"] or row["live"] is None:
            continue
        picture = json.loads(row["live"])
        # Each time is taken by one clock: the node's until it said so, the database's since then.
        since_said = max(0.0, read["now"] - row["seen_at"])
        for step in picture.get("steps", ()):
            if step.get("url"):
                age = max(0.0, picture["at"] - step["since"]) + since_said
                named = {key: step[key] for key in ("url", "stage", "step", "holder", "pid")}
                found.append({"node": f"{row['name']}-{row['id']}", **named, "age_seconds": round(age, 3)})
    return found
