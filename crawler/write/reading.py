"""Records read back: which pages link to what. Works beside a live crawl and on a dead one.

Only what is committed is read: what stands behind it may be half a record, or be cut off by the next start.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable

Linking = tuple[str, list[str]]
"""A page, and what it links to: absolute, without repeats, nofollow links and those out of scope too."""


class _Line(msgspec.Struct, gc=False):
    url: str
    links: list[str] = []


def records(out: Path, sinks: Sequence[str], positions: Mapping[str, int]) -> Iterator[bytes] | None:
    """Every committed record in OUT, as its line; None where no sink that holds records is there.

    ``sinks`` are the crawl's; ``positions`` say where each ends with the last committed batch. One record is
    in memory at a time. Raises OutputError, when it is iterated, where the records are damaged.
    """
    sink = sink_with_records(out, sinks)
    return None if sink is None else sink.read(out / sink.file_name, positions.get(sink.name, 0))


def sink_with_records(out: Path, sinks: Sequence[str]) -> type[Sink] | None:
    """The first of ``sinks`` that holds records and is there; of these, one whose packages are installed."""
    holding = [sink for sink in SINKS.values() if sink.name in sinks and sink.holds_records]
    there = [sink for sink in holding if (out / sink.file_name).exists()]
    return min(there, key=lambda sink: sink.missing(), default=None)


def linking_pages(out: Path, sinks: Sequence[str], positions: Mapping[str, int]) -> Iterator[Linking] | None:
    """Every page that is recorded in OUT with links; else as :func:`records`."""
    sink, lines = sink_with_records(out, sinks), records(out, sinks, positions)
    return None if sink is None or lines is None else _linking(out / sink.file_name, lines)


def _linking(path: Path, lines: Iterator[bytes]) -> Iterator[Linking]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(lines):
        try:
            record = decode(line)
        except msgspec.DecodeError as error:
            raise unreadable(path, f"a record is damaged, {error}", number) from None
        if record.links:
            yield record.url, record.links
