"""What ``crawl.db`` tells of where records lie: in which folder, and between which positions of each sink.

An ordinary crawl has them in its own folder. One that several nodes share is gathered into one ``crawl.db``,
and below its folder each incarnation of a node has one of its own, a *part*. The table ``parts`` says which
batches are in which: those of ``first`` < n <= ``last``. The row ``first`` of ``batches`` is no batch's; its
position is 0, as a part begins empty.
"""

import sqlite3
import sys
from pathlib import Path

from crawler.model.rows import Part

PARTS = """
CREATE TABLE parts (                  -- only of a crawl of several nodes; see above
    folder TEXT PRIMARY KEY,          -- its name in OUT
    first INTEGER NOT NULL, last INTEGER NOT NULL
);
"""


class Parts:
    """The part of :class:`crawler.frontier.view.FrontierView` that readers of records need."""

    _db: sqlite3.Connection

    def parts(self, out: Path) -> list[Part]:
        """Where the records of this generation are, in the order of their batches: one part at least.

        ``out`` is the crawl's folder.
        """
        found: list[tuple[str, int, int]] = []
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'parts'").fetchone():
            found = self._db.execute("SELECT folder, first, last FROM parts ORDER BY first").fetchall()
        all_in_one = [("", 0, sys.maxsize)]
        return [
            Part(out / folder, first, self.spans(first, last)) for folder, first, last in found or all_in_one
        ]

    def spans(self, first: int = 0, last: int = sys.maxsize) -> dict[str, tuple[int, int]]:
        """Of each sink, the positions between which the records of batches ``first`` < n <= ``last`` are.

        By default all of this generation.
        """
        found = self._db.execute("SELECT sink, position FROM batches WHERE n = ?", (first,))
        begins = dict(found.fetchall())
        # SQLite takes the bare column from the row that holds the maximum.
        ends = self._db.execute(
            "SELECT sink, position, max(n) FROM batches WHERE n BETWEEN ? AND ? GROUP BY sink", (first, last)
        )
        return {sink: (begins.get(sink, 0), end) for sink, end, _ in ends}

    def span_of(self, sink: str, batch: int) -> tuple[int, int]:
        """The positions of a sink between which the records of a batch are, in the part that has them."""
        return span_of(self._db, sink, batch)


def span_of(db: sqlite3.Connection, sink: str, batch: int, batches: str = "batches") -> tuple[int, int]:
    """As :meth:`Parts.span_of`, by the table ``batches`` of ``db``."""
    found = db.execute(
        f"SELECT position FROM {batches} WHERE sink = ? AND n <= ? ORDER BY n DESC LIMIT 2",  # noqa: S608
        (sink, batch),
    ).fetchall()
    ends = [position for (position,) in found] + [0, 0]
    return ends[1], ends[0]
