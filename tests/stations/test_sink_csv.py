"""``records.csv``: as RFC 4180 has it, as spreadsheets and data frames read it, and nothing of it is lost."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import duckdb
import hypothesis.strategies as st
import msgspec
import pandas
import polars
import pytest
from hypothesis import given, settings

from crawler.config import Config
from crawler.model.errors import ConfigError, OutputError
from crawler.model.messages import Hop
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import Record, encode
from crawler.sinks.base import SinkChanged
from crawler.sinks.columns import RECORD, Holds
from crawler.sinks.csv import BOM, ROWS_AT_ONCE, CsvConfig, CsvSink
from crawler.sinks.jsonl import JsonlSink

HEADER = ",".join(RECORD).encode() + b"\r\n"
SAFE, WITH_BOM = CsvConfig(formula_safe=True), CsvConfig(bom=True)
ODD = [
    "", "a", "a,b", 'say "no"', '"', '""', '","', "a\nb", "a\rb", "a\r\nb", "\r\n", "\n", "\0", "a\0b", " a ",
    "\t", "null", "NULL", "true", "1", "1.5", "\\", "\\n", "ü", "日本語", "\U0001f600", "\ufeff", "\u2028",
    "'",     "''", ",", "\\\"",
]  # fmt: skip
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x/","y")']


def record(**keys: Any) -> bytes:
    given = {
        "url": "u",
        "final_url": "u",
        "outcome": Outcome.OK,
        "depth": 0,
        "attempts": 1,
        "fetched_at": "t",
    }
    return encode(Record(**(given | keys)))


def written(path: Path, lines: list[bytes], options: CsvConfig | None = None, **more: Any) -> int:
    sink = CsvSink(options, **more)
    sink.cut(sink.open(path))
    end = sink.write(lines)
    sink.sync()
    sink.close()
    return end


def table(path: Path) -> list[list[str]]:
    """The rows as spreadsheets read them, header included."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, dialect="excel", strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.csv"


@pytest.mark.parametrize("options", [None, SAFE, WITH_BOM], ids=["plain", "safe", "bom"])
@pytest.mark.parametrize("text", ODD + FORMULAS + [f"'{formula}" for formula in FORMULAS], ids=repr)
def test_any_text_is_kept(path, text, options):
    lines = [record(title=text, message=text, extracted={"a": text}, meta_robots=[text]), record()]
    end = written(path, lines, options)
    assert list(CsvSink.read(path, end)) == list(CsvSink.read(path)) == lines
    header, first, second = table(path)
    assert header == list(RECORD)
    is_escaped = options is SAFE and text.lstrip("'")[:1] in tuple("=+-@\t\r")
    found = dict(zip(header, first, strict=True))
    assert found["title"] == (f"'{text}" if is_escaped else text)
    assert json.loads(found["extracted"]) == {"a": text}
    assert json.loads(found["meta_robots"]) == [text]
    assert len(second) == len(header)


def test_it_is_as_rfc_4180_says(path):
    written(path, [record(title='a "b"\r\nc', links=["http://a/"]), record(title="")])
    assert path.read_bytes() == (
        HEADER + b'"u","u","ok",,,,0,,1,"t",,,,,"a ""b""\r\nc",,"[]","[""http://a/""]",,,,"[]",1,false,,\r\n'
        b'"u","u","ok",,,,0,,1,"t",,,,,"",,"[]","[]",,,,"[]",1,false,,\r\n'
    )


def test_a_null_is_told_from_an_empty_text_and_a_number_from_its_digits(path):
    columns = {"i": Holds.INTEGER, "n": Holds.NUMBER, "s": Holds.TEXT, "t": Holds.TRUTH, "j": Holds.JSON}
    rows = [
        {"i": -5, "n": -1.5, "s": "-5", "t": True, "j": -5},
        {"i": 2**63 - 1, "n": 1e300, "s": "", "t": False, "j": ""},
        {"i": None, "n": None, "s": None, "t": None, "j": None},
        {},
        {"i": 0, "n": 0.1, "s": "=x", "t": True, "j": {"a": [1, None, "é"]}},
    ]
    written(path, [json.dumps(row).encode() for row in rows], SAFE, columns=columns)
    assert path.read_bytes().decode() == (
        '"i","n","s","t","j"\r\n'
        '-5,-1.5,"\'-5",true,"-5"\r\n'
        '9223372036854775807,1e+300,"",false,""""""\r\n'
        ",,,,\r\n,,,,\r\n"
        '0,0.1,"\'=x",true,"{""a"": [1, null, ""\\u00e9""]}"\r\n'
    )


@pytest.mark.parametrize("options", [None, SAFE])
def test_names_of_columns_may_be_anything(path, options):
    columns = dict.fromkeys(["a,b", "=c", "", "ü"], Holds.INTEGER)
    written(path, [b"{}"], options, columns=columns)
    expected = ["a,b", "'=c" if options else "=c", "", "ü"]
    assert table(path) == [expected, [""] * 4]


