"""Second opinions on what a sink holds: the URLs in its files, in order, as other programs read them.

None of it shares code with the sinks, which is the point; so this is the one file beside them that has a
line for each. A judge stops with an error where the file is damaged. One whose library is not installed
is not heard, and the sink's own reader has the only word then.
"""

import csv
import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

LARGEST_CELL = 64 * 1024 * 1024
"""Characters that the csv module takes for one cell; its own limit is less than a page's links may be."""


def _jsonl(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if not line.endswith("\n"):
                raise ValueError("the last line has no end")
            yield json.loads(line)["url"]


def _sqlite(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        if (said := db.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
            raise ValueError(said)
        if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'records'").fetchone() != (0,):
            yield from (url for (url,) in db.execute("SELECT url FROM records ORDER BY id"))


def _csv(path: Path) -> Iterator[str]:
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            for row in rows:
                if None in row or None in row.values():
                    raise ValueError(f"a row of another length, in line {rows.line_num}")
                yield row["url"]
    finally:
        csv.field_size_limit(before)


def _parquet(path: Path) -> Iterator[str]:
    import duckdb  # type: ignore[import-untyped,unused-ignore]

    parts: list[Path] = sorted(path.glob("*.parquet"))
    with duckdb.connect() as db:
        for part in parts:
            query = "SELECT url FROM read_parquet(?) ORDER BY file_row_number"
            yield from (url for (url,) in db.execute(query, [str(part)]).fetchall())


def _warc(path: Path) -> Iterator[str]:
    """Every answer's; each gzip member is unpacked, and each digest checked, on the way."""
    from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

    for part in sorted(path.glob("*.warc.gz")):
        with gzip.open(part) as members:
            while members.read(1 << 20):
                pass
        with part.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                if record.rec_type in {"response", "revisit"}:
                    yield record.rec_headers.get_header("WARC-Target-URI")


class Judge(NamedTuple):
    """One of them."""

    urls_in: Callable[[Path], Iterator[str]]
    needs: str = "json"
    """What it imports."""
    sees_more: bool = False
    """Whether what it reads holds more than the records' URLs (robots.txt) and not each of them."""


JUDGES = {
    "jsonl": Judge(_jsonl),
    "sqlite": Judge(_sqlite),
    "csv": Judge(_csv),
    "parquet": Judge(_parquet, "duckdb"),
    "warc": Judge(_warc, "warcio", sees_more=True),
}
"""By the name of the sink."""


def judge_of(sink: str) -> Judge | None:
    """The one who reads this sink's files, if what it needs is installed."""
    judge = JUDGES.get(sink)
    return judge if judge is not None and find_spec(judge.needs) is not None else None


def heard(reading: Iterator[Any]) -> tuple[list[Any], str | None]:
    """All that a reader gave, and what it then complained of."""
    given: list[Any] = []
    try:
        for one in reading:
            given.append(one)  # noqa: PERF402 (what came before the error counts)
    except Exception as error:  # of whichever library
        return given, f"{type(error).__name__}: {error}"
    return given, None
