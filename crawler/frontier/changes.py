"""What a generation has that the one before had not, in numbers: for the end of a crawl."""

import sqlite3
from array import array
from typing import Any

from crawler.model.outcomes import Kind
from crawler.rules.near_duplicates import are_near

GONE_SHOWN = 10
"""URLs that are named."""

_PRESENT = """
SELECT u.state, u.kind, u.url, e.status, p.unchanged, p.near_hash, m.id, b.state, bp.near_hash
FROM urls u LEFT JOIN pages p ON p.id = u.id LEFT JOIN ends e ON e.id = u.id
LEFT JOIN earlier m ON m.mark = mark(u.url)
LEFT JOIN before.urls b ON b.id = m.id LEFT JOIN {pages} bp ON bp.id = m.id
WHERE u.purpose <= 1 AND u.state BETWEEN 1 AND 4
"""
_BEFORE = "SELECT id, url FROM before.urls WHERE purpose <= 1 AND state IN (1, 2) ORDER BY id"
GONE_STATUSES = (404, 410)
"""By which a server says that there is no such page (RFC 9110 sections 15.5.5 and 15.5.11)."""


def count_changes(db: sqlite3.Connection, pages: str, *, is_whole: bool) -> dict[str, Any]:
    """Pages by what became of them, as ``changes`` in ``summary.json``; about 8 s a million.

    ``db`` has the generation before attached as ``before``, whose table of pages is ``pages``, and the
    function ``mark``. ``is_whole``: nothing is pending, so that what was not reached is linked no more.
    Raises sqlite3.Error.
    """
    counts = dict.fromkeys(("unchanged", "cosmetic", "changed", "new", "gone"), 0)
    gone: list[dict[str, str]] = []

    def is_gone(url: str, why: str) -> None:
        counts["gone"] += 1
        if len(gone) < GONE_SHOWN:
            gone.append({"url": url, "why": why})

    last = db.execute("SELECT coalesce(max(id), 0) FROM before.urls").fetchone()[0]
    reached = array("b", bytes(last + 1))
    present = db.execute(_PRESENT.format(pages=pages))
    for state, kind, url, status, unchanged, near, row, was, was_near in present:
        if row is not None:
            reached[row] = 1
        is_ok, was_ok = state in (1, 2), was in (1, 2)
        if is_ok and not was_ok:
            counts["new"] += 1
        elif is_ok and unchanged:
            counts["unchanged"] += 1
        elif is_ok:
            counts["cosmetic" if are_near(near or 0, was_near or 0) else "changed"] += 1
        elif was_ok and status in GONE_STATUSES:
            is_gone(url, str(status))
        elif was_ok and kind == Kind.REDIRECTED:
            counts["changed"] += 1
    if is_whole:
        for row, url in db.execute(_BEFORE):
            if not reached[row]:
                is_gone(url, "linked no more")
    return counts | {"gone_urls": gone}
