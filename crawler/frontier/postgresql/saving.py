"""What a node writes in one transaction: functions of the connection that holds its locks.

Rows are appended in bulk, sorted by id, so that each partition's go to the same pages of an index. They are
sent as arrays and not by COPY: the server of a node that is stopped amid a COPY waits for the rest for ever,
since none of the session's time-outs counts there, and keeps its locks as long.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crawler.frontier.ends import end_of
from crawler.frontier.postgresql.connecting import Connection
from crawler.frontier.postgresql.part import part_of
from crawler.frontier.unsaved import Unsaved
from crawler.model.messages import Commit, Finished
from crawler.model.outcomes import STATE_OF, Outcome
from crawler.model.page_version import PageVersion
from crawler.rules.dedup import fingerprint

LANES = "INSERT INTO lanes (id, origin) SELECT * FROM unnest($1::bigint[], $2::text[])"
URLS = """
INSERT INTO urls (id, mark, lane, referrer, depth, purpose, indexes, url, redirects)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::smallint[],
    $7::smallint[], $8::text[], $9::bytea[])
"""
INBOX = """
INSERT INTO inbox (partition, mark, referrer, depth, purpose, indexes, url, redirects)
SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::smallint[], $6::smallint[],
    $7::text[], $8::bytea[])
"""
TAKEN = """
DELETE FROM inbox USING unnest($1::int[], $2::bigint[]) AS t(partition, id)
WHERE inbox.partition = t.partition AND inbox.id = t.id
"""
DONE = """
INSERT INTO done (id, near_hash, fetched_at, node, batch, out_of_scope, too_deep, nofollow, status, attempts,
    state, kind, target, message, extract, login, etag, last_modified, accept_encoding, content_hash)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::float8[], $4::int[], $5::int[], $6::int[], $7::int[],
    $8::int[], $9::int[], $10::smallint[], $11::smallint[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bytea[])
"""
BATCHES = """
INSERT INTO batches (node, n, sink, position)
SELECT * FROM unnest($1::int[], $2::int[], $3::text[], $4::bigint[])
"""
PACES = """
UPDATE lanes SET crawl_delay = p.c1, per_host = p.c2, delay = p.c3, slots_now = p.c4, delay_now = p.c5,
    slow = p.c6, requests = p.c7, failures = p.c8, peak = p.c9, smallest_gap = p.c10, last_start = p.c11,
    resting_until = p.c12
FROM unnest($1::bigint[], $2::float8[], $3::int[], $4::float8[], $5::int[], $6::float8[], $7::float8[],
    $8::bigint[], $9::bigint[], $10::int[], $11::float8[], $12::float8[], $13::float8[])
    AS p(id, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12)
WHERE lanes.id = p.id
"""
COUNTS = """
UPDATE partitions p SET urls = p.urls + c.urls, done = p.done + c.done
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS c(n, urls, done) WHERE p.n = c.n
"""
RETRIES = """
INSERT INTO retries (attempts, due, id) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, due = excluded.due
"""


def signed(mark: int) -> int:
    """A 64-bit number as PostgreSQL's bigint holds it."""
    return mark - (1 << 64) if mark >= 1 << 63 else mark


async def save(
    db: Connection,
    node: int,
    hash_seed: int,
    unsaved: Unsaved,
    commits: Sequence[Commit],
    lane_of: Mapping[str, int],
) -> None:
    """Make the URLs of ``commits`` done, together with all that was to be saved before.

    ``lane_of`` has the ids of lanes by their origins.
    """
    if unsaved.lanes:
        lanes = sorted((lane, _text(origin)) for lane, origin, _ in unsaved.lanes)
        await _run(db, LANES, lanes)
    if unsaved.urls:
        rows = sorted(
            (row, signed(fingerprint(url, hash_seed)), lane, referrer, depth, purpose, indexes, url, hops)
            for row, url, lane, depth, referrer, hops, purpose, indexes, _ in unsaved.urls
        )
        await _run(db, URLS, rows)
    if unsaved.outbox:
        # In one order everywhere, so that two nodes do not wait for each other.
        outbox = sorted(unsaved.outbox, key=lambda row: row[0])
        await _run(db, INBOX, outbox)
    if unsaved.taken:
        await _run(db, TAKEN, unsaved.taken)
    if unsaved.paces:
        await _run(db, PACES, [(lane, *pace) for lane, pace in sorted(unsaved.paces)])
    for status, body, at, origin in unsaved.robots:
        await db.execute(
            "UPDATE lanes SET robots_status = $1, robots_body = $2, robots_at = $3 WHERE id = $4",
            status, body, at, lane_of.get(origin),
        )  # fmt: skip
    if unsaved.retries:
        await db.executemany(RETRIES, unsaved.retries)
    done = [(finished, commit.n) for commit in commits for finished in commit.finished]
    await _count(db, (row for row, *_ in unsaved.urls), (finished.ticket.id for finished, _ in done))
    if commits:
        await _save_done(db, node, done, commits)


async def _run(db: Connection, sql: str, rows: Iterable[Sequence[object]]) -> None:
    """Run ``sql`` for all rows at once: each of its arguments is a column."""
    await db.execute(sql, *zip(*rows, strict=True))


async def _count(db: Connection, urls: Iterable[int], done: Iterable[int]) -> None:
    new, over = Counter(map(part_of, urls)), Counter(map(part_of, done))
    if parts := sorted(new.keys() | over.keys()):
        await db.execute(COUNTS, parts, [new[part] for part in parts], [over[part] for part in parts])


async def _save_done(
    db: Connection, node: int, done: Sequence[tuple[Finished, int]], commits: Sequence[Commit]
) -> None:
    await asyncio.sleep(0)  # what there is to be put together takes a while
    rows = sorted((_done_row(finished, node, batch) for finished, batch in done), key=lambda row: row[0])
    await _run(db, DONE, rows)
    if retried := [finished.ticket.id for finished, _ in done if finished.ticket.attempt > 1]:
        await db.execute("DELETE FROM retries WHERE id = ANY($1::bigint[])", retried)
    positions = [
        (node, commit.n, sink, position) for commit in commits for sink, position in commit.positions.items()
    ]
    if positions:
        await _run(db, BATCHES, positions)
    pages = sum(finished.outcome is not Outcome.SKIPPED for finished, _ in done)
    await db.execute("UPDATE nodes SET pages = pages + $2 WHERE id = $1", node, pages)


def _done_row(finished: Finished, node: int, batch: int) -> tuple[Any, ...]:
    ticket = finished.ticket
    _, status, target, message, extract, login = end_of(finished) or (0, None, None, None, None, None)
    version = finished.version or _NONE
    return (
        ticket.id,
        version.near_hash,
        version.fetched_at or None,
        node,
        batch,
        finished.links_out_of_scope,
        finished.links_too_deep,
        finished.links_nofollow,
        status,
        ticket.attempt,
        STATE_OF[finished.outcome],
        finished.kind,
        _text(target),
        _text(message),
        _text(extract),
        _text(login),
        _text(version.etag),
        _text(version.last_modified),
        version.accept_encoding,
        version.content_hash or None,
    )


_NONE = PageVersion(0.0)


def _text(text: str | None) -> str | None:
    """``text`` as PostgreSQL can hold it: without NUL, and without halves of surrogate pairs."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
