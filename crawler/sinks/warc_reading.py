"""The records of a crawl, read back from its archive."""

import gzip as any_gzip
import io
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any, cast

from crawler.model.settings import MIB
from crawler.sinks.base import unreadable
from crawler.sinks.warc_records import END, METADATA, RECORD_FIELD, part_name

gzip: Any = any_gzip
damaged: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, zlib.error)
try:
    from isal import igzip, isal_zlib
except ImportError:  # it reads faster, and needs not be there where nothing is written
    pass
else:
    gzip, damaged = igzip, (*damaged, cast("type[Exception]", isal_zlib.error))


class _Upto(io.RawIOBase):
    """The first ``size`` bytes of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def read_records(folder: Path, position: int | None) -> Iterator[bytes]:
    """The records in the archive up to ``position``, as lines; of None, up to its end.

    Raises OutputError where a part is damaged, or is not there.
    """
    number, left = 0, position
    for at in count(1):
        path = folder / part_name(at)
        if left == 0 or (left is None and not path.exists()):
            return
        try:
            size = path.stat().st_size
            size = size if left is None else min(size, left)
            for record in _records(path, size):
                yield record
                number += 1
        except damaged as error:
            if left is None and isinstance(error, EOFError) and not (folder / part_name(at + 1)).exists():
                return  # a writer is at it
            raise unreadable(path, getattr(error, "strerror", None) or str(error), number) from None
        left = None if left is None else left - size


def _records(path: Path, size: int) -> Iterator[bytes]:
    """Those in the first ``size`` bytes of a part."""
    record = None
    with path.open("rb") as file, gzip.open(_Upto(file, size)) as stream:
        while start := stream.readline():  # by which what is before it has been checked
            if record is not None:
                yield record
            if not start.startswith(b"WARC/"):
                raise ValueError("there is something else where a WARC record should begin")
            head, length = [start], -1
            while (line := stream.readline()) not in {b"\r\n", b""}:
                head.append(line)
                if line.startswith(b"Content-Length: "):
                    length = int(line.partition(b" ")[2])
            block = _block(stream, length, is_wanted=b"".join(head[:2]) == METADATA)
            record = block.removeprefix(RECORD_FIELD).removesuffix(b"\r\n") if block else None
    if record is not None:
        yield record


def _block(stream: IO[bytes], length: int, *, is_wanted: bool) -> bytes:
    """The block of ``length`` bytes, if it is wanted; what stands behind it is read as well."""
    if length < 0:
        raise ValueError("a WARC record does not say how long it is")
    pieces, left = [], length
    while left:
        if not (piece := stream.read(min(left, MIB))):
            raise EOFError("it ends within a WARC record")
        left -= len(piece)
        if is_wanted:
            pieces.append(piece)
    if stream.read(len(END)) != END:
        raise EOFError("it ends within a WARC record")
    return b"".join(pieces)
