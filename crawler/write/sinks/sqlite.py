"""``records.db``: an SQLite file with one row for each record, in the order of the records.

The table ``records`` has one column for each key of a record; lists and objects are JSON text, for
SQLite's ``json_each`` and ``->``. They are never taken apart here: a page's 300 links go from the
record into their column as the bytes they are.
"""

import sqlite3
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Union, get_args, get_origin

import msgspec

from crawler.model.messages import Finished
from crawler.model.outcomes import SinkName
from crawler.model.record import Record
from crawler.write.sinks.base import SinkShort

BUSY_TIMEOUT = 30.0
"""Seconds to wait for somebody else who has ``records.db`` locked."""
_SCALARS: dict[type, str] = {int: "INTEGER", float: "REAL", str: "TEXT"}


_COLUMNS: dict[str, type | None] = {}
"""The scalar that each key of a record holds, apart from null; None for lists, objects, anything."""
for _field in msgspec.structs.fields(Record):
    _union = get_origin(_field.type) in {Union, types.UnionType}
    _types = set(get_args(_field.type) if _union else (_field.type,)) - {type(None), msgspec.UnsetType}
    _only = _types.pop() if len(_types) == 1 else None
    _COLUMNS[_field.encode_name] = next(
        (scalar for scalar in _SCALARS if isinstance(_only, type) and issubclass(_only, scalar)), None
    )
_NULL = msgspec.Raw(b"null")
_Row: Callable[..., Any] = msgspec.defstruct(
    "_Row",
    [
        (name, scalar | None, None) if scalar else (name, msgspec.Raw, _NULL)
        for name, scalar in _COLUMNS.items()
    ],
    gc=False,
)
_decode = msgspec.json.Decoder(_Row).decode

CREATE = (
    "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, "
    + ", ".join(f'"{name}" {_SCALARS.get(scalar or str)}' for name, scalar in _COLUMNS.items())
    + ")"
)
"""``id`` counts the records from 1; as INTEGER PRIMARY KEY it *is* the row id."""
_INSERT = "INSERT INTO records VALUES (?" + ", ?" * len(_COLUMNS) + ")"  # noqa: S608 (nothing but marks)


def _json_text(slice_of_record: msgspec.Raw) -> str | None:
    return None if slice_of_record == _NULL else str(slice_of_record, "utf-8")


class SqliteSink:
    """Appends rows, one transaction for what is synced at once; its position is the last row id."""

    name: ClassVar[SinkName] = "sqlite"
    file_name: ClassVar[str] = "records.db"
    needs_body: ClassVar[bool] = False
    _table = "records"
    _create = CREATE
    _insert = _INSERT

    _db: sqlite3.Connection | None = None
    _end = 0

    def open(self, path: Path) -> int:
        """Open or create the file and its table; the last row id."""
        self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
        # WAL lets others read while we write; only FULL makes a commit there survive a power loss.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(self._create)
        self._end = self._db.execute(f"SELECT coalesce(max(id), 0) FROM {self._table}").fetchone()[0]  # noqa: S608
        return self._end

    def cut(self, position: int) -> None:
        """Delete the rows after row ``position``."""
        if self._end < position:
            raise SinkShort(self._end, position)
        self._file().execute(f"DELETE FROM {self._table} WHERE id > ?", (position,))  # noqa: S608
        self._end = position

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        """The record of a page or a sitemap."""
        return finished.record if finished.ticket.purpose.is_recorded else None

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
            values = msgspec.structs.astuple(_decode(record))
            yield [number, *(_json_text(v) if isinstance(v, msgspec.Raw) else v for v in values)]

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

    def _file(self) -> sqlite3.Connection:
        if self._db is None:
            raise ValueError("the sink is not open")
        return self._db
