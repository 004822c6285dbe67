"""What the version before wrote, whose records had four keys less: read, and gone on with."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from crawler.model.messages import Finished
from crawler.model.record import decode
from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.sinks.columns import ADDED, RECORD, completed
from crawler.sinks.csv import CsvConfig, CsvSink
from crawler.sinks.parquet import ParquetSink
from crawler.sinks.sqlite import SqliteSink
from tests.stations.writing import finished

KEYS = [name for name in RECORD if name not in ADDED]
ITEMS = [finished(number) for number in range(8)]
SHARED = ["sqlite", "parquet", "warc"]
ALL = ["jsonl", "sqlite", "csv", "parquet", "warc"]


def shorter(line: bytes) -> bytes:
    """A record's line as the version before wrote it."""
    row = json.loads(line)
    return json.dumps({name: row[name] for name in KEYS if name in row}, separators=(",", ":")).encode()


def items(sink: type[Sink], of: Sequence[Finished], *, are_old: bool) -> list[bytes]:
    if are_old:
        of = [replace(one, record=shorter(one.record)) for one in of]
    return [kept for kept in map(sink.keeps, of) if kept is not None]


def opened(name: str, path: Path, position: int | None = None, **options: Any) -> Sink:
    kind = SINKS[name]
    if name == "parquet":
        options = {"part_rows": 2} | options
    sink = kind(type(kind.options)(**options) if kind.options is not None else None)
    found = sink.open(path)
    sink.cut(found if position is None else position)
    return sink


def write(sink: Sink, some: Sequence[bytes], *, settled: bool = True) -> int:
    position = sink.write(some)
    sink.sync()
    while settled and sink.settle(last=True) is not None:
        pass
    return position


def earlier(name: str, folder: Path, of: Sequence[Finished] = ITEMS[:5]) -> tuple[Path, list[int]]:
    """The file, or folder, that the version before has written; the positions behind each record."""
    kind = SINKS[name]
    path = folder / kind.file_name
    sink = opened(name, path)
    ends = [write(sink, items(kind, [one], are_old=True), settled=False) for one in of]
    write(sink, [])
    sink.close()
    narrowed(name, path)
    if name == "csv":
        ends = _row_ends(path)
    return path, [0, *ends]


def _row_ends(path: Path) -> list[int]:
    data, at, ends = path.read_bytes(), 0, []
    for line in data.split(b"\r\n")[:-1]:
        at += len(line) + 2
        ends.append(at)
    return ends[1:]


def _narrow_csv(path: Path) -> None:
    """The last four cells are numbers, truth and nulls, so that there is no comma in them."""
    rows = [row.rsplit(b",", len(ADDED))[0] for row in path.read_bytes().split(b"\r\n")[:-1]]
    path.write_bytes(b"\r\n".join([*rows, b""]))


def _narrow_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        for column in ADDED:
            db.execute(f"ALTER TABLE records DROP COLUMN {column}")


def _narrow_parquet(path: Path) -> None:
    for part in path.iterdir():
        table = pq.read_table(part, partitioning=None)
        own = pq.read_metadata(part).metadata
        narrow = table.drop_columns(list(ADDED))
        kept = {key: value for key, value in own.items() if key.startswith(b"crawler.")}
        pq.write_table(narrow.replace_schema_metadata(kept), part)


_NARROWED: dict[str, Callable[[Path], None]] = {
    "csv": _narrow_csv, "sqlite": _narrow_sqlite, "parquet": _narrow_parquet
}  # fmt: skip


def narrowed(name: str, path: Path) -> None:
    """Have the file of a table as the version before would have written it."""
    if name in _NARROWED:
        _NARROWED[name](path)


