"""Each sink on its own, in this process: one contract for all, then what is special."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from crawler.config import Config
from crawler.lab.crash.judges import judge_of
from crawler.model import facts, sources
from crawler.model.errors import OutputError
from crawler.model.messages import Finished, Hop, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.record import Record, encode
from crawler.sinks import SINKS, FactsSink, JsonlSink, SqliteSink, WarcSink
from crawler.sinks.appended_file import AppendedFile
from crawler.sinks.base import Sink, SinkOutdated, SinkShort
from crawler.sinks.facts import FACTS_VERSION, lacking
from tests.stations.writing import finished

FINISHED = [finished(number) for number in range(10)]
RECORDS = [item.record for item in FINISHED]


def held(path: Path) -> list[str]:
    """The URLs in a sink's file, as the sink reads them itself and as anybody else would."""
    kind = next(kind for kind in SINKS.values() if kind.file_name == path.name)
    if kind is FactsSink:
        with closing(sqlite3.connect(path)) as db:
            return [url for (url,) in db.execute("SELECT url FROM answers ORDER BY id")]
    read = [json.loads(line)["url"] for line in kind.read(path)]
    judge = judge_of(kind.name)
    assert judge is not None, "a test judges every sink by a library that is not its own"
    if not judge.sees_more:
        judged = list(judge.urls_in(path))
        # What waits for a part is seen by nobody else before the sink is settled.
        assert judged == read or (kind.steps and judged == read[: len(judged)])
    return read


def urls(*numbers: int) -> list[str]:
    return [f"http://a.example/{number}" for number in numbers]


@pytest.fixture(params=list(SINKS.values()), ids=list(SINKS))
def kind(request) -> type[Sink]:
    return request.param


@pytest.fixture
def kept(kind: type[Sink]) -> list[bytes]:
    """What the sink keeps of ten pages."""
    items = [kind.keeps(item) for item in FINISHED]
    return [item for item in items if item is not None]


@pytest.fixture
def path(tmp_path: Path, kind: type[Sink]) -> Path:
    return tmp_path / kind.file_name


def opened(kind: type[Sink], path: Path, position: int | None = None) -> Sink:
    sink = kind()
    found = sink.open(path)
    sink.cut(found if position is None else position)
    return sink


def test_it_holds_what_was_synced_in_order(kind, path, kept):
    sink = opened(kind, path)
    first = sink.write(kept[:3])
    second = sink.write(kept[3:5])
    sink.sync()
    third = sink.write(kept[5:6])
    sink.sync()
    sink.close()
    assert 0 < first < second < third
    assert held(path) == urls(0, 1, 2, 3, 4, 5)


def test_its_position_is_found_again(kind, path, kept):
    sink = opened(kind, path)
    end = sink.write(kept)
    sink.sync()
    sink.close()
    again = kind()
    assert again.open(path) == end
    again.close()
    assert held(path) == urls(*range(10))


def test_it_is_cut_back_to_any_position_it_ever_gave(kind, path, kept):
    sink = opened(kind, path)
    position = sink.write(kept[:4])
    sink.write(kept[4:])
    sink.sync()
    sink.close()
    sink = opened(kind, path, position)
    assert sink.write(kept[7:8]) > position
    sink.sync()
    sink.close()
    assert held(path) == urls(0, 1, 2, 3, 7)


def test_positions_go_on_from_the_cut(kind, path, kept):
    sink = opened(kind, path)
    position = sink.write(kept[:4])
    end = sink.write(kept[4:6])
    sink.sync()
    sink.close()
    sink = opened(kind, path, position)
    again = sink.write(kept[4:6])
    # Each record of an archive has an id of its own, and so a length.
    assert again > position if kind is WarcSink else again == end
    sink.close()


def test_what_was_not_synced_is_gone_when_it_is_closed(kind, path, kept):
    sink = opened(kind, path)
    sink.write(kept[:2])
    sink.sync()
    sink.write(kept[2:5])
    sink.close()
    assert held(path) == urls(0, 1)


