"""``facts.db``: an SQLite file with one row for each URL that was asked for, whatever for, in order.

What is told of every URL has a column; the references of a page, its anchors and marks are one blob, as
they came from the parser (:class:`crawler.model.facts.PageFacts`). A row for each reference would be ten
million rows of a large site, of which a check looks at those that may be wrong.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from crawler.model.messages import Finished
from crawler.sinks.base import SinkOutdated, unreadable
from crawler.sinks.columns import RECORD, Columns
from crawler.sinks.sqlite import SqliteSink

if TYPE_CHECKING:
    import sqlite3

FACTS_VERSION = 1
"""It grows when what an older version of the program wrote means another thing: table or blob."""

HASHES = ("content_hash", "near_hash")
"""Columns that files written before there were hashes lack, and may."""
CREATE = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,     -- counts the URLs as they finished, from 1; a URL has two where it was asked
                                -- once more: first as an asset, then as a page
    url TEXT NOT NULL,
    purpose INTEGER NOT NULL,   -- crawler.model.outcomes.Purpose
    outcome TEXT NOT NULL, kind TEXT, message TEXT, status INTEGER,   -- these and the next as in the record
    final_url TEXT NOT NULL, redirects TEXT, depth INTEGER, referrer TEXT, attempts INTEGER,
    fetched_at TEXT, elapsed_ms REAL, bytes INTEGER, content_type TEXT, charset TEXT,
    title TEXT, canonical TEXT,
    is_html INTEGER, noindex INTEGER, lang TEXT, title_line INTEGER, title_column INTEGER, scripts INTEGER,
    text_length INTEGER, text_hash INTEGER,   -- as in PageFacts, like
    facts BLOB,                 -- all of them in MessagePack; NULL where the answer was not read
    content_hash TEXT, near_hash TEXT         -- as in the record
)
"""


class _Row(msgspec.Struct, gc=False):
    """What is kept of a record."""

    url: str
    outcome: str
    final_url: str
    depth: int
    attempts: int
    fetched_at: str
    kind: str | None = None
    message: str | None = None
    status: int | None = None
    redirects: msgspec.Raw = msgspec.Raw(b"[]")
    referrer: str | None = None
    elapsed_ms: float | None = None
    bytes: int | None = None
    content_type: str | None = None
    charset: str | None = None
    title: str | None = None
    canonical: str | None = None
    content_hash: str | None = None
    near_hash: str | None = None


class _Head(msgspec.Struct, gc=False, array_like=True):
    """As PageFacts, with the long parts left as they are."""

    targets: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.Raw()
    others: msgspec.Raw = msgspec.Raw()
    counts: msgspec.Raw = msgspec.Raw()
    fragments: msgspec.Raw = msgspec.Raw()
    anchors: msgspec.Raw = msgspec.Raw()
    marks: msgspec.Raw = msgspec.Raw()
    is_html: bool | None = None
    noindex: bool | None = None
    lang: str | None = None
    title_line: int | None = None
    title_column: int | None = None
    scripts: int | None = None
    text_length: int | None = None
    text_hash: int | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode_item = msgspec.msgpack.Decoder(tuple[int, bytes, bytes]).decode
_decode_row = msgspec.json.Decoder(_Row).decode
_decode_head = msgspec.msgpack.Decoder(_Head).decode
_NOTHING = _Head()
_COLUMNS = (
    "id, url, purpose, outcome, kind, message, status, final_url, redirects, depth, referrer, attempts,"
    " fetched_at, elapsed_ms, bytes, content_type, charset, title, canonical, is_html, noindex, lang,"
    " title_line, title_column, scripts, text_length, text_hash, facts, content_hash, near_hash"
)
_INSERT = f"INSERT INTO answers ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"  # noqa: S608


def lacking(db: "sqlite3.Connection") -> list[str]:
    """The columns that a file of an older version of the program lacks."""
    there = {name for _, name, *_ in db.execute("PRAGMA main.table_info(answers)")}
    return [column for column in HASHES if column not in there]


class FactsSink(SqliteSink):
    """Every answer and what refers to it: for checks.

    Rows are appended in one transaction for what is synced at once; its position is the last row id.
    """

    name: ClassVar[str] = "facts"
    file_name: ClassVar[str] = "facts.db"
    is_per_generation: ClassVar[bool] = True
    holds_records: ClassVar[bool] = False
    table: ClassVar[str] = "answers"

    def __init__(self, options: Any = None, columns: Columns = RECORD) -> None:
        super().__init__(options, columns)
        self._insert = _INSERT

    def _create(self) -> str:
        return CREATE

    def open(self, path: Path) -> int:
        """Open or create the file; the last row id. Raises SinkOutdated for a file of another version."""
        end, db = super().open(path), self._file()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if not end:
            db.execute(f"PRAGMA user_version = {FACTS_VERSION}")
        elif version != FACTS_VERSION:
            raise SinkOutdated(
                f"it is of format {version}, and this version of crawler writes format {FACTS_VERSION}"
            )
        for column in lacking(db):
            db.execute(f"ALTER TABLE answers ADD COLUMN {column} TEXT")
        return end

    def _complete(self, db: "sqlite3.Connection") -> None:
        """Not before it is known whose file it is."""

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        """Every URL, with its record and what was noted of it."""
        return _encode((finished.ticket.purpose, finished.record, finished.facts))

    def _rows(self, items: Sequence[bytes]) -> Iterator[Sequence[object]]:
        for number, item in enumerate(items, self._end + 1):
            purpose, record, facts = _decode_item(item)
            row, head = _decode_row(record), _decode_head(facts) if facts else _NOTHING
            yield (
                number,
                row.url,
                purpose,
                row.outcome,
                row.kind,
                row.message,
                row.status,
                row.final_url,
                str(row.redirects, "utf-8"),
                row.depth,
                row.referrer,
                row.attempts,
                row.fetched_at,
                row.elapsed_ms,
                row.bytes,
                row.content_type,
                row.charset,
                row.title,
                row.canonical,
                head.is_html,
                head.noindex,
                head.lang,
                head.title_line,
                head.title_column,
                head.scripts,
                head.text_length,
                head.text_hash,
                facts or None,
                row.content_hash,
                row.near_hash,
            )

    @classmethod
    def read_facts(
        cls, path: Path, position: int | None = None, begin: int = 0
    ) -> Iterator[tuple[str, int, bytes]]:
        """URL, purpose and facts of what is between two positions, as :meth:`read` has them for records."""
        import sqlite3

        from crawler.plumbing.sqlite_reading import open_for_reading

        query = (
            "SELECT url, purpose, facts FROM answers WHERE id > ?2 AND (id <= ?1 OR ?1 < 0) AND facts NOTNULL"
        )
        try:
            with closing(open_for_reading(path)) as db:
                yield from db.execute(query, (-1 if position is None else position, begin))
        except sqlite3.Error as error:
            raise unreadable(path, str(error), 0) from error

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:  # noqa: ARG003
        """Nothing: these are facts, of which a record cannot be made again."""
        return iter(())
