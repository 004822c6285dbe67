"""The facts of a whole site, ready for the rules.

``facts.db`` is opened for reading, and one pass over the references of all pages puts what may be wrong into
temporary tables beside it. What is well is not written down: of ten million references a few thousand are.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from crawler.check.anchors import Anchors
from crawler.check.answers import Answers, read_answers
from crawler.check.copies import leave_out_copies
from crawler.check.fates import note_fates
from crawler.check.references import note_lost, note_references
from crawler.config import Config
from crawler.frontier.view import FrontierView
from crawler.model.errors import OutputError
from crawler.plumbing.sqlite_reading import open_for_reading
from crawler.rules.scope import Scopes
from crawler.sinks.facts import FACTS_VERSION, FactsSink, lacking

WORK_TABLES = """
CREATE TEMP TABLE current (             -- of every URL the answer that counts: its last one, as a page if any
    id INTEGER PRIMARY KEY              -- of answers
);
CREATE TEMP TABLE fates (               -- where it leads to ask for a URL that is not plainly well
    answer INTEGER PRIMARY KEY,         -- id in answers; of a redirect, or of what failed
    fate TEXT NOT NULL,                 -- crawler.check.fates.Fate
    last INTEGER,                       -- id in answers of what stands behind redirects, if that was asked
    end_url TEXT NOT NULL,
    is_own INTEGER NOT NULL,            -- whether end_url is on one of the crawl's own origins
    hops INTEGER NOT NULL,              -- redirects on the way
    trail TEXT NOT NULL,                -- JSON: of each its url and status
    is_permanent INTEGER NOT NULL,      -- whether all of them are for good (301, 308)
    to_http INTEGER NOT NULL,           -- whether one of them leads from https to http
    reason TEXT                         -- of the fate unverified: why
);
CREATE TEMP TABLE suspects (            -- references whose target is not plainly well, nor elsewhere
    page INTEGER NOT NULL,              -- id in answers of what it stands in
    target TEXT NOT NULL,               -- without fragment
    answer INTEGER,                     -- id in answers of the target; NULL where nobody has asked for it
    fragment TEXT, line INTEGER, col INTEGER, source INTEGER NOT NULL, text TEXT NOT NULL,
    is_asked INTEGER NOT NULL DEFAULT 1 -- 0: a link that is not to be followed
);
CREATE TEMP TABLE elsewhere (           -- targets on other origins that were not asked for, of each page
    target TEXT NOT NULL, refs INTEGER NOT NULL   -- how many references the page has to it
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
CREATE TEMP TABLE relations (           -- what pages and sitemaps say of pages: canonical, og:url, entries, …
    page INTEGER NOT NULL, target TEXT NOT NULL, answer INTEGER,
    line INTEGER, col INTEGER, source INTEGER NOT NULL
);
CREATE TEMP TABLE linked (              -- pages that another page links to (a, area, iframe, frame, refresh)
    id INTEGER PRIMARY KEY              -- of answers
);
CREATE TEMP TABLE mistyped (            -- references whose target is well, of a type that does not fit them
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
    """``facts.db`` as ``main``, and the tables above. What is not committed yet is out of sight."""
    config: Config
    """The settings that the crawl was made with."""


class Facts(NamedTuple):
    """A site, and what was learnt on the way to it."""

    site: Site
    answers: Answers
    references: int
    """References that were looked at."""


@contextmanager
def open_facts(out: Path, view: FrontierView, config: Config) -> Iterator[Facts]:
    """The facts of the crawl in OUT, of all that it has committed; it may go on meanwhile.

    Raises OutputError where there are none, or no room for temporary files; sqlite3.Error where the file is
    damaged.
    """
    db = open_file(out, view.generation)
    try:
        position = view.positions().get(FactsSink.name, 0)
        columns = ", ".join(["*", *(f"NULL AS {column}" for column in lacking(db))])
        db.execute(f"CREATE TEMP VIEW answers AS SELECT {columns} FROM main.answers WHERE id <= {position}")
        db.executescript(WORK_TABLES)
        db.execute("BEGIN")  # all is read as it is at one moment
        try:
            with Anchors() as anchors:
                answers = read_answers(db, Scopes.of_crawl(config).pages)
                note_fates(db, answers)
                references = note_references(db, answers, anchors)
                note_lost(db, answers, anchors)
        except OSError as error:
            raise OutputError(no_room(error.strerror or str(error))) from error
        leave_out_copies(db, config)
        yield Facts(Site(db, config), answers, references)
    finally:
        db.close()


def no_room(why: str) -> str:
    """What is said where a temporary file cannot be written."""
    return f"the findings need temporary files, which cannot be written: {why} (TMPDIR names their folder)"


def open_file(out: Path, generation: int) -> sqlite3.Connection:
    """The ``facts.db`` of a generation, in which only temporary tables are written.

    Raises OutputError where there is none, or it is of another version.
    """
    name = FactsSink.file_of(generation)
    path = out / name
    if not path.is_file():
        raise OutputError(f"{out} holds no check: crawler check writes a {name} there, crawler run does not")
    try:
        db = open_for_reading(path)
    except sqlite3.Error as error:
        raise OutputError(f"{path} cannot be read: {error}") from error
    try:
        db.isolation_level = None
        # Only temporary tables are written, which are files of SQLite's own; memory stays as it is.
        db.execute("PRAGMA query_only = 0")
        db.execute("PRAGMA temp_store = FILE")
        db.execute("PRAGMA temp.cache_size = -32000")
        known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        db.close()
        raise OutputError(f"{path} is not the facts.db of a check: {error}") from error
    if known is None:
        db.close()
        raise OutputError(f"{path} is not the facts.db of a check")
    if version != FACTS_VERSION:
        db.close()
        raise OutputError(
            f"{path} is of format {version}, and this version of crawler reads format {FACTS_VERSION}: check"
            " the site again, or make the report with the version that wrote it"
        )
    return db
