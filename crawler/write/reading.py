"""Records read back: which pages link to what. Works beside a live crawl and on a dead one.

Only what is committed is read: what stands behind it may be half a record, or be cut off by the next start.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable

Linking = tuple[str, list[str]]
"""A page, and what it links to: absolute, without repeats, nofollow links and those out of scope too."""


class _Line(msgspec.Struct, gc=False):
    url: str
    links: list[str] = []


class Recorded(NamedTuple):
    """Where the records of one generation of a crawl are."""

    out: Path
    generation: int
    sinks: Sequence[str]
    """Its sinks."""
    spans: Mapping[str, tuple[int, int]] = {}
    """Of each, the positions between which its committed records are."""


def records(recorded: Recorded) -> Iterator[bytes] | None:
    """Every committed record, as its line; None where no sink that holds records is there.

    One record is in memory at a time. Raises OutputError, when it is iterated, where the records are damaged.
    """
    sink = sink_with_records(recorded)
    if sink is None:
        return None
    begin, end = recorded.spans.get(sink.name, (0, 0))
    return sink.read(recorded.out / sink.file_of(recorded.generation), end, begin)


def sink_with_records(recorded: Recorded) -> type[Sink] | None:
    """The first of its sinks that holds records and is there; of these, one whose packages are installed."""
    holding = [sink for sink in SINKS.values() if sink.name in recorded.sinks and sink.holds_records]
    there = [sink for sink in holding if (recorded.out / sink.file_of(recorded.generation)).exists()]
    return min(there, key=lambda sink: sink.missing(), default=None)


def linking_pages(recorded: Recorded) -> Iterator[Linking] | None:
    """Every page that is recorded with links; else as :func:`records`."""
    sink, lines = sink_with_records(recorded), records(recorded)
    if sink is None or lines is None:
        return None
    return _linking(recorded.out / sink.file_of(recorded.generation), lines)


def _linking(path: Path, lines: Iterator[bytes]) -> Iterator[Linking]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(lines):
        try:
            record = decode(line)
        except msgspec.DecodeError as error:
            raise unreadable(path, f"a record is damaged, {error}", number) from None
        if record.links:
            yield record.url, record.links
