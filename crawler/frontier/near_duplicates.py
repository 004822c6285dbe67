"""Pages of a crawl that say the same, in numbers: for its end."""

import sqlite3
from typing import Any

from crawler.model.outcomes import Purpose, State
from crawler.rules.near_duplicates import LONG_ENOUGH, NO_CONTENT

GROUPS_SHOWN = 10
"""The largest."""
URLS_SHOWN = 3
"""Of each, in the order in which they were found."""

# As crawler.rules.near_duplicates.group_key has it. An empty body is like no other.
_SAID = f"""
SELECT id, iif(near_hash & {LONG_ENOUGH}, near_hash, nullif(content_hash, x'{NO_CONTENT.hex()}')) AS what
FROM pages JOIN urls USING (id) WHERE purpose = {Purpose.PAGE} AND state IN ({State.OK}, {State.TRUNCATED})
"""
_LARGEST = f"""
WITH shared AS MATERIALIZED (
    SELECT what, count(*) AS pages, min(id) AS first FROM ({_SAID})
    WHERE what IS NOT NULL GROUP BY what HAVING pages > 1
)
SELECT what, pages, count(*) OVER (), sum(pages) OVER () FROM shared ORDER BY pages DESC, first LIMIT ?
"""


def count_near_duplicates(db: sqlite3.Connection) -> dict[str, Any]:
    """``near_duplicates`` in ``summary.json``; one sort of all pages, which SQLite does beyond memory."""
    found = db.execute(_LARGEST, (GROUPS_SHOWN,)).fetchall()
    largest: dict[int | bytes, dict[str, Any]] = {what: {"pages": n, "urls": []} for what, n, _, _ in found}
    marks = ", ".join("?" * len(largest))
    urls = f"SELECT what, url FROM ({_SAID}) JOIN urls USING (id) WHERE what IN ({marks}) ORDER BY id"
    for what, url in db.execute(urls, [*largest]) if found else ():
        if len(largest[what]["urls"]) < URLS_SHOWN:
            largest[what]["urls"].append(url)
    groups, pages = found[0][2:] if found else (0, 0)
    return {"groups": groups, "pages": pages, "largest": [*largest.values()]}
