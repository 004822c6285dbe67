"""``records.jsonl``: one record a line, in UTF-8, each line ended by a newline."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from crawler.sinks.base import Sink, SinkShort, unreadable


class JsonlSink(Sink):
    """Appends to a file; its position is the file's size in bytes."""

    name: ClassVar[str] = "jsonl"
    file_name: ClassVar[str] = "records.jsonl"
    has_columns: ClassVar[bool] = False
    is_text: ClassVar[bool] = True

    _fd = -1  # not open
    _end = 0
    _synced = 0

    def open(self, path: Path) -> int:
        """Open or create the file; its size."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags, 0o666)
        self._end = self._synced = os.fstat(self._fd).st_size
        return self._end

    def cut(self, position: int) -> None:
        """Truncate the file to ``position`` bytes."""
        if self._end < position:
            raise SinkShort(self._end, position)
        if self._end > position:
            os.ftruncate(self._fd, position)
        self._end = self._synced = position

    def encoded(self, items: Sequence[bytes]) -> bytes:
        """The records, each ended by a newline."""
        return b"\n".join(items) + b"\n" if items else b""

    def write(self, items: Sequence[bytes]) -> int:
        """Append all records with one write, if the system takes it whole."""
        left = memoryview(self.encoded(items))
        while left:
            # A nearly full disk takes a part, and says why only when asked to take the rest.
            taken = os.write(self._fd, left)
            self._end += taken
            left = left[taken:]
        return self._end

    def sync(self) -> None:
        """Have the file's content and size written to the disk."""
        os.fsync(self._fd)
        self._synced = self._end

    def close(self) -> None:
        """Close the file; no half record is left at its end."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        try:
            if self._end != self._synced:
                os.ftruncate(fd, self._synced)
        finally:
            os.close(fd)

    @classmethod
    def read(cls, path: Path, position: int | None = None) -> Iterator[bytes]:
        """The lines of the file."""
        at = number = 0
        try:
            with path.open("rb") as file:
                for line in file:
                    at += len(line)
                    if (position is not None and at > position) or not line.endswith(b"\n"):
                        return  # a writer is at it
                    yield line[:-1]
                    number += 1
        except OSError as error:
            raise unreadable(path, str(error.strerror or error), number) from None
