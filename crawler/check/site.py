"""The facts of a whole site, ready for the rules.

``facts.db`` is opened for reading, and one pass over the references of all pages puts what may be wrong into
temporary tables beside it. What is well is not written down: of ten million references a few thousand are.
"""

import sqlite3
from typing import NamedTuple

from crawler.config import Config

WORK_TABLES = """
CREATE TEMP TABLE current (             -- of every URL the answer that counts: its last one, as a page if any
    id INTEGER PRIMARY KEY              -- of answers
);
CREATE TEMP TABLE suspects (            -- references whose target is not plainly well
    page INTEGER NOT NULL,              -- id in answers of what it stands in
    target TEXT NOT NULL,               -- without fragment
    answer INTEGER,                     -- id in answers of the target; NULL where nobody has asked for it
    fragment TEXT, line INTEGER, col INTEGER, source INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE TEMP TABLE lost (                -- references to a page that is well, and lacks the fragment
    page INTEGER NOT NULL, target TEXT NOT NULL,
    answer INTEGER NOT NULL,            -- of the page that was read in the end, behind redirects
    fragment TEXT NOT NULL, line INTEGER, col INTEGER, source INTEGER NOT NULL, text TEXT NOT NULL,
    unverified TEXT                     -- why nobody can know; NULL where it is broken
);
CREATE TEMP TABLE marks (               -- what is odd in one page alone: crawler.model.facts.Odd
    page INTEGER NOT NULL, what TEXT NOT NULL, line INTEGER, col INTEGER, detail TEXT NOT NULL
);
CREATE TEMP TABLE relations (           -- what pages and sitemaps say of pages: canonical, alternate, og:url, entries
    page INTEGER NOT NULL, target TEXT NOT NULL, answer INTEGER,
    line INTEGER, col INTEGER, source INTEGER NOT NULL
);
CREATE TEMP TABLE linked (              -- pages that another page links to (a, area, iframe, frame, refresh)
    id INTEGER PRIMARY KEY              -- of answers
);
CREATE TEMP TABLE mistyped (            -- references whose target is well, of a type that does not fit
    page INTEGER NOT NULL, target TEXT NOT NULL,
    answer INTEGER NOT NULL,            -- of what was answered in the end, behind redirects
    line INTEGER, col INTEGER, source INTEGER NOT NULL
);
CREATE TEMP VIEW answered AS            -- the answers that count, each with what went wrong in words
    SELECT answers.*, rtrim(coalesce(message, kind), '.') AS said FROM current JOIN answers USING (id);
CREATE TEMP TABLE found (               -- what the rules find, a row for each place
    rule TEXT NOT NULL,
    target TEXT NOT NULL,               -- the cause: rows of one rule and one target are one finding
    message TEXT NOT NULL,              -- of several rows of a finding, the first counts
    detail TEXT NOT NULL DEFAULT '{}',  -- JSON object, the same for all rows of a finding
    page INTEGER NOT NULL,              -- id in answers
    line INTEGER, col INTEGER, source INTEGER, text TEXT NOT NULL DEFAULT ''
);
"""


class Site(NamedTuple):
    """What a rule may look at."""

    db: sqlite3.Connection
    """``facts.db`` as ``main``, and the tables above."""
    config: Config
    """The settings that the crawl was made with."""
