"""``records.db``: an SQLite file with one row for each record, in the order of the records.

The table ``records`` has one column for each key of a record; lists and objects are JSON text, for
SQLite's ``json_each`` and ``->``. They are never taken apart here: a page's 300 links go from the
record into their column as the bytes they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from crawler.sinks.base import Sink, SinkShort, unreadable
from crawler.sinks.columns import ADDED, NULL, RECORD, Columns, Holds, lacking, line_of, rows_of

if TYPE_CHECKING:
    import sqlite3

BUSY_TIMEOUT = 30.0
"""Seconds to wait for somebody else who has ``records.db`` locked."""
_TYPES = {Holds.INTEGER: "INTEGER", Holds.NUMBER: "REAL", Holds.TRUTH: "INTEGER"}
"""Of columns; all others are TEXT."""


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"{}"'.format(name.replace('"', '""'))


def defined(columns: Columns) -> str:
    """The columns of a table, as ``CREATE TABLE`` has them. Names that differ in case alone get a number."""
    taken: set[str] = set()
    definitions = []
    for name, holds in columns.items():
        free = name = name.replace("\0", "")  # which no name may hold
        number = 1
        while free.lower() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.lower())
        definitions.append(f"{quoted(free)} {_TYPES.get(holds, 'TEXT')}")
    return ", ".join(definitions)


def cell_of(value: object) -> object:
    """What SQLite keeps for a cell of :func:`crawler.sinks.columns.rows_of`: lists and JSON as text."""
    if not isinstance(value, msgspec.Raw):
        return value
    return None if value == NULL else str(value, "utf-8")


def _columns_of(db: "sqlite3.Connection") -> set[str]:
    return {name for _, name, *_ in db.execute("PRAGMA table_info(records)")}


def _default(name: str) -> str:
    """What SQL calls the cell of a column that is not there."""
    return "NULL" if ADDED[name] is None else str(int(ADDED[name]))


class SqliteSink(Sink):
    """A database with the table ``records``: for SQL.

    Rows are appended in one transaction for what is synced at once; its position is the last row id.
    """

    name: ClassVar[str] = "sqlite"
    file_name: ClassVar[str] = "records.db"
    table: ClassVar[str] = "records"
    """Its table, whose ``id`` counts the rows."""

    _db: "sqlite3.Connection | None" = None
    _end = 0

    def __init__(self, options: Any = None, columns: Columns = RECORD) -> None:
        super().__init__(options, columns)
        self._cells = rows_of(columns)
        self._insert = f"INSERT INTO {self.table} VALUES (?{', ?' * len(columns)})"  # noqa: S608 (only marks)

    def _create(self) -> str:
        """``id`` counts the records from 1; as INTEGER PRIMARY KEY it *is* the row id."""
        return f"CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, {defined(self._columns)})"

    def open(self, path: Path) -> int:
        """Open or create the file and its table; the last row id."""
        import sqlite3  # which the configuration, that knows every sink, need not wait for

        self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
        # WAL lets others read while we write; only FULL makes a commit there survive a power loss.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(self._create())
        self._complete(self._db)
        self._end = self._db.execute(f"SELECT coalesce(max(id), 0) FROM {self.table}").fetchone()[0]  # noqa: S608
        return self._end

    def _complete(self, db: "sqlite3.Connection") -> None:
        """Add the columns that the file of an earlier version lacks; rows that are there have the default."""
        for name in lacking(_columns_of(db)) if self._columns is RECORD else ():
            db.execute(
                f"ALTER TABLE records ADD COLUMN {defined({name: RECORD[name]})} DEFAULT {_default(name)}"
            )

    def cut(self, position: int) -> None:
        """Delete the rows after row ``position``."""
        if self._end < position:
            raise SinkShort(self._end, position)
        self._file().execute(f"DELETE FROM {self.table} WHERE id > ?", (position,))  # noqa: S608
        self._end = position

    def write(self, items: Sequence[bytes]) -> int:
        """Insert a row for each item, in the transaction that the next sync commits."""
        db = self._file()
        if not db.in_transaction:
            db.execute("BEGIN IMMEDIATE")
        db.executemany(self._insert, self._rows(items))
        self._end += len(items)
        return self._end

    def _rows(self, items: Sequence[bytes]) -> Iterator[Sequence[object]]:
        for number, record in enumerate(items, self._end + 1):
            yield [number, *map(cell_of, self._cells(record))]

    def sync(self) -> None:
        """Commit: SQLite syncs the file."""
        db = self._file()
        if db.in_transaction:
            db.execute("COMMIT")

    def close(self) -> None:
        """Close the file, which folds the write-ahead log into it."""
        if self._db is None:
            return
        db, self._db = self._db, None
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
        finally:
            db.close()

    def export(self, batches: Iterable[Sequence[bytes]], path: Path) -> None:
        """One transaction without a journal. What are no records are the table ``items``, without ``id``."""
        import sqlite3

        are_records = self._columns is RECORD
        create = self._create() if are_records else f"CREATE TABLE items ({defined(self._columns)})"
        insert = f"INSERT INTO items VALUES (?{', ?' * (len(self._columns) - 1)})"  # noqa: S608 (only marks)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")  # whoever asks for the file syncs it once, at its end
            db.execute(create)
            db.execute("BEGIN")
            for batch in batches:
                if are_records:
                    db.executemany(self._insert, self._rows(batch))
                    self._end += len(batch)
                else:
                    db.executemany(insert, ([*map(cell_of, self._cells(line))] for line in batch))
            db.execute("COMMIT")

    def _file(self) -> "sqlite3.Connection":
        if self._db is None:
            raise ValueError("the sink is not open")
        return self._db

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The rows, put together again."""
        import sqlite3

        from crawler.plumbing.sqlite_reading import open_for_reading

        number = 0
        most = -1 if position is None else position
        try:
            with closing(open_for_reading(path)) as db:
                there = _columns_of(db)
                absent = {name: _default(name) for name in lacking(there)}
                names = ", ".join(absent.get(name, quoted(name)) for name in RECORD)
                query = f"SELECT {names} FROM records WHERE id > ?2 AND (id <= ?1 OR ?1 < 0) ORDER BY id"  # noqa: S608
                for cells in db.execute(query, (most, begin)):
                    yield line_of(cells)
                    number += 1
        except sqlite3.Error as error:
            raise unreadable(path, str(error), number) from error
        if position is not None and number < position - begin:
            raise unreadable(path, f"its last {position - begin - number:,} records are missing", number)
