"""Makes the database of a crawl's next generation: whole, or not at all.

It is filled under a name that nobody looks at and gets its own by one rename, so a kill leaves the
generation before as the last one, or a new one that goes on as any crawl does. Of the earlier generation
nothing is written.

Its table ``earlier`` tells under which row the one before has a URL, by fingerprint: the index that a crawl
itself does not need, sorted and appended, about 2 µs and 20 bytes a URL.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from crawler.frontier.rows import set_meta
from crawler.frontier.schema import SCHEMA_VERSION, TABLES, explain
from crawler.model.errors import StoreFailed
from crawler.model.generations import database_of
from crawler.plumbing import faults
from crawler.plumbing.sqlite_reading import address
from crawler.rules.dedup import fingerprint
from crawler.sinks.disk import sync_folder

_EARLIER = "CREATE TABLE earlier (mark INTEGER PRIMARY KEY, id INTEGER NOT NULL)"
_FILL = """
INSERT OR REPLACE INTO earlier (mark, id)
SELECT mark(url), id FROM before.urls ORDER BY 1, purpose DESC  -- the last has it: what is a page too is that
"""


def make_database(
    out: Path, generation: int, entries: Mapping[str, str], ends: Mapping[str, int], hash_seed: int
) -> None:
    """Make the database of ``generation``, which follows the one before it in OUT.

    ``entries`` are those of its table ``meta``; ``ends`` say where the sinks end that have one file for all
    generations. Blocks; about 2 s for a million URLs. Raises StoreFailed.
    """
    path = out / database_of(generation)
    before = out / database_of(generation - 1)
    unfinished = out / f".{path.name}.new"
    try:
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished, uri=True, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")  # it is synced once, at its end
            db.executescript(f"{TABLES} {_EARLIER}; PRAGMA user_version = {SCHEMA_VERSION};")
            add_mark(db, hash_seed)
            db.execute("ATTACH ? AS before", (address(before),))
            db.execute("BEGIN")
            db.execute(_FILL)
            set_meta(db, entries)
            db.executemany("INSERT INTO batches (n, sink, position) VALUES (0, ?, ?)", list(ends.items()))
            db.execute("COMMIT")
        faults.hit("generation:before_rename")
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(out)
        faults.hit("generation:after_rename")
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        raise StoreFailed(f"{path} cannot be made: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def add_mark(db: sqlite3.Connection, hash_seed: int) -> None:
    """Have SQL know ``mark(url)``, a URL's fingerprint."""
    db.create_function("mark", 1, lambda url: signed(fingerprint(url, hash_seed)), deterministic=True)


def signed(mark: int) -> int:
    """A fingerprint as SQLite keeps it, in 64 bits with a sign."""
    return mark - (1 << 64) if mark >= 1 << 63 else mark
