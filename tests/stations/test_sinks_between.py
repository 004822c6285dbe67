"""Records between two positions, of every sink that has some: those of a generation, or of a batch."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from crawler.sinks import SINKS
from crawler.sinks.base import Sink
from crawler.sinks.batches import Batches
from crawler.sinks.facts import FactsSink
from tests.stations.writing import finished

RECORDED = [name for name, sink in SINKS.items() if sink.holds_records]


def of_generation(number: int, generation: int) -> Any:
    one = finished(number)
    record = json.loads(one.record) | {"generation": generation, "unchanged": generation > 1}
    record["title"] = f'a "title",\r\nof two lines {number}'
    return replace(one, record=json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode())


ITEMS = [of_generation(number, generation) for generation in (1, 2, 3) for number in range(4)]


def opened(name: str, path: Path) -> Sink:
    kind = SINKS[name]
    small = {"parquet": {"part_rows": 3}, "warc": {"part_bytes": 1_500}}.get(name, {})
    sink = kind(type(kind.options)(**small) if kind.options is not None else None)
    sink.cut(sink.open(path))
    return sink


def write(sink: Sink, some: list[Any]) -> int:
    position = sink.write([kept for kept in map(sink.keeps, some) if kept is not None])
    sink.sync()
    return position


def rows(lines: Any) -> list[Any]:
    return [json.loads(line) for line in lines]


WANTED = rows(one.record for one in ITEMS)


def check(name: str, path: Path, positions: list[int]) -> None:
    """Every pair of positions bounds what was written between them."""
    read = SINKS[name].read
    for start, begin in enumerate(positions):
        for stop, position in enumerate(positions[start:], start):
            assert rows(read(path, position, begin)) == WANTED[start:stop]


@pytest.mark.parametrize("settles", [False, True], ids=["as it comes", "settled"])
@pytest.mark.parametrize("name", RECORDED)
def test_every_pair_of_positions_bounds_what_was_written_between(tmp_path, name, settles):
    path, positions = tmp_path / SINKS[name].file_name, [0]
    for generation in range(3):  # each by a writer of its own
        sink = opened(name, path)
        for one in ITEMS[generation * 4 : generation * 4 + 4]:
            positions.append(write(sink, [one]))
            while settles and sink.settle(last=True) is not None:
                pass
        check(name, path, positions)  # beside a live writer
        sink.write([kept for kept in map(sink.keeps, ITEMS[:2]) if kept is not None])
        check(name, path, positions)  # that is at its next batch
        sink.cut(positions[-1])
        sink.close()
    check(name, path, positions)
    assert rows(SINKS[name].read(path, None, positions[4])) == WANTED[4:]
    assert rows(SINKS[name].read(path, None, positions[-1])) == []


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_is_found_by_its_batch(tmp_path, name):
    path = tmp_path / SINKS[name].file_name
    sink = opened(name, path)
    ends = [0, *(write(sink, ITEMS[at : at + 3]) for at in range(0, len(ITEMS), 3))]
    sink.close()
    spans = list(pairwise(ends))
    batches = Batches(SINKS[name], path, spans.__getitem__)
    for number, one in enumerate(ITEMS):
        found = batches.find(one.ticket.url, number // 3)
        assert found is not None
        assert json.loads(found) == WANTED[number]
    assert batches.find("http://elsewhere.example/", 0) is None


@pytest.mark.parametrize("name", ["jsonl", "sqlite", "parquet", "csv"])
def test_what_is_before_is_not_looked_at(tmp_path, name):
    """It may even be damaged: there, of a file; gone, of a folder of parts."""
    path = tmp_path / SINKS[name].file_name
    sink = opened(name, path)
    positions = [0, *(write(sink, [one]) for one in ITEMS)]
    while sink.settle(last=True) is not None:
        pass
    sink.close()
    half = positions[6]
    if name == "parquet":
        for part in sorted(path.iterdir())[:2]:
            part.write_bytes(b"damaged")
    elif name != "sqlite":
        data = path.read_bytes()
        head = data.index(b"\n") + 1 if name == "csv" else 0
        path.write_bytes(data[:head] + b"?" * (half - head) + data[half:])
    assert rows(SINKS[name].read(path, positions[-1], half)) == WANTED[6:]


def test_facts_are_read_between_two_positions(tmp_path):
    path = tmp_path / FactsSink.file_name
    sink = opened("facts", path)
    some = [finished(number) for number in range(8, 13)]  # of 10 there are none
    positions = [0, *(write(sink, [one]) for one in some)]
    for start, begin in enumerate(positions):
        for stop, position in enumerate(positions[start:], start):
            told = [(one.ticket.url, one.ticket.purpose, one.facts) for one in some[start:stop] if one.facts]
            assert list(FactsSink.read_facts(path, position, begin)) == told
        left = [one for one in some[start:] if one.facts]
        assert len(list(FactsSink.read_facts(path, None, begin))) == len(left)
    sink.close()
