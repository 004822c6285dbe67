"""The records of a crawl, read back from its archive member by member: damage costs what is behind it."""

import zlib as plain_zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from crawler.sinks.base import unreadable
from crawler.sinks.columns import completed
from crawler.sinks.warc_records import END, METADATA, POSITION_FIELD, RECORD_FIELD, part_name

zlib: Any = plain_zlib
try:
    from isal import isal_zlib
except ImportError:  # it is faster, and need not be there where nothing is written
    pass
else:
    zlib = isal_zlib

_CHUNK = 1 << 16
"""Bytes read at once."""
_HEAD = 4_096
"""Bytes that hold the first member of a part for certain."""
GZIP = 31
"""What zlib calls the window bits of a gzip member."""


def read_records(folder: Path, position: int | None, begin: int = 0) -> Iterator[bytes]:
    """The records in the archive from ``begin`` up to ``position``, as lines; of None, up to its end.

    Of the parts before ``begin`` no more is asked than their sizes. Raises OutputError where a part is
    damaged, or is not there.
    """
    number = begins = 0
    for at in count(1):
        path = folder / part_name(at)
        if begins == position or (position is None and not path.exists()):
            return
        try:
            size = path.stat().st_size
            end = size if position is None else min(size, position - begins)
            if begins + end > begin:
                _check_begin(path, folder / part_name(at - 1), begins, number)
                for record in _records(path, max(begin - begins, 0), end):
                    yield record
                    number += 1
        except (OSError, EOFError, zlib.error) as error:
            if position is None and isinstance(error, EOFError) and not (folder / part_name(at + 1)).exists():
                return  # a writer is at it
            raise unreadable(path, getattr(error, "strerror", None) or str(error), number) from None
        begins += end


def _check_begin(path: Path, before: Path, begins: int, number: int) -> None:
    told = _told_begin(path)
    if told is not None and told != begins:
        words = f"it was changed: the next part begins at byte {told:,} of the archive, not {begins:,}"
        raise unreadable(before, words, number)


def _told_begin(path: Path) -> int | None:
    """Where the part at ``path`` begins by its own words, in bytes over all parts; None where it has none."""
    with path.open("rb") as file, suppress(zlib.error):
        head = zlib.decompressobj(GZIP).decompress(file.read(_HEAD), _CHUNK)
        told, _, rest = head.partition(POSITION_FIELD)[2].partition(b"\r\n")
        return int(told) if rest and told.isdigit() else None
    return None


def _records(path: Path, begin: int, end: int) -> Iterator[bytes]:
    """Those between two bytes of a part."""
    for _, text in members(path, begin, end):
        if text.startswith(METADATA):
            yield completed(text.partition(END)[2].removeprefix(RECORD_FIELD).removesuffix(b"\r\n" + END))


def members(path: Path, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The WARC records between two bytes of a part: where each begins, and its text.

    Of all but those that hold a crawl's record, the text goes on from what stands before the block as far as
    it came in one piece. Raises EOFError where the last one is not whole.
    """
    member, text, begins, read = zlib.decompressobj(GZIP), b"", begin, begin
    for chunk in chunks(path, begin, end):
        data = chunk
        read += len(chunk)
        while data:
            out = member.decompress(data)
            if END not in text or text.startswith(METADATA):
                text += out
            data = member.unused_data
            if member.eof:
                yield begins, text
                member, text, begins = zlib.decompressobj(GZIP), b"", read - len(data)
    if begins != read:
        raise EOFError("it ends within a record")


def chunks(path: Path, begin: int, end: int) -> Iterator[bytes]:
    """What is between two bytes of a file, piece by piece."""
    with path.open("rb") as file:
        at = file.seek(begin)
        while at < end and (chunk := file.read(min(_CHUNK, end - at))):
            yield chunk
            at += len(chunk)