def test_a_row_that_is_not_of_its_columns_is_an_error_and_writes_nothing(path):
    sink = CsvSink()
    sink.open(path)
    with pytest.raises(msgspec.DecodeError):
        sink.write([record(), b'{"url": 1}'])
    sink.close()
    assert path.read_bytes() == b""


def test_the_header_is_there_once_and_again_after_everything_was_cut_off(path):
    sink = CsvSink(WITH_BOM)
    assert sink.open(path) == 0
    first = sink.write([record()])
    assert sink.write([record()]) > first > len(BOM + HEADER)
    sink.sync()
    assert path.read_bytes().count(b"final_url") == 1
    sink.cut(0)
    assert path.read_bytes() == b""
    assert sink.write([record()]) == first
    sink.sync()
    sink.close()
    assert path.read_bytes().startswith(BOM + HEADER)
    assert table(path)[0] == list(RECORD)


def test_a_crawl_without_a_record_leaves_an_empty_table(path):
    for _ in range(2):
        sink = CsvSink()
        sink.cut(min(sink.open(path), 0))
        assert sink.settle() is None
        assert path.read_bytes() == b""
        assert sink.settle(last=True) is None
        sink.close()
        assert path.read_bytes() == HEADER
        assert list(CsvSink.read(path)) == list(CsvSink.read(path, 0)) == []
    assert pandas.read_csv(path).empty


@pytest.mark.parametrize("count", [1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 5 * ROWS_AT_ONCE])
def test_batches_of_any_size_are_rows_in_order(path, count):
    lines = [record(url=f"u{number}", bytes=number) for number in range(count)]
    written(path, lines)
    assert [row[0] for row in table(path)[1:]] == [f"u{number}" for number in range(count)]
    assert list(CsvSink.read(path)) == lines


def test_long_cells_and_many_links(path):
    links = [f'http://a.example/{number}?q="x",y' for number in range(300)]
    lines = [record(links=links), record(text="x" * 2_000_000, title='"' * 200_000)]
    end = written(path, lines)
    assert list(CsvSink.read(path, end)) == lines
    with pytest.raises(csv.Error, match="field larger"):  # others have a limit, which this reader has not
        table(path)
    assert (
        json.loads(
            duckdb.sql(f"SELECT links FROM read_csv('{path}', max_line_size=5000000)").fetchall()[0][0]
        )
        == links
    )


# -- what others make of it ------------------------------------------------------------------------

LINES = [
    record(
        url=f"http://a.example/{number}",
        status=200 + number,
        elapsed_ms=1.5,
        title=title,
        links=["a,b", 'c"d'],
        extracted={"price": 1.5},
        kind=Kind.HTTP_STATUS if number else None,
        redirects=(Hop("http://a.example/", 301, "/x"),),
    )
    for number, title in enumerate(
        ["plain", "a,b", 'say "no"', "line\nbreak", "cr\rlf\r\nend", "日本", "", None, "=1+1"]
    )
]
ROWS = [json.loads(line) for line in LINES]
TITLES = [row["title"] for row in ROWS]


@pytest.fixture(params=[None, WITH_BOM], ids=["plain", "bom"])
def shared(request, path) -> Path:
    written(path, LINES, request.param)
    return path


def test_pandas_reads_it(shared):
    frame = pandas.read_csv(shared)
    assert list(frame.columns) == list(RECORD)
    assert frame["url"].tolist() == [row["url"] for row in ROWS]
    assert frame["status"].tolist() == [row["status"] for row in ROWS]
    assert frame["title"].fillna("").tolist() == [title or "" for title in TITLES]
    assert [json.loads(links) for links in frame["links"]] == [["a,b", 'c"d']] * len(ROWS)


def test_polars_reads_it_with_its_nulls(shared):
    frame = polars.read_csv(shared)
    assert frame.columns == list(RECORD)
    assert frame["title"].to_list() == TITLES
    assert frame["status"].to_list() == [row["status"] for row in ROWS]


def test_duckdb_reads_it_with_its_nulls(shared):
    found = duckdb.sql(
        f"SELECT url, title, status, kind, links FROM read_csv('{shared}', allow_quoted_nulls=false)"
    ).fetchall()
    assert found == [
        (
            row["url"],
            row["title"],
            row["status"],
            row["kind"],
            json.dumps(row["links"], separators=(",", ":")),
        )
        for row in ROWS
    ]


def test_a_spreadsheet_sees_no_formula_where_none_may_be(path):
    texts = [*FORMULAS, "-1", "1-1", "a=b", "'=x"]
    written(path, [record(title=text, elapsed_ms=-1.5) for text in texts], SAFE)
    rows = [dict(zip(RECORD, row, strict=True)) for row in table(path)[1:]]
    assert not any(row["title"].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)
    assert [row["title"] for row in rows][-3:] == ["1-1", "a=b", "''=x"]
    assert {row["elapsed_ms"] for row in rows} == {"-1.5"}


# -- damage ----------------------------------------------------------------------------------------


