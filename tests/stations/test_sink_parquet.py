"""The sink parquet: whatever is killed when, the same rows; and what other people's readers find."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pandas
import polars
import pyarrow.dataset
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.model.errors import OutputError
from crawler.model.messages import Hop
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import Record, encode
from crawler.sinks import parquet_file, parquet_reading, parquet_rows
from crawler.sinks.base import SinkShort
from crawler.sinks.columns import RECORD, Holds
from crawler.sinks.parquet import ParquetConfig, ParquetSink, side_folder

MIB = 1024 * 1024


def line(number: int, extracted: Any = None, **more: Any) -> bytes:
    """The record of page ``number``."""
    keys: dict[str, Any] = {
        "url": f"http://a.example/{number}",
        "final_url": f"http://a.example/{number}",
        "outcome": Outcome.OK,
        "depth": number % 3,
        "attempts": 1,
        "fetched_at": f"2024-05-06T07:08:{number % 60:02d}.{number % 1000:03d}Z",
        "links": [f"http://a.example/{number + 1}", "http://b.example/ü"],
        "extracted": extracted,
    }
    return encode(Record(**keys | more))


def opened(path: Path, position: int | None = None, **options: Any) -> ParquetSink:
    sink = ParquetSink(ParquetConfig(**options))
    found = sink.open(path)
    sink.cut(found if position is None else position)
    return sink


def settled(sink: ParquetSink, *, last: bool = False) -> list[str]:
    """The steps until there are no more."""
    return list(iter(lambda: sink.settle(last=last), None))


def written(path: Path, lines: Sequence[bytes], part_rows: int = 50_000) -> Path:
    """A folder of parts with these rows, each part settled as soon as it can be."""
    sink = opened(path, part_rows=part_rows)
    for at in range(0, len(lines), part_rows):
        sink.write(lines[at : at + part_rows])
        sink.sync()
        settled(sink)
    settled(sink, last=True)
    sink.close()
    return path


def parts(path: Path) -> dict[int, int]:
    """Of each part, the first row and the number of rows."""
    return {
        int(part.stem[5:]): pyarrow.parquet.read_metadata(part).num_rows for part in sorted(path.iterdir())
    }


def tables(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The whole table as each reader gives it."""
    frame = pandas.read_parquet(path)
    yield json.loads(frame.to_json(orient="records", date_format="iso"))
    yield polars.read_parquet(path).to_dicts()
    yield polars.scan_parquet(path).collect().to_dicts()
    cursor = duckdb.sql(f"SELECT * FROM read_parquet('{path}/*.parquet')")
    yield [dict(zip(cursor.columns, row, strict=True)) for row in cursor.fetchall()]
    yield pyarrow.dataset.dataset(path).to_table().to_pylist()


