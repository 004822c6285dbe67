"""One statement for many rows, where ``executemany`` would run it once for each.

The sqlite3 module gives the interpreter lock up for every single run of a statement and asks for it again,
and each time the event loop, which had it meanwhile, is made to stop. With a row for each URL these
were most of the hand-overs between the two.
"""

import sqlite3
from collections.abc import Sequence

_TOGETHER = (64, 16, 4, 1)
"""Rows of one statement. Few sizes, so that SQLite keeps each of them prepared."""


def run(db: sqlite3.Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run ``sql`` for all ``rows``, which are of one length; ``VALUES ?`` in it stands for many of them.

    Its columns are ``column1``, ``column2``…. In an UPDATE … FROM (SQLite 3.33) no two rows may
    concern the same one.
    """
    if not rows:
        return
    one_row = f"({', '.join('?' * len(rows[0]))})"
    start = 0
    for size in _TOGETHER:
        while len(rows) - start >= size:
            values = [value for row in rows[start : start + size] for value in row]
            db.execute(sql.replace("VALUES ?", f"VALUES {', '.join([one_row] * size)}"), values)
            start += size
