"""What a node reads of the partitions that it holds."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from crawler.frontier.durable import Waits
from crawler.frontier.postgresql.connecting import Connection
from crawler.frontier.postgresql.part import Loaded
from crawler.frontier.postgresql.schema import ID_BITS, LANE_BITS
from crawler.model.messages import Hop, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.rows import Pace

_PENDING = """
SELECT u.id, u.lane, u.depth, r.due, u.purpose
FROM urls u LEFT JOIN retries r ON r.id = u.id AND r.id >= $1 AND r.id < $2
WHERE u.id >= $1 AND u.id < $2
    AND NOT EXISTS (SELECT FROM done d WHERE d.id = u.id AND d.id >= $1 AND d.id < $2) ORDER BY u.id
"""
"""The bounds are said of each table: PostgreSQL does not conclude them, and would read all of the others."""
_LANES = """
SELECT id, origin, crawl_delay, per_host, delay, slots_now, delay_now, slow, requests, failures, peak,
    smallest_gap, last_start, resting_until FROM lanes WHERE id >= $1 AND id < $2 ORDER BY id
"""
_MARKS = f"""
SELECT (SELECT string_agg(int8send(mark), ''::bytea) FROM urls
    WHERE id >= n::bigint << {ID_BITS} AND id < (n + 1)::bigint << {ID_BITS})
FROM unnest($1::int[]) AS n
"""  # noqa: S608
_TICKETS = """
SELECT u.id, u.url, u.lane, u.depth, f.url, coalesce(r.attempts, 0), u.redirects, u.purpose, u.indexes
FROM unnest($1::bigint[]) AS wanted(id) JOIN urls u ON u.id = wanted.id
    LEFT JOIN urls f ON f.id = u.referrer LEFT JOIN retries r ON r.id = u.id
"""
_INBOX = """
SELECT i.partition, i.id, i.mark, i.url, i.depth, i.referrer, f.url, i.redirects, i.purpose, i.indexes,
    i.again
FROM inbox i LEFT JOIN urls f ON f.id = i.referrer
WHERE i.partition = ANY($1::int[]) ORDER BY i.partition, i.id LIMIT $2
"""
_AGAIN = """
SELECT u.id, u.lane, u.depth, NULL::float8, u.purpose FROM urls u WHERE u.id = ANY($1::bigint[]) ORDER BY u.id
"""
_hops = msgspec.json.Decoder(tuple[Hop, ...])


class Inbound(NamedTuple):
    """A URL that another node has found."""

    partition: int
    id: int
    mark: int
    """Its fingerprint, as a signed number."""
    url: str
    depth: int
    referrer: int | None
    """Id of the page that names it."""
    referrer_url: str | None
    redirects: bytes | None
    purpose: int
    indexes: int
    again: int | None
    """Its id, where it is pending again since its record is lost."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The redirects that led to it."""
        return _hops.decode(self.redirects) if self.redirects else ()


async def load_parts(db: Connection, numbers: Sequence[int], node: int) -> list[Loaded]:
    """What there is of partitions whose locks are held, which are ``node``'s from now on."""
    before = await db.fetch(
        "SELECT n, owner, urls, done FROM partitions WHERE n = ANY($1::int[]) ORDER BY n FOR UPDATE", numbers
    )
    await db.execute("UPDATE partitions SET owner = $2 WHERE n = ANY($1::int[])", numbers, node)
    # These are pending already: so they are read below.
    await db.execute("DELETE FROM inbox WHERE partition = ANY($1::int[]) AND again IS NOT NULL", numbers)
    # Its statistics are of earlier, so PostgreSQL may take a full partition for an empty one; a nested loop
    # over two of these would take hours.
    await db.execute("SET LOCAL enable_nestloop = off")
    return [await _load(db, *row) for row in before]


async def _load(db: Connection, number: int, owner: int | None, urls: int, done: int) -> Loaded:
    first, end = number << ID_BITS, (number + 1) << ID_BITS
    loaded = Loaded(number, urls, done, first, owner is None, [], b"", [])
    if urls:
        lanes = await db.fetch(_LANES, number << LANE_BITS, (number + 1) << LANE_BITS)
        loaded.lanes = [
            (lane, origin, Pace(*pace) if pace[6] is not None else None) for lane, origin, *pace in lanes
        ]
        loaded.last_id = await db.fetchval("SELECT max(id) FROM urls WHERE id >= $1 AND id < $2", first, end)
        loaded.marks = await load_marks(db, [number])
    if urls > done:
        loaded.pending = [_waits(row) for row in await db.fetch(_PENDING, first, end)]
    return loaded


async def load_marks(db: Connection, numbers: Sequence[int]) -> bytes:
    """The fingerprints of the partitions' URLs, 8 bytes each, most significant first."""
    return b"".join(marks for (marks,) in await db.fetch(_MARKS, numbers) if marks is not None)


async def load_tickets(db: Connection, ids: Sequence[int]) -> list[Ticket]:
    """The tickets of the URLs with these ids."""
    return [
        Ticket(
            row, url, lane, depth, source, attempts + 1, _hops.decode(hops) if hops else (), Purpose(purpose),
            indexes,
        )
        for row, url, lane, depth, source, attempts, hops, purpose, indexes in await db.fetch(_TICKETS, ids)
    ]  # fmt: skip


async def load_inbox(db: Connection, partitions: Iterable[int], most: int) -> list[Inbound]:
    """What others have found for these partitions, up to ``most``."""
    return [Inbound(*row) for row in await db.fetch(_INBOX, list(partitions), most)]


async def load_again(db: Connection, ids: Sequence[int]) -> list[Waits]:
    """URLs that are pending again."""
    return [_waits(row) for row in await db.fetch(_AGAIN, ids)]


def _waits(row: Any) -> Waits:
    number, lane, depth, due, purpose = row
    return number, lane, depth, due, purpose
