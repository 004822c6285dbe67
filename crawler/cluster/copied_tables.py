"""From the tables of PostgreSQL to those of ``crawl.db``: what is read, and where it goes.

Rows come in the order of their ids, so that SQLite only appends.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

Row = Sequence[Any]

URLS = """
SELECT u.id, u.url, u.lane, u.depth, u.referrer, u.redirects, u.purpose, u.indexes, coalesce(d.state, 0),
    d.kind, coalesce(d.attempts, r.attempts, 0), CASE WHEN d.id IS NULL THEN r.due END,
    d.batch + ($1::int[])[d.node], d.out_of_scope, d.too_deep, d.nofollow,
    d.status, d.target, d.message, d.extract, d.login,
    d.fetched_at, d.etag, d.last_modified, d.accept_encoding, d.content_hash, coalesce(d.near_hash, 0)
FROM urls u LEFT JOIN done d ON d.id = u.id LEFT JOIN retries r ON r.id = u.id
ORDER BY u.id
"""
"""All there is of every URL; what stands before an incarnation's batches is ``$1``."""
_KIND, _PURPOSE, _URL_END, _END_END = 9, 6, 16, 21
LANES = """
SELECT id, origin, id >> $1::int, crawl_delay, robots_status, robots_body, robots_at, per_host, delay,
    slots_now, delay_now, slow, requests, failures, peak, smallest_gap, last_start, resting_until
FROM lanes ORDER BY id
"""
BATCHES = """
SELECT n + ($1::int[])[node], sink, position FROM batches WHERE ($1::int[])[node] IS NOT NULL
ORDER BY node, n, sink
"""
FIRST_ROWS = """
SELECT ($1::int[])[node], sink, 0 FROM batches WHERE ($1::int[])[node] IS NOT NULL
GROUP BY node, sink ORDER BY node, sink
"""
"""Where an incarnation's sinks begin: each in a folder of its own, with nothing."""


class Table(NamedTuple):
    """Where rows go."""

    insert: str
    of: Callable[[Sequence[Row]], Iterator[Row]]
    """What of the rows that were read goes there."""


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * (columns.count(",") + 1))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608


def _urls(rows: Sequence[Row]) -> Iterator[Row]:
    return (row[:_URL_END] for row in rows)


def _ends(rows: Sequence[Row]) -> Iterator[Row]:
    """Those that have something to say; see :func:`crawler.frontier.ends.end_of`."""
    for row in rows:
        if row[_KIND] is not None or row[19] is not None or row[20] is not None:
            yield (row[0], *row[_URL_END:_END_END])


def _pages(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        if row[_END_END] is not None and row[_PURPOSE] <= 1:  # pages and sitemaps that were fetched
            yield (row[0], *row[_END_END:])


OF_URLS = (
    Table(
        _insert(
            "urls",
            "id, url, lane, depth, referrer, redirects, purpose, indexes, state, kind, attempts, due, batch,"
            " out_of_scope, too_deep, nofollow",
        ),
        _urls,
    ),
    Table(_insert("ends", "id, status, target, message, extract, login"), _ends),
    Table(
        # What links a page has is not kept: only the next generation of one machine's crawl would want it.
        _insert(
            "pages",
            "id, fetched_at, etag, last_modified, accept_encoding, content_hash, near_hash, unchanged",
        ).replace("?)", "0)"),
        _pages,
    ),
)
OF_LANES = (
    Table(
        _insert(
            "lanes",
            "id, origin, partition, crawl_delay, robots_status, robots_body, robots_at, per_host, delay,"
            " slots_now, delay_now, slow, requests, failures, peak, smallest_gap, last_start, resting_until",
        ),
        iter,
    ),
)
OF_BATCHES = (Table(_insert("batches", "n, sink, position"), iter),)