def rows(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


WANTED = [json.loads(one.record) for one in ITEMS]


def test_the_fixtures_lack_what_they_should(tmp_path):
    assert len(ADDED) == 4
    assert list(RECORD)[-4:] == list(ADDED)
    assert ADDED == {"generation": 1, "unchanged": False, "content_hash": None, "near_hash": None}
    with closing(sqlite3.connect(earlier("sqlite", tmp_path)[0])) as db:
        assert [row[1] for row in db.execute("PRAGMA table_info(records)")] == ["id", *KEYS]
    assert earlier("csv", tmp_path)[0].read_bytes().startswith(",".join(KEYS).encode() + b"\r\n")
    for part in earlier("parquet", tmp_path)[0].iterdir():
        assert pq.read_schema(part).names == KEYS
    assert b"generation" not in earlier("jsonl", tmp_path)[0].read_bytes()


@pytest.mark.parametrize("name", ALL)
def test_it_is_read_with_the_keys_it_lacks(tmp_path, name):
    path, positions = earlier(name, tmp_path)
    assert rows(list(SINKS[name].read(path))) == WANTED[:5]
    for start, begin in enumerate(positions):
        for stop, position in enumerate(positions[start:], start):
            assert rows(list(SINKS[name].read(path, position, begin))) == WANTED[start:stop]


@pytest.mark.parametrize("options", [{}, {"bom": True}, {"formula_safe": True}])
def test_a_table_of_text_is_read_whatever_its_header_looks_like(tmp_path, options):
    path = tmp_path / "records.csv"
    CsvSink(CsvConfig(**options)).export([[one.record for one in ITEMS]], path)
    _narrow_csv(path)
    assert rows(list(CsvSink.read(path))) == WANTED


@pytest.mark.parametrize("name", ["jsonl", *SHARED])
@pytest.mark.parametrize("cut", [5, 3, 0])
def test_it_is_gone_on_with(tmp_path, name, cut):
    path, positions = earlier(name, tmp_path)
    sink = opened(name, path, positions[cut])
    end = write(sink, items(SINKS[name], ITEMS[cut:], are_old=False))
    sink.close()
    assert rows(list(SINKS[name].read(path))) == WANTED
    assert rows(list(SINKS[name].read(path, end, positions[cut]))) == WANTED[cut:]
    assert [decode(line) for line in SINKS[name].read(path)] == [decode(one.record) for one in ITEMS]


def test_a_database_that_was_killed_between_two_columns_gets_the_others(tmp_path):
    path, _ = earlier("sqlite", tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE records ADD COLUMN generation INTEGER DEFAULT 1")
    assert rows(list(SqliteSink.read(path))) == WANTED[:5]
    sink = opened("sqlite", path)
    write(sink, [one.record for one in ITEMS[5:]])
    sink.close()
    with closing(sqlite3.connect(path)) as db:
        assert [row[1] for row in db.execute("PRAGMA table_info(records)")] == ["id", *RECORD]
        found = db.execute("SELECT generation, unchanged, content_hash, near_hash FROM records").fetchall()
    assert found == [(1, 0, None, None)] * 8
    assert rows(list(SqliteSink.read(path))) == WANTED


# -- Parquet: all parts get the columns, or none ------------------------------------------------------


def columns_of(path: Path) -> set[tuple[str, ...]]:
    return {tuple(pq.read_schema(part).names) for part in path.iterdir()}


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_all_parts_have_one_schema_in_the_end(tmp_path, count):
    path, _ = earlier("parquet", tmp_path, ITEMS[:count])
    sink = opened("parquet", path)
    write(sink, [one.record for one in ITEMS[count:]])
    sink.close()
    assert columns_of(path) == {tuple(RECORD)}
    counted = duckdb.sql(f"SELECT count(*), sum(generation) FROM '{path}/*.parquet'").fetchall()
    assert counted == [(8, 8)]
    frame = pl.read_parquet(path)
    assert frame["unchanged"].to_list() == [False] * 8
    assert frame["content_hash"].null_count() == 8
    assert rows(list(ParquetSink.read(path))) == WANTED


def test_a_folder_of_an_earlier_version_is_widened_for_other_columns_too(tmp_path):
    """What was extracted grows at the same time."""
    last = [one.record for one in ITEMS[6:]]
    path, _ = earlier("parquet", tmp_path)
    rich = json.dumps(json.loads(ITEMS[5].record) | {"extracted": {"price": 7}}).encode()
    sink = opened("parquet", path)
    write(sink, [rich, *last])
    sink.close()
    assert columns_of(path) == {(*RECORD, "extracted.price")}
    read = [decode(line) for line in ParquetSink.read(path)]
    assert read == [decode(line) for line in (*(one.record for one in ITEMS[:5]), rich, *last)]


def test_killed_at_any_step_all_rows_are_there_in_parts_of_one_schema(tmp_path):
    steps = 0
    for killed_after in range(100):
        folder = tmp_path / str(killed_after)
        folder.mkdir()
        path, _ = earlier("parquet", folder, ITEMS[:3])
        sink = opened("parquet", path)
        sink.write([one.record for one in ITEMS[3:5]])
        sink.sync()
        done = [sink.settle(last=True) for _ in range(killed_after)]
        assert rows(list(ParquetSink.read(path))) == WANTED[:5]
        assert len(columns_of(path)) == 1 or "parquet_wide_named" in done
        again = opened("parquet", path, 5)  # as after a kill: the first one is not closed
        assert rows(list(ParquetSink.read(path))) == WANTED[:5]
        assert len(columns_of(path)) == 1
        write(again, [])
        again.close()
        assert columns_of(path) == {tuple(RECORD)}
        assert rows(list(ParquetSink.read(path))) == WANTED[:5]
        steps = killed_after
        if done and done[-1] is None:
            break
    assert 10 < steps < 99


# -- CSV: not gone on with -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"bom": True}, {"formula_safe": True}])
def test_a_header_without_the_columns_is_refused_before_anything_is_done(tmp_path, options):
    path = tmp_path / "records.csv"
    CsvSink(CsvConfig(**options)).export([[one.record for one in ITEMS]], path)
    assert CsvSink.refused(path) is None
    _narrow_csv(path)
    before = path.read_bytes()
    assert CsvSink.refused(path) == (
        "an earlier version of crawler began it, without the columns generation, unchanged, content_hash,"
        " near_hash; finish the crawl with that version, or begin it anew in another folder"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", [b"", b"mine\r\n", b"url,final_url\r\n", b"\xff\xfe\r\n"])
def test_what_is_no_header_at_all_is_for_others_to_refuse(tmp_path, text):
    path = tmp_path / "records.csv"
    assert CsvSink.refused(path) is None
    path.write_bytes(text)
    assert CsvSink.refused(path) is None


@pytest.mark.parametrize("name", ["jsonl", *SHARED])
def test_nothing_else_is_refused(tmp_path, name):
    assert SINKS[name].refused(earlier(name, tmp_path)[0]) is None


# -- lines ---------------------------------------------------------------------------------------------


def test_a_line_is_completed_only_where_it_lacks_the_keys():
    line = ITEMS[1].record
    assert completed(line) is line
    assert json.loads(completed(shorter(line))) == json.loads(line)
    named = {"url": "http://a.example/", "extracted": {"near_hash": None, "x": "y" * 60}}
    assert json.loads(completed(json.dumps(named).encode()))["generation"] == 1
    assert completed(b'{"url":"htt') == b'{"url":"htt'
