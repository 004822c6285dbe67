"""What a baseline makes of all that was found: what it lists is known, and only the rest counts."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from crawler.check.causes import Cause
from crawler.check.earlier import baseline_file
from crawler.check.earlier.crawls import shown
from crawler.check.earlier.looked_at import LookedAt
from crawler.check.earlier.names import FAULTS, kept_names, kept_rule
from crawler.check.finding import Entry, Known
from crawler.check.site import Facts
from crawler.frontier.view import FrontierView

_TABLES = """
CREATE TEMP TABLE listed (              -- the baseline's entries, with each rule that may say the same
    entry INTEGER NOT NULL,             -- from 0
    rule TEXT NOT NULL, target TEXT NOT NULL, page TEXT NOT NULL
);
CREATE TEMP TABLE there (               -- what of them this check has found, whatever is ignored
    entry INTEGER PRIMARY KEY
);
CREATE TEMP TABLE target_names AS SELECT target, kept_name(target) AS name
    FROM (SELECT DISTINCT target FROM found);
CREATE INDEX temp.targets_by_name ON target_names (name);
CREATE UNIQUE INDEX temp.names_by_target ON target_names (target);
CREATE TEMP TABLE page_names AS SELECT id AS page, kept_name(url) AS name
    FROM answers WHERE id IN (SELECT page FROM found);
CREATE INDEX temp.pages_by_name ON page_names (name);
CREATE UNIQUE INDEX temp.names_by_page ON page_names (page);
CREATE TEMP TABLE alike AS              -- the group goes by its first page, which may go: each by itself
    SELECT DISTINCT name, target FROM found JOIN page_names USING (page) WHERE rule = 'near-duplicate';
CREATE INDEX temp.alike_by_name ON alike (name);
"""
# From the entries, which are few, to the places, which may be a million: each step is an index.
_THERE = """
    SELECT listed.entry, f.rowid AS place, f.rule, f.target FROM listed
    CROSS JOIN {targets} t ON t.name = listed.target AND (listed.rule = 'near-duplicate') = {is_alike}
    CROSS JOIN page_names p ON p.name = listed.page
    CROSS JOIN found f ON f.rule = listed.rule AND f.target = t.target AND f.page = p.page
"""
_KNOWN = " UNION ALL ".join(
    _THERE.format(targets=table, is_alike=number) for number, table in enumerate(("target_names", "alike"))
)
_FOUND = """
    SELECT DISTINCT f.rule, iif(f.rule = 'near-duplicate', p.name, t.name), p.name FROM found f
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
        self._entries = baseline_file.read(path, may_be_missing=may_be_missing)
        self.doubt: str | None = None
        """Why nothing of it is said to be gone, in a sentence."""
        self._stale: list[Entry] = []
        self._unseen: list[Entry] = []
        self._findings = self._places = 0
        self._db.create_function("kept_name", 1, kept_names(facts.site.config), deterministic=True)
        _run(self._db, _TABLES)
        self._db.executemany(
            "INSERT INTO listed VALUES (?, ?, ?, ?)",
            ((number, *each) for number, one in enumerate(self._entries) for each in _same(one)),
        )
        self._db.execute(f"INSERT INTO there SELECT DISTINCT entry FROM ({_KNOWN})")
        there = {number for (number,) in self._db.execute("SELECT entry FROM there")}
        self._there = [one for number, one in enumerate(self._entries) if number in there]

    def leave_out(self, view: FrontierView) -> None:
        """Take what is known away from what was found; and look what of it is not there any more."""
        self._db.execute(f"CREATE TEMP TABLE known AS SELECT DISTINCT place, rule, target FROM ({_KNOWN})")
        self._count_known()
        missing = sorted({*self._entries}.difference(self._there))
        if not missing:
            return
        looked_at = LookedAt(self._facts, view)
        if looked_at.is_another_site({one.page for one in self._entries}):
            self.doubt = (
                f"Few of the pages that {shown(str(self._path))} names were read, so that nobody knows what"
                " of it is gone: its lines stay (move it away, to make one anew)"
            )
        for entry in missing:
            (self._unseen if self.doubt or not looked_at.has(entry) else self._stale).append(entry)

    def write(self, waived: Iterable[Cause]) -> int:
        """Have the file list all that was found, but for ``waived``; then all that is known.

        What it lists and this check did not look at stays. Returns how many entries it has. Raises OSError:
        then the file and what is known are as before.
        """
        self._db.execute("CREATE TEMP TABLE waived (rule TEXT, target TEXT, PRIMARY KEY (rule, target))")
        self._db.executemany("INSERT INTO waived VALUES (?, ?)", waived)
        entries = {*self._unseen, *self._there}
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


def _same(entry: Entry) -> Iterator[Entry]:
    """All lines that say the same."""
    rule, target, _ = entry
    for other in {rule, *FAULTS}:
        if kept_rule(other, target) == kept_rule(rule, target):
            yield entry._replace(rule=other)


def _run(db: sqlite3.Connection, statements: str) -> None:
    """As ``executescript``, which would end the transaction."""
    for statement in statements.split(";\n"):
        db.execute(statement)
