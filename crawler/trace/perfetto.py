"""Perfetto's trace format, written by hand: what of its protobuf messages a crawl's trace needs.

A trace file is one ``Trace`` message: TracePackets, one behind the other, so it can be appended to, and one
that was cut off opens up to there. All packets of a file are of one sequence, whose first one says that
nothing is interned before it; so each file opens alone. Words that come again (names, categories, lines of
source) are interned: written once in a file, then a small number.

Fields are those of Perfetto's ``protos/perfetto/trace/``: trace_packet.proto, track_event/*.proto. Times are
nanoseconds of CLOCK_MONOTONIC, which is one clock for all processes of a machine; the snapshot of clocks at
the head of a file gives the time of day to it.

What is repeated for each URL is kept ready as bytes, and only time and flow are put into it.
"""

import struct
import time
from collections.abc import Iterable, Mapping, Sequence

from crawler.trace.protobuf import double, number, packet, sized, varint
from crawler.trace.recorded import Where

_SEQUENCE = b"\x50\x01"
"""trusted_packet_sequence_id (10) = 1."""
_CLEARED, _NEEDS = b"\x68\x01", b"\x68\x02"
"""sequence_flags (13): nothing is interned yet; what is interned is needed."""
_REALTIME, _MONOTONIC, _BOOTTIME = 1, 3, 6
_BEGIN, _END, _INSTANT, _COUNTER = b"\x48\x01", b"\x48\x02", b"\x48\x03", b"\x48\x04"
"""TrackEvent.type (9)."""
_FLOW = b"\xf9\x02"
"""The tag of flow_ids (47), which are of eight bytes each."""
CPU = "cpu_us"
"""The note at a slice's end: microseconds of CPU."""
_flow = struct.Struct("<Q").pack


class Kind:
    """What a slice is; to be made once and used for each such slice, for it is told by its identity."""

    __slots__ = ("category", "name", "where")

    def __init__(self, name: str, category: str, where: Where | None = None) -> None:
        # A member of an enum is a text, but a slow one.
        self.name, self.category, self.where = "".join(name), category, where


