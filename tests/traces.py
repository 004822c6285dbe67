"""A tiny reader of Perfetto's traces, so that what is written is not judged by what has written it."""

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Fields = dict[int, list[Any]]


def fields(data: bytes) -> Fields:
    """The fields of a message by their numbers: numbers, 8 bytes as they are, or bytes."""
    found: Fields = defaultdict(list)
    for number, value in _fields(data):
        found[number].append(value)
    return found


def packets(data: bytes) -> list[Fields]:
    """Those of a file, the last one left out where it is cut off."""
    found = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        assert tag == 1 << 3 | 2, "a trace is packets and nothing else"
        if at >= len(data):
            break
        size, at = _varint(data, at)
        if at + size > len(data):
            break
        found.append(fields(data[at : at + size]))
        at += size
    return found


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind == 1:
            yield number, data[at : at + 8]
            at += 8
        else:
            assert kind == 2, f"field {number} is of no kind that is used"
            size, at = _varint(data, at)
            assert at + size <= len(data)
            yield number, data[at : at + size]
            at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


@dataclass
class Slice:
    """One slice, or an instant, which ends when it begins. Times are nanoseconds."""

    track: str
    pid: int
    name: str
    category: str
    begin: int
    flows: tuple[int, ...]
    ends: tuple[int, ...]
    where: tuple[str, str, int] | None
    notes: dict[str, Any]
    end: int | None = None


@dataclass
class Trace:
    """What a file holds."""

    slices: list[Slice] = field(default_factory=list)
    counters: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    models: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The names of the tracks, by model."""
    clocks: dict[int, int] = field(default_factory=dict)

    def of(self, url: int) -> list[Slice]:
        """The flow of a URL."""
        return sorted((one for one in self.slices if url in one.flows + one.ends), key=lambda one: one.begin)

    def named(self, name: str) -> list[Slice]:
        return [one for one in self.slices if one.name == name]


def read(*paths: Path) -> Trace:
    """The trace in some files, each of which is read as if it were alone."""
    trace = Trace()
    for path in paths:
        _read(path.read_bytes(), trace)
    return trace


def _read(data: bytes, trace: Trace) -> None:
    interned: dict[tuple[int, int], Any] = {}
    tracks: dict[int, tuple[str, int]] = {}
    open_slices: dict[int, list[Slice]] = defaultdict(list)
    for number, packet in enumerate(packets(data)):
        assert packet[10] == [1], "all are of one sequence"
        if number == 0:
            assert packet[13] == [1], "nothing is interned before"
            assert fields(packet[59][0])[58] == [3], "times are of CLOCK_MONOTONIC"
        for message in packet[6]:
            for clock in map(fields, fields(message)[1]):
                trace.clocks[clock[1][0]] = clock[2][0]
        for message in packet[60]:
            _described(fields(message), tracks, trace)
        for message in packet[12]:
            for kind, entries in fields(message).items():
                for entry in map(fields, entries):
                    value = _text(entry[2]) if kind != 4 else (_text(entry[2]), _text(entry[3]), entry[4][0])
                    assert interned.setdefault((kind, entry[1][0]), value) == value, "said twice"
        for message in packet[11]:
            _event(packet[8][0], fields(message), interned, tracks, open_slices, trace)
    for stack in open_slices.values():
        trace.slices += stack


def _described(track: Fields, tracks: dict[int, tuple[str, int]], trace: Trace) -> None:
    parent = tracks[track[5][0]] if track[5] else ("", 0)
    name, pid = _text(track[2]), parent[1]
    if track[3]:
        process = fields(track[3][0])
        name, pid = _text(process[6]), process[1][0]
    if track[4]:
        name = _text(fields(track[4][0])[5])
    assert track[1][0] not in tracks, "described twice"
    tracks[track[1][0]] = name, pid
    if track[14]:
        trace.models[_text(track[14])].add(name)


def _event(
    ns: int,
    event: Fields,
    interned: dict[tuple[int, int], Any],
    tracks: dict[int, tuple[str, int]],
    open_slices: dict[int, list[Slice]],
    trace: Trace,
) -> None:
    kind, track = event[9][0], event[11][0]
    name, pid = tracks[track]
    notes = {}
    for note in map(fields, event[4]):
        notes[interned[3, note[1][0]]] = _text(note[6]) if note[6] else note[3][0]
    if kind == 4:
        value = event[30][0] if event[30] else struct.unpack("<d", event[44][0])[0]
        trace.counters[name].append((ns, value))
        return
    if kind == 2:
        done = open_slices[track].pop()
        assert not open_slices[track], "slices of one track do not overlap"
        done.end, done.notes = ns, done.notes | notes
        assert done.end >= done.begin
        trace.slices.append(done)
        return
    flows, ends = (tuple(int.from_bytes(flow, "little") for flow in event[n]) for n in (47, 48))
    where = interned[4, event[34][0]] if event[34] else None
    made = Slice(
        name, pid, interned[2, event[10][0]], interned[1, event[3][0]], ns, flows, ends, where, notes
    )
    if kind == 3:
        made.end = ns
        trace.slices.append(made)
    else:
        open_slices[track].append(made)


def _text(values: list[bytes]) -> str:
    return values[0].decode() if values else ""
