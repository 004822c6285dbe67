"""The records of many pages of two crawls, brought together.

Each crawl is read in its own order, the only one in which that is quick, and what was read waits in a
temporary file until its page's turn comes: so it takes no memory, however much has changed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

from crawler.comparison.crawled import Crawled
from crawler.frontier.compared import PageRow
from crawler.model.errors import CrawlFailed

_TOGETHER = 500
"""Records that are put away at once."""

Lines = tuple[bytes | None, bytes | None]
"""The record of a page in both crawls; None where a crawl has none of it."""


def both(
    old: Crawled, new: Crawled, wanted: Sequence[tuple[PageRow, PageRow]]
) -> Iterator[tuple[PageRow, PageRow, Lines]]:
    """The pages ``wanted``, in their order, with their records. Raises CrawlFailed, UsageError."""
    if not wanted:
        return
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as db:  # in a file that nobody sees
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
                db.execute(f"PRAGMA {pragma}")
            for name, crawl, side in (("old", old, 0), ("new", new, 1)):
                db.execute(f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, line BLOB)")
                _put(db, name, crawl, [pair[side] for pair in wanted])
            found = db.execute(
                "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)"
                " SELECT old.line, new.line FROM numbers LEFT JOIN old USING (n) LEFT JOIN new USING (n)",
                (len(wanted),),
            )
            for (one, other), lines in zip(wanted, found, strict=True):
                yield one, other, lines
    except sqlite3.Error as error:
        raise CrawlFailed(f"the temporary file of the comparison cannot be used: {error}") from error


def _put(db: sqlite3.Connection, name: str, crawl: Crawled, rows: Sequence[PageRow]) -> None:
    db.execute("BEGIN")
    insert = f"INSERT INTO {name} VALUES (?, ?)"  # noqa: S608
    numbers = {row.id: n for n, row in enumerate(rows)}
    some: list[tuple[int, bytes]] = []
    for row, line in crawl.records(rows):
        some.append((numbers[row.id], line))
        if len(some) == _TOGETHER:
            db.executemany(insert, some)
            some = []
    db.executemany(insert, some)
    db.execute("COMMIT")