class Encoder:
    """The packets of one file, to be written in the order in which they are made."""

    def __init__(self) -> None:
        self._interned: dict[tuple[int, str | Where], int] = {}
        self._new = b""
        """InternedData that is to be written with the next event."""
        self._names: dict[tuple[int, Kind], bytes] = {}
        """Of an event, by what it is: track, category, name and line."""
        self._begins: dict[tuple[int, Kind], tuple[bytes, bytes]] = {}
        """Of a slice with one flow, by what it is: what stands before the time, and between time and flow."""
        self._ends: dict[int, tuple[bytes, bytes]] = {}
        """Of a slice's end, by its track: what stands before the time, and after it."""
        self._highs: dict[int, bytes] = {}
        """Times come in order, more or less: of their upper bits, what they are as bytes."""
        self._width = 0
        """Bytes of a time."""

    def head(self) -> bytes:
        """What a file begins with: which clock its times are of, and how that stands to the time of day."""
        clocks = {_MONOTONIC: time.monotonic_ns(), _REALTIME: time.time_ns()}
        if hasattr(time, "CLOCK_BOOTTIME"):
            clocks[_BOOTTIME] = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        snapshot = b"".join(sized(1, number(1, clock) + number(2, now)) for clock, now in clocks.items())
        defaults = number(58, _MONOTONIC)
        return packet(_SEQUENCE + _CLEARED + sized(59, defaults)) + packet(
            _SEQUENCE + sized(6, snapshot + number(2, _MONOTONIC))
        )

    def process(self, track: int, pid: int, name: str) -> bytes:
        """A process."""
        return self._track(number(1, track) + sized(3, number(1, pid) + sized(6, name)))

    def thread(self, track: int, process: int, pid: int, tid: int, name: str, model: str) -> bytes:
        """A thread; that of a process's main one has the name of the process."""
        thread = number(1, pid) + number(2, tid) + sized(5, name)
        return self._track(number(1, track) + number(5, process) + sized(4, thread) + sized(14, model))

    def track(self, track: int, parent: int, name: str, model: str) -> bytes:
        """What runs on a thread, or waits: a coroutine, a queue. ``model`` stands in its description."""
        return self._track(number(1, track) + number(5, parent) + sized(2, name) + sized(14, model))

    def counter_track(self, track: int, process: int, name: str, unit: int) -> bytes:
        """A number over time. ``unit`` is one of Perfetto's: 1 nanoseconds, 2 a count, 3 bytes."""
        return self._track(number(1, track) + number(5, process) + sized(2, name) + sized(8, number(3, unit)))

    def begin(
        self, ns: int, track: int, kind: Kind, flows: Sequence[int] = (), ends: Sequence[int] = ()
    ) -> bytes:
        """A slice begins; flows that pass through it, and those that end in it."""
        is_usual, when = len(flows) == 1 and not ends, self._time(ns)
        if is_usual and (ready := self._begins.get((track, kind))) is not None:
            return b"%b%b%b%b" % (ready[0], when, ready[1], _flow(flows[0]))
        body = _BEGIN + self._named(track, kind)
        made = self._event(when, body + _flows(47, flows) + _flows(48, ends))
        if is_usual:
            self._begins[track, kind] = self._ready(ns, body + _FLOW, 8)
        return made

    def end(self, ns: int, track: int, cpu_ns: int | None = None) -> bytes:
        """The slice that was begun last on this track ends; it took so much CPU of its own thread."""
        when = self._time(ns)
        if cpu_ns is not None:
            cpu = b"\x08%b\x18%b" % (varint(self._iid(3, CPU)), varint(cpu_ns // 1000))
            return self._event(when, b"%b\x58%b\x22%c%b" % (_END, varint(track), len(cpu), cpu))
        ready = self._ends.get(track)
        if ready is None:
            ready = self._ends[track] = self._ready(ns, _END + number(11, track), 0)
        return b"%b%b%b" % (ready[0], when, ready[1])

    def instant(
        self,
        ns: int,
        track: int,
        kind: Kind,
        flows: Iterable[int] = (),
        ends: Iterable[int] = (),
        notes: Mapping[str, str] | None = None,
    ) -> bytes:
        """Something that takes no time; flows that pass it or end in it, and texts by their names."""
        event = _INSTANT + self._named(track, kind)
        for key, text in (notes or {}).items():
            event += sized(4, number(1, self._iid(3, key)) + sized(6, text))
        return self._event(self._time(ns), event + _flows(47, flows) + _flows(48, ends))

    def counter(self, ns: int, track: int, value: float) -> bytes:
        """The value of a counter."""
        said = number(30, value) if isinstance(value, int) and value >= 0 else double(44, value)
        return self._event(self._time(ns), _COUNTER + number(11, track) + said)

    def _track(self, descriptor: bytes) -> bytes:
        return packet(_SEQUENCE + sized(60, descriptor))

    def _named(self, track: int, kind: Kind) -> bytes:
        found = self._names.get((track, kind))
        if found is None:
            found = number(11, track) + number(3, self._iid(1, kind.category))
            found += number(10, self._iid(2, kind.name))
            found += b"" if kind.where is None else number(34, self._iid(4, kind.where))
            self._names[track, kind] = found
        return found

    def _iid(self, kind: int, word: str | Where) -> int:
        """The number of an interned word, of one kind of InternedData."""
        found = self._interned.get((kind, word))
        if found is None:
            found = self._interned[kind, word] = len(self._interned) + 1
            if isinstance(word, Where):
                said = sized(2, word.file) + sized(3, word.function) + number(4, word.line)
            else:
                said = sized(2, word)
            self._new += sized(kind, number(1, found) + said)
        return found

    def _event(self, when: bytes, event: bytes) -> bytes:
        interned = sized(12, self._new) if self._new else b""
        self._new = b""
        body = b"\x40%b%b%b%b\x5a%b%b" % (when, _SEQUENCE, _NEEDS, interned, varint(len(event)), event)
        return b"\x0a%b%b" % (varint(len(body)), body)

    def _ready(self, ns: int, event: bytes, more: int) -> tuple[bytes, bytes]:
        """What of a packet stands before and after its time, if ``more`` bytes follow what is given of it."""
        after = _SEQUENCE + _NEEDS + b"\x5a" + varint(len(event) + more) + event
        return b"\x0a" + varint(1 + len(self._time(ns)) + len(after) + more) + b"\x40", after

    def _time(self, ns: int) -> bytes:
        """The same as :func:`varint`: but most times share all but their lowest 28 bits."""
        upper = ns >> 28
        high = self._highs.get(upper)
        if high is None:
            high = varint(upper)
            if len(self._highs) > 64:
                self._highs.clear()
            if len(high) != self._width:  # a packet that is kept ready has its length in it
                self._begins, self._ends, self._width = {}, {}, len(high)
            self._highs[upper] = high
        low = ns & 0x7F | (ns & 0x3F80) << 1 | (ns & 0x1FC000) << 2 | (ns & 0xFE00000) << 3 | 0x80808080
        return low.to_bytes(4, "little") + high


def _flows(field: int, flows: Iterable[int]) -> bytes:
    tag = varint(field << 3 | 1)
    return b"".join(tag + _flow(flow) for flow in flows)
