"""What stands in a trace file of ours: the counterpart of :mod:`crawler.trace.perfetto`, which writes it.

Packets and fields that are not known are passed over, as is usual for protobuf. Most packets are, but for
their time and the flow at their end, the same bytes again and again: these are decoded once.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crawler.trace.protobuf import Malformed, Packets, fields, varint
from crawler.trace.recorded import Where

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
"""Types of events."""
REALTIME, MONOTONIC = 1, 3
"""Clocks."""
_TIME = 0x40
"""The tag of a packet's timestamp, with which events begin."""
_FLOW = b"\xf9\x02"
"""The tag of a flow."""
_NAMES, _CATEGORIES, _NOTES, _WHERES = 2, 1, 3, 4
"""Kinds of interned data."""


class Described(NamedTuple):
    """A track."""

    uuid: int
    parent: int
    name: str
    description: str
    pid: int
    """0 where it is neither a process nor a thread."""
    unit: int
    """Of a counter: 1 is nanoseconds, 2 a count, 3 bytes."""


class Clocks(NamedTuple):
    """Nanoseconds of several clocks, at one moment."""

    at: dict[int, int]


class Event(NamedTuple):
    """Something that happened on a track; of its end only type, time, track and notes are known."""

    type: int
    ns: int
    """Nanoseconds of CLOCK_MONOTONIC."""
    track: int
    name: str
    category: str
    where: Where | None
    flows: tuple[int, ...]
    """Those that end in it stand last."""
    notes: dict[str, str | int]
    value: float
    """A counter's."""


class EventFile:
    """What one file says, in the order in which it stands there; the file is read each time."""

    def __init__(self, path: Path) -> None:
        self._packets = Packets(path)
        self._words: dict[tuple[int, int], str] = {}
        self._wheres: dict[int, Where] = {}
        self._known: dict[bytes, Event] = {}
        """Of packets without their time, and without the flow at their end: what they say."""

    @property
    def is_cut_off(self) -> bool:
        """Whether its last packet is not whole; known once all have been read."""
        return self._packets.is_cut_off

    def __iter__(self) -> Iterator[Described | Clocks | Event]:
        """All of it. Raises Malformed, OSError."""
        known, none = self._known, ()
        for packet in self._packets:
            if packet[:1] != b"@":
                yield from self._other(packet)
                continue
            try:
                ns, at = varint(packet, 1)
            except IndexError:
                raise Malformed("a time without an end") from None
            rest = packet[at:]
            event = known.get(rest)
            if event is not None:
                yield Event(event[0], ns, event[2], event[3], event[4], event[5], none, event[7], 0.0)
            elif (event := known.get(rest[:-8])) is not None:
                flow = (int.from_bytes(rest[-8:], "little"),)
                yield Event(event[0], ns, event[2], event[3], event[4], event[5], flow, event[7], 0.0)
            else:
                yield from self._event(ns, rest)

    def _event(self, ns: int, rest: bytes) -> Iterator[Event]:
        """An event that is seen for the first time, or one that is like no other."""
        body, is_like_others = b"", True
        for number, value in fields(rest):
            if number == 12 and isinstance(value, bytes):
                self._intern(value)
                is_like_others = False
            elif number == 11 and isinstance(value, bytes):
                body = value
        if not body:
            return
        event = self._decoded(ns, body)
        if is_like_others and event.type in (BEGIN, END) and not event.notes:
            if not event.flows:
                self._known[rest] = event
            elif len(event.flows) == 1 and rest[-10:-8] == _FLOW and rest.endswith(body):
                self._known[rest[:-8]] = event
        yield event

    def _decoded(self, ns: int, body: bytes) -> Event:
        kind = track = 0
        name = category = ""
        where: Where | None = None
        flows: list[int] = []
        notes: dict[str, str | int] = {}
        count = 0.0
        for number, value in fields(body):
            if isinstance(value, bytes):
                if number == 4:
                    self._note(value, notes)
            elif number == 9:
                kind = value
            elif number == 11:
                track = value
            elif number == 10:
                name = self._words.get((_NAMES, value), "")
            elif number == 3:
                category = self._words.get((_CATEGORIES, value), "")
            elif number == 34:
                where = self._wheres.get(value)
            elif number in (47, 48):
                flows.append(value)
            elif number == 30:
                count = float(value)
            elif number == 44:
                count = _double(value)
        return Event(kind, ns, track, name, category, where, tuple(flows), notes, count)

    def _note(self, body: bytes, notes: dict[str, str | int]) -> None:
        key = ""
        for number, value in fields(body):
            if number == 1 and isinstance(value, int):
                key = self._words.get((_NOTES, value), "")
            elif number == 3 and isinstance(value, int):
                notes[key] = value
            elif number == 6 and isinstance(value, bytes):
                notes[key] = _text(value)

    def _intern(self, body: bytes) -> None:
        for kind, entry in fields(body):
            if not isinstance(entry, bytes):
                continue
            found = dict(fields(entry))
            number = _number(found.get(1, 0))
            if kind == _WHERES:
                file, function = _text(found.get(2, b"")), _text(found.get(3, b""))
                self._wheres[number] = Where(file, function, _number(found.get(4, 0)))
            else:
                self._words[kind, number] = _text(found.get(2, b""))

    def _other(self, packet: bytes) -> Iterator[Described | Clocks]:
        for number, value in fields(packet):
            if not isinstance(value, bytes):
                continue
            if number == 60:
                yield _described(value)
            elif number == 6:
                yield Clocks(dict(_clocks(value)))


def _clocks(body: bytes) -> Iterator[tuple[int, int]]:
    for number, value in fields(body):
        if number == 1 and isinstance(value, bytes):
            found = dict(fields(value))
            yield _number(found.get(1, 0)), _number(found.get(2, 0))


def _described(body: bytes) -> Described:
    found = dict(fields(body))
    name, pid = _text(found.get(2, b"")), 0
    for number, its_name in ((3, 6), (4, 5)):  # a process, a thread
        if isinstance(inner := found.get(number), bytes):
            of_it = dict(fields(inner))
            name, pid = _text(of_it.get(its_name, b"")), _number(of_it.get(1, 0))
    counter = found.get(8, b"")
    unit = dict(fields(counter)).get(3, 0) if isinstance(counter, bytes) else 0
    uuid, parent = _number(found.get(1, 0)), _number(found.get(5, 0))
    return Described(uuid, parent, name, _text(found.get(14, b"")), pid, _number(unit))


def _text(value: int | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _number(value: int | bytes) -> int:
    return value if isinstance(value, int) else 0


def _double(bits: int) -> float:
    (value,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    return float(value)