def test_beside_a_writer_only_whole_rows_are_read(path):
    lines = [record(url=f"u{number}", title='x\r\n"y"') for number in range(3)]
    end = written(path, lines)
    whole = path.read_bytes()
    ends = [written(path.with_name(f"{count}.csv"), lines[:count]) for count in range(1, 4)]
    for size in range(end):
        path.write_bytes(whole[:size])
        assert list(CsvSink.read(path)) == lines[: sum(size >= stop for stop in ends)], size
    assert list(CsvSink.read(path.with_name("3.csv"), ends[1])) == lines[:2]


@pytest.mark.parametrize(
    ("damage", "number"),
    [
        (lambda data: data[:-3], 2),
        (lambda data: data[:-2], 2),
        (lambda data: data[: data.index(b"u2") - 1], 2),
        (lambda data: data.replace(b"\r\n", b"\n"), 0),
        (lambda data: data.replace(b'"u1",', b"u1,"), 1),
        (lambda data: data.replace(b'"u1",', b""), 1),
        (lambda data: data.replace(b'"u2",', b'"u2",x,'), 2),
        (lambda data: data.replace(b",0,", b",x,", 2), 0),
        (lambda data: data.replace(b'"t"', b'"\xff"', 1), 0),
        (lambda data: data.replace(b"final_url", b"somewhere", 1), 0),
        (lambda data: bytes(100) + data[100:], 0),
    ],
)  # fmt: skip
def test_a_damaged_file_is_said_with_what_can_be_read(path, damage, number):
    lines = [record(url=f"u{number}") for number in range(3)]
    end = written(path, lines)
    path.write_bytes(damage(path.read_bytes()))
    reading = CsvSink.read(path, end)
    for line in lines[:number]:
        assert next(reading) == line
    with pytest.raises(OutputError, match=rf"records\.csv cannot be read: .*\({number} records before"):
        list(reading)


def test_a_file_that_is_not_there_is_said(path):
    with pytest.raises(OutputError, match=r"records\.csv cannot be read: No such file"):
        list(CsvSink.read(path))


# -- nothing is lost -------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(ODD + FORMULAS)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=5,
)
RECORDS = st.builds(
    Record, url=TEXT, final_url=TEXT,
    outcome=st.sampled_from(Outcome), kind=st.none() | st.sampled_from(Kind),
    message=st.none() | TEXT, status=st.none() | st.integers(0, 999), depth=st.integers(0, 2**63 - 1),
    referrer=st.none() | TEXT, attempts=st.integers(0, 9), fetched_at=TEXT,
    elapsed_ms=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    bytes=st.none() | st.integers(0, 2**60),
    title=st.none() | TEXT, meta_robots=st.lists(TEXT, max_size=2), links=st.lists(TEXT, max_size=4),
    text=st.just(msgspec.UNSET) | TEXT, extracted=JSON,
    redirects=st.lists(st.builds(Hop, TEXT, st.integers(0, 999), TEXT), max_size=2).map(tuple),
)  # fmt: skip


@given(
    records=st.lists(RECORDS, max_size=4),
    options=st.builds(CsvConfig, bom=st.booleans(), formula_safe=st.booleans()),
)
@settings(max_examples=150, deadline=None)
def test_what_is_read_is_what_was_written(tmp_path_factory, records, options):
    path = tmp_path_factory.mktemp("csv") / "records.csv"
    lines = [encode(record) for record in records]
    end = written(path, lines, options)
    assert list(CsvSink.read(path, end)) == lines
    rows = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
    for row, one in zip(rows, records, strict=True):
        assert row["url"].removeprefix("'") == one.url.removeprefix("'")
        assert json.loads(row["links"]) == one.links
        assert math.isclose(float(row["elapsed_ms"] or 0), one.elapsed_ms or 0)


# -- its options -----------------------------------------------------------------------------------


def test_its_options_are_a_section_of_the_configuration():
    assert Config().csv == CsvConfig(bom=False, formula_safe=False)
    assert Config(csv={"bom": True, "formula_safe": True}).csv == CsvConfig(bom=True, formula_safe=True)
    with pytest.raises(ConfigError, match=r"csv\.bom"):
        Config(csv={"bom": "maybe"})


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.replace(b"\r\n", b"\n") + b";" * 100,
        lambda text: BOM + text + b'"a"\r\n',
        lambda text: text.replace(b",", b";") + b"\r\n",
        lambda text: text[: len(HEADER)] + b'"more",' + text[len(HEADER) :],
    ],
    ids=["line ends", "mark", "semicolons", "a cell"],
)
def test_what_another_program_has_saved_is_not_gone_on_with(path, saved):
    end = written(path, [record()])
    path.write_bytes(saved(path.read_bytes()))
    held = path.read_bytes()
    sink = CsvSink()
    assert sink.open(path) >= end
    with pytest.raises(SinkChanged, match="was changed by somebody else"):
        sink.cut(end)
    sink.close()
    assert path.read_bytes() == held


def test_lines_that_another_program_has_saved_are_not_gone_on_with(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    sink = JsonlSink()
    sink.open(path)
    with pytest.raises(SinkChanged, match="no record ends at byte 8"):
        sink.cut(8)
    sink.close()
    assert path.stat().st_size == 18
