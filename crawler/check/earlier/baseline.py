"""What a baseline makes of all that was found: what it lists is known, and only the rest counts."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from crawler.check.causes import Cause
from crawler.check.earlier import baseline_file
from crawler.check.earlier.crawls import shown
from crawler.check.earlier.looked_at import LookedAt
from crawler.check.earlier.names import kept_names
from crawler.check.finding import Entry, Known
from crawler.check.site import Facts
from crawler.frontier.view import FrontierView

_TABLES = """
CREATE TEMP TABLE listed (              -- the baseline's entries
    rule TEXT NOT NULL, target TEXT NOT NULL, page TEXT NOT NULL,
    is_there INTEGER NOT NULL DEFAULT 0 -- whether this check has found it, whatever is ignored
);
CREATE TEMP TABLE target_names AS SELECT target, kept_name(target) AS name
    FROM (SELECT DISTINCT target FROM found);
CREATE INDEX temp.targets_by_name ON target_names (name);
CREATE UNIQUE INDEX temp.names_by_target ON target_names (target);
CREATE TEMP TABLE page_names AS SELECT id AS page, kept_name(url) AS name
    FROM answers WHERE id IN (SELECT page FROM found);
CREATE INDEX temp.pages_by_name ON page_names (name);
CREATE UNIQUE INDEX temp.names_by_page ON page_names (page);
"""
# From the entries, which are few, to the places, which may be a million: each step is an index.
_THERE = """
    listed CROSS JOIN target_names t ON t.name = listed.target CROSS JOIN page_names p ON p.name = listed.page
    CROSS JOIN found f ON f.rule = listed.rule AND f.target = t.target AND f.page = p.page
"""
_FOUND = """
    SELECT DISTINCT f.rule, t.name, p.name FROM found f
    JOIN target_names t USING (target) JOIN page_names p USING (page)
    WHERE (f.rule, f.target) NOT IN (SELECT rule, target FROM waived)
"""


class Baseline:
    """The one of a check, and what it knows of what that has found; in this order its methods are called."""

    def __init__(self, path: Path, facts: Facts, *, may_be_missing: bool) -> None:
        """Before anything is ignored. ``may_be_missing``: then it is empty.

        Raises UsageError, sqlite3.Error.
        """
        self._path, self._facts, self._db = path, facts, facts.site.db
        self._entries = [] if may_be_missing and not path.exists() else baseline_file.read(path)
        self._stale: list[Entry] = []
        self._unseen: list[Entry] = []
        self._findings = self._places = 0
        self._db.create_function("kept_name", 1, kept_names(facts.site.config), deterministic=True)
        _run(self._db, _TABLES)
        self._db.executemany("INSERT INTO listed (rule, target, page) VALUES (?, ?, ?)", self._entries)
        self._db.execute(f"UPDATE listed SET is_there = 1 WHERE rowid IN (SELECT listed.rowid FROM {_THERE})")

    def leave_out(self, view: FrontierView) -> None:
        """Take what is known away from what was found; and look what of it is not there any more."""
        self._db.execute(
            f"CREATE TEMP TABLE known AS SELECT f.rowid AS place, f.rule, f.target FROM {_THERE}"
        )
        self._count_known()
        missing = self._db.execute("SELECT rule, target, page FROM listed WHERE NOT is_there").fetchall()
        if missing:
            looked_at = LookedAt(self._facts, view)
            for entry in map(Entry._make, missing):
                (self._stale if looked_at.has(entry) else self._unseen).append(entry)

    def write(self, waived: Iterable[Cause]) -> int:
        """Have the file list all that was found, but for ``waived``; then all that is known.

        What it lists and this check did not look at stays. Returns how many entries it has. Raises OSError:
        then the file and what is known are as before.
        """
        self._db.execute("CREATE TEMP TABLE waived (rule TEXT, target TEXT, PRIMARY KEY (rule, target))")
        self._db.executemany("INSERT INTO waived VALUES (?, ?)", waived)
        entries = set(self._unseen)
        there = self._db.execute("SELECT rule, target, page FROM listed WHERE is_there")
        entries.update(map(Entry._make, there))
        entries.update(map(Entry._make, self._db.execute(_FOUND)))
        written = baseline_file.write(self._path, entries)
        self._db.execute("DROP TABLE known")
        self._db.execute(
            "CREATE TEMP TABLE known AS SELECT rowid AS place, rule, target FROM found"
            " WHERE (rule, target) NOT IN (SELECT rule, target FROM waived)"
        )
        self._count_known()
        return written

    def known(self, written: int | None) -> Known:
        """What came of it; ``written``: as :meth:`write` has it."""
        return Known(
            Path(shown(str(self._path))),
            len(self._entries),
            self._findings,
            self._places,
            self._stale,
            len(self._unseen),
            written,
        )

    def _count_known(self) -> None:
        """Count what is in the table ``known``, beside what was before, and take it away from ``found``."""
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS causes_known (rule, target, UNIQUE (rule, target))")
        self._db.execute("INSERT OR IGNORE INTO causes_known SELECT DISTINCT rule, target FROM known")
        (self._findings,) = self._db.execute("SELECT count(*) FROM causes_known").fetchone()
        gone = self._db.execute("DELETE FROM found WHERE rowid IN (SELECT place FROM known)")
        self._places += gone.rowcount


def _run(db: sqlite3.Connection, statements: str) -> None:
    """As ``executescript``, which would end the transaction."""
    for statement in statements.split(";\n"):
        db.execute(statement)