def test_it_says_when_it_holds_less_than_it_should(kind, path, kept):
    sink = opened(kind, path)
    end = sink.write(kept)
    sink.sync()
    with pytest.raises(SinkShort, match=f"it ends at {end}, before {end + 1}"):
        sink.cut(end + 1)
    sink.close()
    assert held(path) == urls(*range(10))


def test_nothing_can_be_written_twice_by_closing_twice(kind, path, kept):
    sink = opened(kind, path)
    sink.write(kept[:1])
    sink.sync()
    sink.close()
    sink.close()
    with pytest.raises((ValueError, OSError), match=r"not open|Bad file descriptor"):
        sink.write(kept[:1])


def test_syncing_nothing_is_allowed(kind, path, kept):
    sink = opened(kind, path)
    sink.sync()
    assert sink.write([]) == 0
    sink.sync()
    sink.close()
    assert held(path) == []


def test_others_may_read_while_it_writes(kind, path, kept):
    sink = opened(kind, path)
    sink.write(kept[:3])
    sink.sync()
    assert held(path) == urls(0, 1, 2)
    sink.write(kept[3:])
    sink.sync()
    assert held(path) == urls(*range(10))
    sink.close()


# -- jsonl -----------------------------------------------------------------------------------------


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path, monkeypatch):
    real = os.write
    monkeypatch.setattr("crawler.sinks.appended_file.os.write", lambda fd, data: real(fd, data[:100]))
    sink = opened(JsonlSink, tmp_path / "records.jsonl")
    end = sink.write(RECORDS)
    sink.sync()
    sink.close()
    assert (tmp_path / "records.jsonl").read_bytes() == b"".join(record + b"\n" for record in RECORDS)
    assert end == sum(len(record) + 1 for record in RECORDS)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch):
    sink = opened(JsonlSink, tmp_path / "records.jsonl")
    sink.write(RECORDS[:2])
    sink.sync()
    real, room = os.write, [150, 0]

    def nearly_full(fd: int, data: memoryview) -> int:
        if not (left := room.pop(0)):
            raise OSError(28, "No space left on device")
        return real(fd, data[:left])

    monkeypatch.setattr("crawler.sinks.appended_file.os.write", nearly_full)
    with pytest.raises(OSError, match="No space left"):
        sink.write(RECORDS[2:])
    assert (tmp_path / "records.jsonl").stat().st_size == len(RECORDS[0]) + len(RECORDS[1]) + 2 + 150
    sink.close()
    assert held(tmp_path / "records.jsonl") == urls(0, 1)


@pytest.mark.parametrize("kind", [kind for kind in SINKS.values() if issubclass(kind, AppendedFile)])
def test_a_file_that_was_shortened_is_said_with_what_can_be_read(kind, path):
    sink = opened(kind, path)
    ends = [sink.write([record]) for record in RECORDS]
    sink.sync()
    sink.close()
    for size, number in ((ends[-1] - 1, 9), (ends[4], 5), (ends[4] + 3, 5), (0, 0)):
        os.truncate(path, size)
        reading = kind.read(path, ends[-1])
        assert [next(reading) for _ in range(number)] == RECORDS[:number]
        with pytest.raises(OutputError, match=rf"{path.name} cannot be read: .* \({number} records before"):
            next(reading)


# -- sqlite ----------------------------------------------------------------------------------------

