"""Records read back: which pages link to what. Works beside a live crawl and on a dead one.

Only what is committed is read: what stands behind it may be half a record, or be cut off by the next start.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from crawler.model.errors import OutputError
from crawler.plumbing.sqlite_reading import open_for_reading
from crawler.write.sinks.jsonl import JsonlSink
from crawler.write.sinks.sqlite import SqliteSink

Linking = tuple[str, list[str]]
"""A page, and what it links to: absolute, without repeats, nofollow links and those out of scope too."""


class _Line(msgspec.Struct, gc=False):
    url: str
    links: list[str] = []


def linking_pages(out: Path, sinks: Sequence[str], positions: Mapping[str, int]) -> Iterator[Linking] | None:
    """Every page that is recorded in OUT with links; None where no sink that can be read back is there.

    ``positions`` say where each sink ends with the last committed batch. One record is in memory at a
    time. Raises OutputError, when it is iterated, where the records are damaged.
    """
    for sink, read in ((JsonlSink, _from_jsonl), (SqliteSink, _from_sqlite)):
        path = out / sink.file_name
        if sink.name in sinks and path.exists():
            return read(path, positions.get(sink.name, 0))
    return None


def _from_jsonl(path: Path, position: int) -> Iterator[Linking]:
    decode = msgspec.json.Decoder(_Line).decode
    at = 0
    with path.open("rb") as file:
        for line in file:
            at += len(line)
            if at > position:
                return
            try:
                record = decode(line)
            except msgspec.DecodeError as error:
                raise OutputError(f"{path} is damaged before byte {at}: {error}") from None
            if record.links:
                yield record.url, record.links


def _from_sqlite(path: Path, position: int) -> Iterator[Linking]:
    decode = msgspec.json.Decoder(list[str]).decode
    try:
        with closing(open_for_reading(path)) as db:
            query = "SELECT url, links FROM records WHERE id <= ? AND links != '[]' ORDER BY id"
            for url, links in db.execute(query, (position,)):
                yield url, decode(links)
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise OutputError(f"{path} cannot be read: {error}") from error