def urls(path: Path) -> list[list[str]]:
    return [[row["url"] for row in table] for table in tables(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.parquet"


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    """Row groups of at most three rows, so that parts of a few rows have several; a kill needs no sync."""
    monkeypatch.setattr(parquet_rows.os, "fsync", lambda _: None)
    monkeypatch.setattr(parquet_file.groups_of, "__defaults__", (3,))
    monkeypatch.setattr(parquet_reading, "PAUSE", 0)


# -- parts and the side file -----------------------------------------------------------------------


def test_a_finished_folder_holds_parts_and_nothing_else(path: Path):
    lines = [line(number) for number in range(25)]
    written(path, lines, part_rows=10)
    assert [entry.name for entry in path.parent.iterdir()] == ["records.parquet"]
    assert [part.name for part in sorted(path.iterdir())] == [
        "part-000000000001.parquet", "part-000000000011.parquet", "part-000000000021.parquet"
    ]  # fmt: skip
    assert list(ParquetSink.read(path)) == lines
    expected = [f"http://a.example/{number}" for number in range(25)]
    assert urls(path) == [expected] * 5


def test_a_write_that_is_larger_than_a_part_becomes_several(path: Path):
    sink = opened(path, part_rows=10)
    assert sink.write([line(number) for number in range(25)]) == 25
    sink.sync()
    settled(sink)
    assert parts(path) == {1: 10, 11: 10}
    sink.close()
    assert len(list(ParquetSink.read(path))) == 25


def test_a_part_is_bounded_in_bytes_too(path: Path):
    sink = opened(path, part_bytes=MIB)
    for number in range(5):
        sink.write([line(number, text="x" * (MIB // 2))])
    sink.sync()
    settled(sink)
    assert parts(path) == {1: 2, 3: 2}  # the fifth has no other yet
    sink.close()


def test_many_stops_leave_few_parts(path: Path):
    lines = [line(number) for number in range(60)]
    for number in range(30):
        sink = opened(path, part_rows=10)
        sink.write(lines[2 * number : 2 * number + 2])
        sink.sync()
        settled(sink, last=True)
        sink.close()
    found = parts(path)
    assert sum(found.values()) == 60
    assert len(found) <= 6
    assert max(found.values()) < 20
    assert list(ParquetSink.read(path)) == lines


def test_without_rows_there_is_a_table_with_columns(path: Path):
    sink = opened(path)
    assert settled(sink) == ["parquet_begun"]
    assert urls(path) == [[]] * 5
    assert "links" in pandas.read_parquet(path).columns
    settled(sink, last=True)
    sink.close()
    assert urls(path) == [[]] * 5
    assert [entry.name for entry in path.parent.iterdir()] == ["records.parquet"]
    assert list(ParquetSink.read(path)) == []


def test_every_key_comes_back_byte_for_byte(path: Path):
    full = Record(
        url="http://a.example/é?a=1",
        final_url="http://a.example/é?a=1",
        outcome=Outcome.ERROR,
        kind=Kind.HTTP_STATUS,
        message="it said “no”\n\t\\ \x00 \u2028 😀",
        status=404,
        depth=3,
        referrer="http://a.example/",
        attempts=2,
        fetched_at="2024-05-06T07:08:09.000Z",
        elapsed_ms=12.5,
        bytes=2**62,
        content_type="text/html",
        charset="UTF-8",
        title="",
        canonical="http://a.example/c",
        meta_robots=["noindex", ""],
        links=[],
        text_length=0,
        text="kept",
        extracted={"b": 1.5, "a": [None, {"x": []}], "": -0.0, "big": 2**70},
        redirects=(Hop("http://a.example/old", 301, "/é"), Hop("http://a.example/older", 302, "/old")),
    )
    lines = [encode(full), line(1), line(2, []), line(3, "text"), line(4, False), line(5, {})]
    written(path, lines)
    assert list(ParquetSink.read(path)) == lines
    schema = pyarrow.parquet.read_schema(next(path.iterdir()))
    names = ("status", "elapsed_ms", "links", "redirects", "fetched_at")
    assert [str(schema.field(name).type) for name in names] == [
        "int64", "double", "list<element: string>", "string", "timestamp[ms, tz=UTC]"
    ]  # fmt: skip


# -- kills -----------------------------------------------------------------------------------------


def test_killed_after_any_step_the_rows_are_the_same(path: Path, tmp_path: Path):
    """The folders as they lie on the disk after each step, opened by a successor."""
    values = [{"a": 1}, {"a": 2}, {"a": 1.5}, {"a": "now text"}]
    lines = [line(number, values[number // 4]) for number in range(16)]
    sink, steps, acked = opened(path, part_rows=4), set(), 0

    def check() -> None:
        there = tmp_path / "after" / path.name
        for folder in (path, side_folder(path)):
            if folder.exists():
                shutil.copytree(folder, there.with_name(folder.name))
        before = list(ParquetSink.read(there, acked))
        assert before == lines[:acked]
        seen = polars.read_parquet(there)["url"].to_list()  # which is strict about schemas
        assert seen == [json.loads(row)["url"] for row in lines[: len(seen)]]
        for position in (acked, acked // 2)[len(steps) % 2 :][:1]:
            copy = tmp_path / "copy" / path.name
            shutil.copytree(there.parent, copy.parent)
            successor = opened(copy, position, part_rows=4)
            assert list(ParquetSink.read(copy)) == lines[:position]
            successor.write(lines[position:])
            successor.sync()
            settled(successor, last=True)
            successor.close()
            assert list(ParquetSink.read(copy)) == lines
            assert [entry.name for entry in copy.parent.iterdir()] == ["records.parquet"]
            shutil.rmtree(copy.parent)
        shutil.rmtree(there.parent)

    steps.add(sink.settle())
    for at in range(0, 16, 8):
        acked = sink.write(lines[at : at + 8])
        sink.sync()
        check()
        while step := sink.settle():
            steps.add(step)
            check()
    while step := sink.settle(last=True):
        steps.add(step)
        check()
    sink.close()
    check()
    assert steps == {
        "parquet_begun", "parquet_shape", "parquet_group", "parquet_part_written", "parquet_part_named",
        "parquet_rows_removed", "parquet_group_widened", "parquet_part_widened", "parquet_all_widened",
        "parquet_narrow_removed", "parquet_wide_named",
    }  # fmt: skip


VALUES = st.sampled_from([None, 1, 2**60, 1.5, "x", ["x"], [], {}, True, {"a": None}])
EXTRACTED = st.one_of(
    st.none(), st.dictionaries(st.sampled_from(["a", "b", "url", "a.b", ""]), VALUES), st.just([{"a": 1}])
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(EXTRACTED, max_size=8)),
        st.tuples(st.just("sync"), st.none()),
        st.tuples(st.just("settle"), st.integers(1, 12)),
        st.tuples(st.just("last"), st.integers(1, 12)),
        st.tuples(st.just("cut"), st.floats(0, 1)),
        st.tuples(st.just("close"), st.none()),
        st.tuples(st.just("kill"), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
@example(actions=[("write", [None] * 6), ("last", 9), ("write", [None])])
@example(actions=[("settle", 1), ("write", [None] * 5), ("settle", 12), ("close", None)])
def test_it_holds_what_a_list_would(tmp_path: Path, actions: list[tuple[str, Any]]):
    path = tmp_path / "records.parquet"
    for folder in (path, side_folder(path)):
        shutil.rmtree(folder, ignore_errors=True)
    sink = opened(path, part_rows=5)
    held: list[bytes] = []
    synced = number = 0
    for action, how in actions:
        if action == "write":
            lines = [line(number + offset, value) for offset, value in enumerate(how)]
            number += len(lines)
            held += lines
            assert sink.write(lines) == len(held)
        elif action == "sync":
            sink.sync()
            synced = len(held)
        elif action in {"settle", "last"}:
            for _ in range(how):
                sink.settle(last=action == "last")
            synced = len(held) if action == "last" else synced
        elif action == "cut":
            position = int(how * len(held))
            sink.cut(position)
            del held[position:]
            synced = len(held)
        else:
            if action == "close":
                sink.close()
                held = held[:synced]
            # Killed, the system keeps what was written all the same.
            sink = ParquetSink(ParquetConfig(part_rows=5))
            assert sink.open(path) == len(held)
            sink.cut(len(held))
            synced = len(held)
        assert list(ParquetSink.read(path)) == held
    sink.sync()
    settled(sink, last=True)
    sink.close()
    assert list(ParquetSink.read(path)) == held
    assert urls(path) == [[json.loads(row)["url"] for row in held]] * 5


def test_rows_that_are_gone_are_said_and_written_again(path: Path):
    lines = [line(number) for number in range(30)]
    written(path, lines, part_rows=10)
    (path / "part-000000000011.parquet").unlink()
    with pytest.raises(OutputError, match=r"records\.parquet cannot be read: row 11 .*\(10 records before"):
        list(ParquetSink.read(path, 30))
    sink = ParquetSink(ParquetConfig(part_rows=10))
    assert sink.open(path) == 10
    with pytest.raises(SinkShort, match="it ends at 10, before 30"):
        sink.cut(30)
    sink.cut(8)
    assert parts(path) == {1: 8}
    sink.write(lines[8:])
    sink.sync()
    settled(sink, last=True)
    sink.close()
    assert list(ParquetSink.read(path)) == lines


@pytest.mark.parametrize("where", ["data", "end", "all"])
def test_a_damaged_part_is_named_with_what_can_be_read(path: Path, where: str):
    lines = [line(number, title="t" * 500) for number in range(30)]
    written(path, lines, part_rows=10)
    part = path / "part-000000000011.parquet"
    data = bytearray(part.read_bytes())
    if where == "data":
        group = pyarrow.parquet.read_metadata(part).row_group(2)  # of rows 17 to 19, groups being of three
        column = group.column(0)
        start = column.dictionary_page_offset or column.data_page_offset
        data[start + column.total_compressed_size - 2] ^= 0xFF
    else:
        data = data[:-6] if where == "end" else bytearray()
    part.write_bytes(data)
    read: list[bytes] = []
    count = 16 if where == "data" else 10
    with pytest.raises(OutputError, match=rf"part-000000000011\.parquet cannot be read: .*\({count} records"):
        read.extend(ParquetSink.read(path, 30))
    if where != "data":
        with pytest.raises(OutputError, match=r"part-000000000011\.parquet cannot be read"):
            ParquetSink().open(path)


def test_a_full_disk_leaves_no_half_line(path: Path, monkeypatch):
    sink = opened(path)
    sink.write([line(0)])
    sink.sync()
    real, room = parquet_rows.os.write, [100, 0]

    def nearly_full(fd: int, data: memoryview) -> int:
        if not (left := room.pop(0)):
            raise OSError(28, "No space left on device")
        return real(fd, data[:left])

    monkeypatch.setattr(parquet_rows.os, "write", nearly_full)
    with pytest.raises(OSError, match="No space left"):
        sink.write([line(1), line(2)])
    monkeypatch.undo()
    sink.close()
    assert list(ParquetSink.read(path)) == [line(0)]


# -- readers beside a writer -----------------------------------------------------------------------


def test_readers_beside_a_writer_find_a_beginning_of_the_rows(path: Path):
    """Every committed row is there for ``read``, whatever step the writer is at."""
    lines = [line(number, {"a": number} if number < 300 else {"a": "text"}) for number in range(600)]
    stop, wrong = threading.Event(), []
    committed = 0

    def look() -> None:
        while not stop.is_set():
            upto = committed
            if list(ParquetSink.read(path, upto)) != lines[:upto]:
                wrong.append(upto)

    sink = opened(path, part_rows=50)
    reader = threading.Thread(target=look)
    reader.start()
    try:
        for at in range(0, len(lines), 10):
            position = sink.write(lines[at : at + 10])
            sink.sync()
            committed = position
            for _ in range(3):
                sink.settle()
        settled(sink, last=True)
    finally:
        stop.set()
        reader.join()
        sink.close()
    assert not wrong


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "brotli", "lz4", "none"])
def test_every_compression_is_read_by_all(path: Path, compression: str):
    sink = opened(path, compression=compression)
    sink.write([line(1, {"a": 1})])
    sink.sync()
    settled(sink, last=True)
    sink.close()
    assert urls(path) == [["http://a.example/1"]] * 5
    column = pyarrow.parquet.read_metadata(next(path.iterdir())).row_group(0).column(0)
    assert column.compression == {"none": "UNCOMPRESSED"}.get(compression, compression.upper())


# -- what was extracted ----------------------------------------------------------------------------


def typed(path: Path) -> dict[str, list[Any]]:
    """The typed columns by key, as DuckDB gives them."""
    cursor = duckdb.sql(f"SELECT * FROM read_parquet('{path}/*.parquet')")
    rows = cursor.fetchall()
    return {
        name.removeprefix("extracted."): [row[at] for row in rows]
        for at, name in enumerate(cursor.columns)
        if name.startswith("extracted.")
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, None], [1, 2, None]),
        ([1, 2.5], [1.0, 2.5]),
        ([2**53, 2**60, -(2**63)], [2**53, 2**60, -(2**63)]),
        ([2**60, 2.5], [str(2**60), "2.5"]),
        ([1, 2**70], ["1", str(2**70)]),
        ([2**63], [str(2**63)]),
        ([True, None, False], [True, None, False]),
        ([True, 1], ["true", "1"]),
        (["x", "", "\x00ü😀"], ["x", "", "\x00ü😀"]),
        (["1", 1], ['"1"', "1"]),
        ([["x", "y"], []], [["x", "y"], []]),
        ([["x", None]], ['["x",null]']),
        ([["x"], [1]], ['["x"]', "[1]"]),
        ([{"b": [{}]}], ['{"b":[{}]}']),
        ([[[]] * 3], ["[[],[],[]]"]),
    ],
)
@pytest.mark.parametrize("part_rows", [1, 50])
def test_a_key_has_the_narrowest_type_that_holds_every_value(path: Path, values, expected, part_rows: int):
    written(path, [line(number, {"k": value}) for number, value in enumerate(values)], part_rows)
    assert typed(path) == {"k": expected}
    for table in tables(path):
        assert [json.loads(row["extracted"]) for row in table] == [{"k": value} for value in values]


def test_where_a_value_is_no_object_there_are_no_typed_columns(path: Path):
    values = [{"a": 1}, None, [{"a": 2}], {"a": 3}]
    written(path, [line(number, value) for number, value in enumerate(values)], part_rows=1)
    assert typed(path) == {}
    assert pandas.read_parquet(path)["extracted"].isna().to_list() == [False, True, False, False]


def test_without_an_extract_function_there_is_no_typed_column(path: Path):
    written(path, [line(number) for number in range(3)])
    assert typed(path) == {}


HOSTILE = [
    "url",
    "extracted",
    "a.b",
    "",
    " ",
    "Ünï",
    "A",
    "a",
    "extracted.a",
    '"q"',
    "x" * 100,
    "😀",
    "'; --",
]


def test_hostile_keys_are_columns_where_they_can_be_and_lost_nowhere(path: Path):
    hidden = {"n\x00l": 1, "x" * 101: 2, "line\n": 3}
    value = {key: f"v{number}" for number, key in enumerate(HOSTILE)} | hidden
    written(path, [line(0), line(1, value)], part_rows=1)
    for table in tables(path):
        assert len(table) == 2
        assert table[1]["url"] == "http://a.example/1"
        assert json.loads(table[1]["extracted"]) == value
    for table in (polars.read_parquet(path).to_dicts(), pandas.read_parquet(path).to_dict("records")):
        found = {key: cell for key, cell in table[1].items() if key.startswith("extracted.")}
        assert found == {f"extracted.{key}": value[key] for key in HOSTILE}


def test_columns_are_bounded_and_keys_beyond_are_kept(path: Path):
    lines = [line(number, {f"k{number}-{key}": key for key in range(100)}) for number in range(20)]
    written(path, lines, part_rows=4)
    assert len(typed(path)) == 256
    assert list(ParquetSink.read(path)) == lines


def test_a_shape_that_changes_for_ever_changes_a_few_times(path: Path):
    values: list[Any] = [{f"k{number}": number} for number in range(15)]
    values += [{"k0": "text"}, {"k1": 0.5}, {"k2": []}, {"k14": 1}]
    lines = [line(number, value) for number, value in enumerate(values)]
    written(path, lines, part_rows=1)
    found = typed(path)
    assert list(found) == [f"k{number}" for number in range(9)]
    for key, column in found.items():
        assert column == [json.dumps(value[key]) if key in value else None for value in values]
    assert list(ParquetSink.read(path)) == lines


# -- one file --------------------------------------------------------------------------------------


def test_a_table_is_one_file_with_the_columns_that_are_asked_for(tmp_path: Path):
    file = tmp_path / "items.parquet"
    columns = {"url": Holds.TEXT, "price": Holds.NUMBER, "fetched_at": Holds.TEXT, "tags": Holds.TEXTS}
    rows = [
        [b'{"url":"a","price":1.5,"fetched_at":"yesterday","tags":["x"]}'],
        [],
        [b'{"url":"b"}', b'{"tags":[]}'],
    ]
    assert parquet_file.write_table(file, columns, iter(rows)) == 3
    assert polars.read_parquet(file).to_dicts() == [
        {"url": "a", "price": 1.5, "fetched_at": "yesterday", "tags": ["x"]},
        {"url": "b", "price": None, "fetched_at": None, "tags": None},
        {"url": None, "price": None, "fetched_at": None, "tags": []},
    ]
    assert list(tmp_path.iterdir()) == [file]


def test_a_table_of_records_has_typed_columns_whatever_comes_late(tmp_path: Path):
    file = tmp_path / "records.parquet"
    values = [None, *[{"a": number} for number in range(10)], {"a": 0.5, "b": "x"}, {"b": 1}]
    parquet_file.write_table(file, RECORD, [[line(number, value) for number, value in enumerate(values)]])
    frame = polars.read_parquet(file)
    assert frame["extracted.a"].to_list() == [None, *map(float, range(10)), 0.5, None]
    assert frame["extracted.b"].to_list() == [*[None] * 11, '"x"', "1"]


def test_a_table_that_fails_leaves_what_was_there(tmp_path: Path):
    file = tmp_path / "records.parquet"
    parquet_file.write_table(file, RECORD, [[line(1)]])
    before = file.read_bytes()
    with pytest.raises(msgspec.DecodeError):
        parquet_file.write_table(file, RECORD, [[line(number) for number in range(9)], [b"no row"]])
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
    parquet_file.write_table(file, RECORD, [])
    assert polars.read_parquet(file).height == 0


def test_only_writers_and_readers_import_pyarrow():
    code = "import crawler.cli.app, crawler.engine.crawl, crawler.write.commit_task, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "crawler.sinks.parquet" in done.stdout.split()
    assert not {"pyarrow", "crawler.sinks.parquet_file", "crawler.sinks.parquet_rows"} & set(
        done.stdout.split()
    )


def test_the_lines_in_the_docs_run(tmp_path: Path, capsys):
    written(tmp_path / "records.parquet", [line(number, status=404, elapsed_ms=1.5) for number in range(3)])
    page = (Path(__file__).parents[2] / "docs" / "parquet.md").read_text(encoding="utf-8")
    codes = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    for code, told in zip(codes, ["404", "http://a.example/2", "http://b.example/ü"], strict=True):
        exec(code.replace("OUT/", f"{tmp_path}/"), {})
        assert told in capsys.readouterr().out