FULL = Record(
    url="http://a.example/é?a=1",
    final_url="http://a.example/é?a=1",
    outcome=Outcome.ERROR,
    kind=Kind.HTTP_STATUS,
    message='it says: "no"\n\u0000\U0001f600',
    status=404,
    depth=2,
    referrer="http://a.example/",
    attempts=3,
    fetched_at="2024-05-06T07:08:09Z",
    elapsed_ms=12.5,
    bytes=1234,
    content_type="text/html",
    charset="UTF-8",
    title="Ünïcode “quoted”",
    canonical="http://a.example/c",
    meta_robots=["noindex"],
    links=["http://a.example/1", "http://b.example/ü"],
    text_length=99,
    text="kept",
    extracted={"price": 1.5, "tags": ["a", None]},
    redirects=(Hop("http://a.example/old", 301, "/é"),),
)
BARE = Record(
    url="u", final_url="u", outcome=Outcome.OK, depth=0, attempts=1, fetched_at="2024-05-06T07:08:09Z"
)


def row(path: Path, number: int, table: str = "records") -> dict[str, object]:
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    try:
        return dict(db.execute(f"SELECT * FROM {table} WHERE id = ?", (number,)).fetchone())
    finally:
        db.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    sink = opened(SqliteSink, tmp_path / "records.db")
    sink.write([encode(FULL), encode(BARE)])
    sink.sync()
    sink.close()
    return tmp_path / "records.db"


def test_rows_that_somebody_deleted_are_missed(database: Path):
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DELETE FROM records WHERE id = 2")
    assert len(list(SqliteSink.read(database, 1))) == 1
    for begin, before in ((0, 1), (1, 0)):
        with pytest.raises(OutputError, match=rf"its last 1 records are missing \({before} records before"):
            list(SqliteSink.read(database, 2, begin))


@pytest.mark.parametrize(("number", "record"), [(1, FULL), (2, BARE)])
def test_every_key_of_a_record_has_its_column(database: Path, number: int, record: Record):
    found = row(database, number)
    expected = json.loads(encode(record))
    assert found.pop("id") == number
    assert set(expected) <= set(found)
    for key, value in found.items():
        if key in {"links", "redirects", "extracted", "meta_robots"} and value is not None:
            assert isinstance(value, str)
            value = json.loads(value)
        assert value == expected.get(key), key


def test_links_can_be_queried(database: Path):
    db = sqlite3.connect(database)
    found = db.execute("SELECT j.value FROM records r, json_each(r.links) j WHERE r.id = 1").fetchall()
    assert [url for (url,) in found] == FULL.links
    assert db.execute("SELECT extracted ->> '$.price' FROM records WHERE id = 1").fetchone() == (1.5,)
    assert db.execute("SELECT typeof(extracted), typeof(status) FROM records WHERE id = 2").fetchone() == (
        "null",
        "null",
    )
    db.close()


def test_a_closed_database_is_one_file(database: Path):
    assert [path.name for path in database.parent.iterdir()] == ["records.db"]


# -- facts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
def test_only_facts_keeps_what_is_no_page(kind, purpose: Purpose):
    item = kind.keeps(finished(1, purpose=purpose))
    is_kept = kind is FactsSink or purpose in (Purpose.PAGE, Purpose.SITEMAP)
    assert (item is not None) == is_kept


