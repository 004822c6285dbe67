"""``--where``: which records are exported, told by an SQL expression over their columns, as SQLite has it.

SQLite itself parses and computes it. What the expression may do is asked for while SQLite compiles it: it
may read the columns of the record, and call functions (``json_each`` too), and nothing else.
"""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from secrets import token_hex

from crawler.model.errors import UsageError
from crawler.sinks.columns import ADDED, RECORD, rows_of
from crawler.sinks.sqlite import cell_of, defined, quoted

_TABLE = f"records_{token_hex(8)}"
"""It holds some of the records at a time, so that no expression may select from it: none can name it."""
_FUNCTIONS = ("json_each", "json_tree")
"""Tables that SQLite makes of a list or an object, such as ``json_each(links)``."""
_NO_COLUMN = re.compile(r"no such column: (.*)")


class Where:
    """A filter of records. To be closed."""

    def __init__(self, expressions: Sequence[str]) -> None:
        """All of ``expressions`` must hold for a record. Raises UsageError where one cannot be understood."""
        self._said = " ".join(f"--where {expression!r}" for expression in expressions)
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        self._db.execute(f"CREATE TABLE {_TABLE} ({defined(RECORD)})")
        for table in _FUNCTIONS:
            with suppress(sqlite3.Error):  # an old SQLite may lack it
                self._db.execute(f"SELECT 1 FROM {table}('[]')")  # noqa: S608 - it is made known by that
        read: set[str] = set()
        for expression in expressions:
            try:
                read |= _columns_read(self._db, expression)
            except UsageError:
                self._db.close()
                raise
        columns = {name: holds for name, holds in RECORD.items() if name in read} or {"url": RECORD["url"]}
        self._cells = rows_of(columns, absent=ADDED)
        names = ", ".join(map(quoted, columns))
        self._insert = f"INSERT INTO {_TABLE} ({names}) VALUES (?{', ?' * (len(columns) - 1)})"  # noqa: S608
        together = " AND ".join(f"({expression}\n)" for expression in expressions)
        self._select = f"SELECT rowid FROM {_TABLE} WHERE {together} ORDER BY rowid"  # noqa: S608

    def of(self, batch: Sequence[bytes]) -> list[bytes]:
        """Those for which it holds, in their order.

        Raises UsageError where it cannot be computed, msgspec.DecodeError where a record is damaged.
        """
        self._db.execute(f"DELETE FROM {_TABLE}")  # noqa: S608 - and the row ids begin with 1 again
        self._db.execute("BEGIN")
        self._db.executemany(self._insert, ([*map(cell_of, self._cells(line))] for line in batch))
        self._db.execute("COMMIT")
        try:
            return [batch[row - 1] for (row,) in self._db.execute(self._select)]
        except sqlite3.Error as error:
            raise UsageError(f"{self._said} cannot be computed: {error}") from None

    def close(self) -> None:
        """Let SQLite go. May be repeated."""
        self._db.close()


def _columns_read(db: sqlite3.Connection, expression: str) -> set[str]:
    """The columns that ``expression`` names; it is compiled and not run. Raises UsageError."""
    read: set[str] = set()

    def may(action: int, one: str | None, two: str | None, _database: str | None, _view: str | None) -> int:
        if action == sqlite3.SQLITE_READ and one in (_TABLE, *_FUNCTIONS):
            if one == _TABLE:
                read.add(two or "")
            return sqlite3.SQLITE_OK
        is_harmless = action == sqlite3.SQLITE_FUNCTION and two != "load_extension"
        return sqlite3.SQLITE_OK if is_harmless or action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY

    db.set_authorizer(may)
    try:
        # What is one expression is one on each side of both: `1) OR (1` is not.
        for form in ("SELECT 1 FROM {} WHERE (\n{}\n)", "SELECT 1 FROM {} WHERE CASE WHEN\n{}\nTHEN 1 END"):
            with closing(db.execute("EXPLAIN " + form.format(_TABLE, expression))):
                pass
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise UsageError(_refusal(expression, " ".join(str(error).split()))) from None
    finally:
        db.set_authorizer(None)
    if "ROWID" in read:
        raise UsageError(_refusal(expression, "no such column: rowid"))
    return read


def _refusal(expression: str, error: str) -> str:
    said, there_are = f"--where {expression!r}", f"the columns are {', '.join(RECORD)}"
    if column := _NO_COLUMN.search(error):
        return f"{said}: there is no column {column[1]}; {there_are}"
    if "prohibited" in error or "not authorized" in error:
        return f"{said} is refused: it may only read the columns of a record and call functions; {there_are}"
    return f"{said} is not understood: {error}; it is to be one SQL expression, such as 'status >= 400'"
