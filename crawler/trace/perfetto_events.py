"""What stands in a trace file of ours: the counterpart of :mod:`crawler.trace.perfetto`, which writes it.

Packets and fields that are not known are passed over, as is usual for protobuf. Most packets are, but for
their time and the flow at their end, the same bytes again and again: these are decoded once.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from crawler.trace.perfetto_messages import (
    Clocks,
    Described,
    as_double,
    as_number,
    as_text,
    clocks,
    described,
)
from crawler.trace.protobuf_reading import Malformed, Packets, fields, whole_varint
from crawler.trace.recorded import Where

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
"""Types of events."""
_TIME = b"@"
"""The tag of a packet's timestamp, with which events begin; and what follows on the time itself."""
_AFTER_TIME = b"\x50\x01\x68\x02"
_GOES_ON = 0x80808080
"""Set in the lowest four bytes of a time, for none of ours is so small that it ends there."""
_LAST = 256
"""Begins and ends that are looked at all the same: they are the last that is known."""
_MOST_KNOWN = 200_000
"""Packets that are known again; there are a few for each worker and place in a queue."""
_FLOW = b"\xf9\x02"
"""The tag of a flow."""
_NAMES, _CATEGORIES, _NOTES, _WHERES = 2, 1, 3, 4
"""Kinds of interned data."""


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

    def __init__(self, path: Path, *, has_slices: bool = True) -> None:
        """Without ``has_slices`` their begins and ends are left out, but for few; that is quicker."""
        self._packets, self._has_slices = Packets(path), has_slices
        self._words: dict[tuple[int, int], str] = {}
        self._wheres: dict[int, Where] = {}
        self._known: dict[bytes, Event] = {}
        """Of packets without their time, and without the flow at their end: what they say."""
        self._highs: dict[bytes, int] = {}
        self.last = 0
        """The latest of the times that were left out; known once all have been read."""

    @property
    def is_cut_off(self) -> bool:
        """Whether its last packet is not whole; known once all have been read."""
        return self._packets.is_cut_off

    def __iter__(self) -> Iterator[Described | Clocks | Event]:
        """All of it. Raises Malformed, OSError."""
        known, has_slices = self._known, self._has_slices
        skipped: deque[tuple[bytes, int]] = deque(maxlen=_LAST)
        for packet in self._packets:
            at = packet.find(_AFTER_TIME, 6)
            if at < 0 or packet[:1] != _TIME:
                yield from self._other(packet)
                continue
            rest = packet[at:]
            flows: tuple[int, ...] = ()
            event = known.get(rest)
            if event is None and (event := known.get(rest[:-8])) is not None:
                flows = (int.from_bytes(rest[-8:], "little"),)
            if event is None:
                yield from self._other(packet)
            elif has_slices:
                kind, _, track, name, category, where, _, notes, value = event
                yield Event(kind, self._time(packet, at), track, name, category, where, flows, notes, value)
            else:
                skipped.append((packet, at))
        self.last = max((self._time(*each) for each in skipped), default=0)

    def _time(self, packet: bytes, end: int) -> int:
        """The time of an event, from the second byte on: most share all but its lowest 28 bits."""
        upper = packet[5:end]
        if (high := self._highs.get(upper)) is None:
            high = self._highs[upper] = whole_varint(upper) << 28
        low = int.from_bytes(packet[1:5], "little")
        if low & _GOES_ON != _GOES_ON:
            raise Malformed("a time that ends too early")
        return high | low & 0x7F | low >> 1 & 0x3F80 | low >> 2 & 0x1FC000 | low >> 3 & 0xFE00000

    def _other(self, packet: bytes) -> Iterator[Described | Clocks | Event]:
        """What is seen for the first time, or is like nothing else."""
        ns, body, is_new_word = 0, b"", False
        for number, value in fields(packet):
            if isinstance(value, int):
                ns = value if number == 8 else ns
            elif number == 12:
                self._intern(value)
                is_new_word = True
            elif number == 11:
                body = value
            elif number == 60:
                yield described(value)
            elif number == 6:
                yield Clocks(dict(clocks(value)))
        if body:
            event = self._decoded(ns, body)
            if event.type in (BEGIN, END) and not event.notes and not is_new_word:
                self._remember(packet, event, body)
            yield event

    def _remember(self, packet: bytes, event: Event, body: bytes) -> None:
        """Know it again where it is at the end of a packet that begins as all others do."""
        at = packet.find(_AFTER_TIME, 6)
        if at < 0 or packet[:1] != _TIME or not packet.endswith(body) or len(self._known) > _MOST_KNOWN:
            return
        if not event.flows:
            self._known[packet[at:]] = event
        elif len(event.flows) == 1 and packet[-10:-8] == _FLOW:
            self._known[packet[at:-8]] = event

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
                count = as_double(value)
        return Event(kind, ns, track, name, category, where, tuple(flows), notes, count)

    def _note(self, body: bytes, notes: dict[str, str | int]) -> None:
        key = ""
        for number, value in fields(body):
            if number == 1 and isinstance(value, int):
                key = self._words.get((_NOTES, value), "")
            elif number == 3 and isinstance(value, int):
                notes[key] = value
            elif number == 6 and isinstance(value, bytes):
                notes[key] = as_text(value)

    def _intern(self, body: bytes) -> None:
        for kind, entry in fields(body):
            if not isinstance(entry, bytes):
                continue
            found = dict(fields(entry))
            number = as_number(found.get(1, 0))
            if kind == _WHERES:
                file, function = as_text(found.get(2, b"")), as_text(found.get(3, b""))
                self._wheres[number] = Where(file, function, as_number(found.get(4, 0)))
            else:
                self._words[kind, number] = as_text(found.get(2, b""))