def test_what_is_told_of_every_answer_has_a_column_and_the_rest_is_a_blob(tmp_path: Path):
    noted = facts.PageFacts.of(
        ["http://a.example/x"],
        [facts.Reference(0, "top", 3, 7, sources.Source.IMG, "a cat")],
        anchors=["top", "ü"],
        marks=[facts.Mark(facts.Odd.NO_ALT, 3, 1, "cat.png")],
        is_html=True,
        noindex=True,
        lang="en",
        title_line=2,
        title_column=5,
        scripts=1,
        text_length=99,
        text_hash=-(2**63),
    )
    ticket = Ticket(1, FULL.url, 1, 2, purpose=Purpose.PAGE)
    page = Finished(ticket, FULL.outcome, FULL.kind, encode(FULL), facts=facts.encode(noted))
    bare = replace(page, ticket=replace(ticket, purpose=Purpose.ASSET), record=encode(BARE), facts=b"")
    sink = opened(FactsSink, tmp_path / "facts.db")
    sink.write([item for item in map(FactsSink.keeps, (page, bare)) if item is not None])
    sink.sync()
    sink.close()
    first, second = (row(tmp_path / "facts.db", number, "answers") for number in (1, 2))
    assert facts.decode(first.pop("facts")) == noted
    told = first | {"redirects": json.loads(str(first["redirects"]))}
    record = json.loads(encode(FULL))
    assert {key: value for key, value in told.items() if key in record} == {
        key: value for key, value in record.items() if key in told and key != "text_length"
    } | {"text_length": 99}
    assert {key: told[key] for key in told.keys() - record.keys()} == {
        "id": 1, "purpose": 0, "is_html": 1, "noindex": 1, "lang": "en", "title_line": 2,
        "title_column": 5, "scripts": 1, "text_hash": -(2**63),
    }  # fmt: skip
    assert {key for key, value in second.items() if value is not None} == {
        "id", "url", "purpose", "outcome", "final_url", "redirects", "depth", "attempts", "fetched_at"
    }  # fmt: skip
    assert (second["purpose"], second["outcome"]) == (3, "ok")


def test_facts_of_another_version_are_not_written(tmp_path: Path):
    path = tmp_path / "facts.db"
    opened(FactsSink, path).close()
    sink = opened(FactsSink, path)
    sink.write([item] if (item := FactsSink.keeps(finished(1))) is not None else [])
    sink.sync()
    sink.close()
    opened(FactsSink, path).close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (FACTS_VERSION,)
        db.execute(f"PRAGMA user_version = {FACTS_VERSION + 1}")
    later = FactsSink()
    with pytest.raises(SinkOutdated, match=f"format {FACTS_VERSION + 1}, and this version"):
        later.open(path)
    later.close()


def test_facts_from_before_there_were_hashes_get_their_columns(tmp_path: Path):
    path = tmp_path / "facts.db"
    item = FactsSink.keeps(
        replace(finished(1), record=encode(replace(BARE, content_hash="0a", near_hash="0b")))
    )
    assert item is not None
    opened(FactsSink, path).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "ALTER TABLE answers DROP COLUMN content_hash; ALTER TABLE answers DROP COLUMN near_hash;"
            "INSERT INTO answers (id, url, purpose, outcome, final_url) VALUES (1, 'u', 0, 'ok', 'u')"
        )
        assert lacking(db) == ["content_hash", "near_hash"]
    sink = opened(FactsSink, path)
    sink.write([item])
    sink.sync()
    sink.close()
    assert [row(path, number, "answers")["near_hash"] for number in (1, 2)] == [None, "0b"]


def test_its_records_are_read_back_as_they_were_up_to_any_position(kind, path, kept):
    sink = opened(kind, path)
    positions = [0, *(sink.write([item]) for item in kept)]
    sink.sync()
    for stage in ("written", "settled", "closed"):
        if stage == "settled":
            steps = set(iter(lambda: sink.settle(last=True), None))
            assert steps == set(kind.steps)
        elif stage == "closed":
            sink.close()
        if kind.holds_records:
            for number, position in enumerate(positions):
                assert list(kind.read(path, position)) == RECORDS[:number]
                for before, begin in enumerate(positions[: number + 1]):
                    assert list(kind.read(path, position, begin)) == RECORDS[before:number]
                assert list(kind.read(path, begin=position)) == RECORDS[number:]
            assert list(kind.read(path)) == RECORDS
            judge = judge_of(kind.name)
            assert judge is not None
            if stage == "closed" and not judge.sees_more:
                assert list(judge.urls_in(path)) == urls(*range(10))
        else:
            assert list(kind.read(path)) == []


def test_the_configuration_allows_every_sink_and_takes_its_section_from_it():
    config = Config(write={"sinks": list(SINKS)})
    assert config.write.sinks == tuple(SINKS)
    for name, sink in SINKS.items():
        assert name == sink.name
        assert getattr(config, name, None) == sink.options
