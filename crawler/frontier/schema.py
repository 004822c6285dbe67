"""The tables of ``crawl.db``, and what is said where the file cannot be used.

One row for each URL ever taken in, appended once and updated once, when it is done: no secondary
index has to be kept up, which is what makes an append cost about a microsecond. Which URLs are
known is decided in memory (:mod:`crawler.rules.dedup`), so the table needs no unique index either.

``synchronous=NORMAL`` is enough: a power loss may take the last transactions back, but never
tears one, and the sinks, which sync *before* they acknowledge, are then longer than their
positions here and are cut back at the start.
"""

import sqlite3
from pathlib import Path

from crawler.model.errors import StoreFailed

SCHEMA_VERSION = 5
WITHOUT_PAGES = 4
"""The schema before it, which has all but the table ``pages``."""

PAGES = """
CREATE TABLE IF NOT EXISTS pages (    -- what the next generation wants to know: see PageVersion
    id INTEGER PRIMARY KEY,           -- of the URL
    fetched_at REAL NOT NULL,         -- unix time
    etag TEXT, last_modified TEXT, accept_encoding TEXT,
    content_hash BLOB,                -- 16 bytes; NULL where no body was read
    near_hash INTEGER NOT NULL,       -- signed; 0 where there is no text
    unchanged INTEGER NOT NULL,       -- it is as it was in the generation before
    leads_to BLOB                     -- its links as fingerprints, or its redirect: see versions.py
);
"""

TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,      -- scheme://host:port
    partition INTEGER NOT NULL,       -- stable_hash(origin) % partitions
    crawl_delay REAL,                 -- seconds, from robots.txt
    robots_status INTEGER, robots_body BLOB, robots_at REAL,  -- unix time
    per_host INTEGER, delay REAL, slots_now INTEGER, delay_now REAL, slow REAL,   -- see Pace
    requests INTEGER, failures INTEGER, peak INTEGER, smallest_gap REAL,   -- seconds, of all runs
    last_start REAL, resting_until REAL   -- unix time
);
CREATE TABLE urls (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    lane INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,   -- higher goes first
    referrer INTEGER,                 -- id of the URL that first named it
    redirects BLOB,                   -- JSON of the hops that led here
    purpose INTEGER NOT NULL DEFAULT 0,    -- crawler.model.outcomes.Purpose
    indexes INTEGER NOT NULL DEFAULT 0,    -- of a sitemap: indexes on the way to it
    state INTEGER NOT NULL DEFAULT 0, -- crawler.model.outcomes.State
    kind TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,   -- finished attempts that are to be repeated
    due REAL,                         -- unix time before which it must not be tried again
    batch INTEGER,                    -- the batch that its record is in
    out_of_scope INTEGER, too_deep INTEGER, nofollow INTEGER   -- its links that were not followed
);
CREATE TABLE ends (                   -- what there is to say of URLs that did not end well: see rows.py
    id INTEGER PRIMARY KEY,
    status INTEGER, target TEXT, message TEXT,   -- as in the record; of a redirect, where it led
    extract TEXT,                     -- how the extract function failed on it
    login TEXT                        -- title of a page that asks for a password
);
CREATE TABLE batches (                -- where each sink ends with each committed batch
    n INTEGER NOT NULL, sink TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (n, sink)
) WITHOUT ROWID;
{PAGES}
CREATE TABLE edges (                  -- only with scope.max_depth: see depths.py
    id INTEGER PRIMARY KEY, targets BLOB NOT NULL
);
CREATE TABLE live (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL);
"""


def damaged(path: Path, what: object) -> StoreFailed:
    """The error that a user sees where ``crawl.db`` holds what no crawl has written."""
    return StoreFailed(
        f"{path} is damaged ({what}); the records beside it stay readable:"
        " keep them and start again in a new folder"
    )


def explain(path: Path, error: sqlite3.Error) -> StoreFailed:
    """The error that a user sees for ``error``: what happened, and what to do."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        return damaged(path, error)
    if str(error).startswith("Could not decode to UTF-8"):  # of the sqlite3 module, which quotes the text
        return damaged(path, "text that is not UTF-8")
    if name.startswith("SQLITE_FULL"):
        return StoreFailed(
            f"no space left for {path}; everything committed is safe:"
            f" make space, then crawler resume {path.parent}"
        )
    return StoreFailed(f"{path} cannot be used: {error}")
