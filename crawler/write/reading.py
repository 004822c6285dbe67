"""Records read back: where they are, and which pages link to what.

Works beside a live crawl and on a dead one. Only what is committed is read: what stands behind it may be half
a record, or be cut off by the next start.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from crawler.model.errors import OutputError, RecordsElsewhere
from crawler.model.rows import Part
from crawler.sinks import SINKS
from crawler.sinks.base import Sink, unreadable

Linking = tuple[str, list[str]]
"""A page, and what it links to: absolute, without repeats, nofollow links and those out of scope too."""

_NAMED = 10
"""Folders that an error names."""


class _Line(msgspec.Struct, gc=False):
    url: str
    links: list[str] = []


class Recorded(NamedTuple):
    """Where the records of one generation of a crawl are."""

    out: Path
    generation: int
    sinks: Sequence[str]
    """Its sinks."""
    parts: Sequence[Part]
    """Folders, in the order of what they hold."""


class Piece(NamedTuple):
    """Records of one sink that lie together."""

    path: Path
    begin: int
    end: int
    """Positions between which they are."""


def pieces(recorded: Recorded, sink: type[Sink]) -> list[Piece]:
    """Where the records of a sink are: in each part that has some."""
    name = sink.file_of(recorded.generation)
    found = [Piece(part.folder / name, *part.spans.get(sink.name, (0, 0))) for part in recorded.parts]
    return [piece for piece in found if piece.begin < piece.end]


def sink_with_records(recorded: Recorded) -> type[Sink] | None:
    """The first of its sinks that holds records and is there; of these, one whose packages are installed.

    Raises RecordsElsewhere where the folder of a part is not here.
    """
    holding = [sink for sink in SINKS.values() if sink.name in recorded.sinks and sink.holds_records]
    files = {sink: [piece.path for piece in pieces(recorded, sink)] for sink in holding}
    _refuse_elsewhere(recorded.out, {path.parent: None for paths in files.values() for path in paths})
    there = [sink for sink, paths in files.items() if all(path.exists() for path in paths)]
    return min(there, key=lambda sink: sink.missing(), default=None)


def gone(recorded: Recorded, sink: type[Sink]) -> OutputError:
    """What is to be raised where no sink with records is there, and ``sink`` is one that was."""
    absent = next(piece.path for piece in pieces(recorded, sink) if not piece.path.exists())
    return OutputError(f"the records of the crawl in {recorded.out} are gone: there is no {absent}")


def _refuse_elsewhere(out: Path, folders: Iterable[Path]) -> None:
    absent = [str(folder) for folder in folders if not folder.is_dir()]
    if absent:
        more = f" and {len(absent) - _NAMED:,} more" if len(absent) > _NAMED else ""
        raise RecordsElsewhere(
            f"records of the crawl in {out} are on other machines: there is no {', '.join(absent[:_NAMED])}"
            f"{more}; copy the folders that its nodes have written into {out}"
        )


def linking_pages(recorded: Recorded) -> Iterator[Linking] | None:
    """Every page that is recorded with links; None where no sink that holds records is there.

    One record is in memory at a time. Raises RecordsElsewhere; when it is iterated, OutputError where the
    records are damaged.
    """
    sink = sink_with_records(recorded)
    if sink is None:
        return None
    return chain.from_iterable(_linking(sink, *piece) for piece in pieces(recorded, sink))


def _linking(sink: type[Sink], path: Path, begin: int, end: int) -> Iterator[Linking]:
    decode = msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(sink.read(path, end, begin)):
        try:
            record = decode(line)
        except msgspec.DecodeError as error:
            raise unreadable(path, f"a record is damaged, {error}", number) from None
        if record.links:
            yield record.url, record.links


class Naming(NamedTuple):
    """A page that links to a URL."""

    page: str
    link: str
    meta_robots: Sequence[str]
    """What its ``<meta name=robots>`` says."""


class _Told(msgspec.Struct, gc=False):
    url: str
    links: list[str] = []
    meta_robots: list[str] = []


def pages_naming(recorded: Recorded, urls: Collection[str]) -> Iterator[Naming] | None:
    """Every page that is recorded with a link to one of the serialised ``urls``; None as for linking_pages.

    Only records in which such a URL stands are taken apart. Raises as :func:`linking_pages` does.
    """
    sink = sink_with_records(recorded)
    if sink is None:
        return None
    wanted, needles = frozenset(urls), [msgspec.json.encode(url) for url in urls]
    return chain.from_iterable(_naming(sink, piece, wanted, needles) for piece in pieces(recorded, sink))


def _naming(
    sink: type[Sink], piece: Piece, wanted: frozenset[str], needles: Sequence[bytes]
) -> Iterator[Naming]:
    decode = msgspec.json.Decoder(_Told).decode
    for number, line in enumerate(sink.read(piece.path, piece.end, piece.begin)):
        if not any(needle in line for needle in needles):
            continue
        try:
            record = decode(line)
        except msgspec.DecodeError as error:
            raise unreadable(piece.path, f"a record is damaged, {error}", number) from None
        for link in wanted.intersection(record.links):
            yield Naming(record.url, link, record.meta_robots)


class Lying(NamedTuple):
    """Where a record is."""

    path: Path
    begin: int
    end: int
    """Positions of its sink between which the batch is that has it: bytes, or row ids."""
    line: bytes
    """The record itself."""


def record_of(
    recorded: Recorded, url: str, batch: int, span_of: Callable[[str], tuple[int, int]]
) -> Lying | None:
    """The record of ``url``, which is in ``batch``; None where no sink that holds records is there.

    ``span_of`` tells of a sink, by its name, between which positions that batch is. Raises as
    :func:`linking_pages` does.
    """
    sink = sink_with_records(recorded)
    if sink is None:
        return None
    folders = [part.folder for part in recorded.parts if part.first < batch or part.first == 0]
    path = folders[-1] / sink.file_of(recorded.generation)
    begin, end = span_of(sink.name)
    decode = msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(sink.read(path, end, begin)):
        try:
            if decode(line).url == url:
                return Lying(path, begin, end, line)
        except msgspec.DecodeError as error:
            raise unreadable(path, f"a record is damaged, {error}", number) from None
    return None
