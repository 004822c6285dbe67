"""Reads a crawl's trace back: the files that one run of it wrote become one :class:`Trace`.

A file is read in blocks, and each time anew, so a trace may be larger than memory. One that was cut off by a
kill is read up to there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.model.errors import UsageError
from crawler.trace.perfetto_events import COUNTER, INSTANT, Event, EventFile
from crawler.trace.perfetto_messages import MONOTONIC, REALTIME, Clocks, Described
from crawler.trace.perfetto_slices import SECOND, SliceMaker, in_order
from crawler.trace.protobuf_reading import Malformed
from crawler.trace.recorded import Model, Slice, Trace, Track

_BLOCK = 1 << 22
_LONGEST_URL = 1 << 17
_URL = re.compile(rb"\x32([\x80-\xff]*[\x00-\x7f])(https?://[^\x00-\x20\xf9]*)\xf9\x02(.{8})", re.DOTALL)
"""A text (6) of some bytes, followed by a flow (47)."""
MAX_POINTS = 20_000
"""Of a counter; where there are more, every second one goes, again and again."""


def read_trace(files: Sequence[Path]) -> Trace:
    """The trace that lies in these files of one run, the first one first.

    Raises UsageError where one is no trace of a crawl, is damaged or cannot be read; it is said of which.
    """
    found = _Overview()
    for path in files:
        for event in _events(path, found):
            found.add(event)
    if found.has_events and not found.meta and not any(found.tracks()):
        raise UsageError(f"{files[0]} is no trace of a crawl: it names none of its workers")
    begin = found.first or 0

    def slices() -> Iterator[Slice]:
        return in_order(SliceMaker(begin, found.last).made(map(_events, files)))

    def urls() -> Iterator[tuple[int, str]]:
        for path in files:
            yield from _leased(path)

    def url_of(ids: Sequence[int]) -> dict[int, str]:
        wanted = set(ids)
        return {row: url for row, url in urls() if row in wanted}

    return Trace(
        started_at=(begin + found.to_realtime) / SECOND if found.to_realtime else None,
        seconds=max(0, found.last - begin) / SECOND,
        is_cut_off=found.is_cut_off,
        meta=found.meta,
        tracks={track.id: track for track in found.tracks()},
        slices=slices,
        url_of=url_of,
        urls=urls,
        counters=found.counters(begin),
    )


def _leased(path: Path) -> Iterator[tuple[int, str]]:
    """The URLs of a file. They are found by their bytes, as the encoder writes them: a note, then the flow.

    So it takes seconds for a million. No URL holds the byte 0xF9, which is never part of a text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            rest = b""
            while block := file.read(_BLOCK):
                data, at = rest + block, 0
                for found in _URL.finditer(data):
                    at = found.end()
                    size, url, flow = found.groups()
                    if int.from_bytes(size[:1], "little") & 0x7F == len(url) & 0x7F:
                        yield int.from_bytes(flow, "little"), url.decode("utf-8", "replace")
                rest = data[max(at, len(data) - _LONGEST_URL) :]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def begun_with(path: Path) -> Mapping[str, Any]:
    """What a trace says of its crawl as it begins, see :class:`Trace.meta`; nothing if it was cut off before.

    Raises UsageError.
    """
    found = _Overview()
    for event in _events(path):
        found.add(event)
        if found.meta or event.type not in (INSTANT, COUNTER):
            break
    return found.meta


def _events(path: Path, overview: "_Overview | None" = None) -> Iterator[Event]:
    """Every event of a file; what else it says goes to ``overview``."""
    file = EventFile(path, has_slices=overview is None)
    try:
        for said in file:
            if isinstance(said, Event):
                yield said
            elif overview is not None:
                overview.hear(said)
    except Malformed as error:
        raise UsageError(f"{path} is no trace of a crawl, or is damaged: {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if overview is not None:
        overview.is_broken_off |= file.is_cut_off
        overview.last = max(overview.last, file.last)


class _Overview:
    """What is known of a trace once it was read through: all but its slices and URLs."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last = self.to_realtime = 0
        self.meta: dict[str, Any] = {}
        self.is_broken_off = self.has_ended = self.has_events = False
        self._described: dict[int, Described] = {}
        self._points: dict[int, _Points] = {}

    @property
    def is_cut_off(self) -> bool:
        return self.is_broken_off or not self.has_ended

    def hear(self, said: Described | Clocks) -> None:
        if isinstance(said, Described):
            self._described[said.uuid] = said
        elif not self.to_realtime and REALTIME in said.at and MONOTONIC in said.at:
            self.to_realtime = said.at[REALTIME] - said.at[MONOTONIC]

    def add(self, event: Event) -> None:
        self.has_events = True
        if self.first is None or event.ns < self.first:
            self.first = event.ns
        if event.ns > self.last:
            self.last = event.ns
        if event.type == COUNTER:
            self._points.setdefault(event.track, _Points()).add(event.ns, event.value)
        elif event.type == INSTANT and (said := event.notes.get(event.name)) is not None:
            self._note(event.name, str(said))

    def _note(self, name: str, said: str) -> None:
        try:
            values = json.loads(said)
        except ValueError:
            return
        if isinstance(values, Mapping):
            self.meta |= values
        elif name == "dropped" and isinstance(values, int):
            self.meta["dropped"] = self.meta.get("dropped", 0) + values
        self.has_ended |= name == "end"

    def tracks(self) -> Iterator[Track]:
        for uuid, said in self._described.items():
            if said.description in Model.__members__.values():
                process = self._process_of(said)
                yield Track(uuid, said.name, Model(said.description), process.name, process.pid)

    def _process_of(self, said: Described) -> Described:
        for _ in range(8):  # no tree of ours is so high
            if (above := self._described.get(said.parent)) is None:
                break
            said = above
        return said

    def counters(self, begin: int) -> dict[str, list[tuple[float, float]]]:
        """By name; those that Perfetto holds in nanoseconds are seconds."""
        made: dict[str, list[tuple[float, float]]] = {}
        for uuid, points in self._points.items():
            if (said := self._described.get(uuid)) is not None:
                scale = SECOND if said.unit == 1 else 1
                made[said.name] = [((ns - begin) / SECOND, value / scale) for ns, value in points.kept]
        return made


class _Points:
    """A bounded number of a counter's values, spread over all of its time."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, float]] = []
        self._every, self._seen = 1, 0

    def add(self, ns: int, value: float) -> None:
        if self._seen % self._every == 0:
            self.kept.append((ns, value))
        self._seen += 1
        if len(self.kept) > MAX_POINTS:
            del self.kept[1::2]
            self._every *= 2
