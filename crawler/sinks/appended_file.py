"""What sinks share that are one file, to whose end bytes are written: its position is its size."""

import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

from crawler.sinks.base import Sink, SinkChanged, SinkShort
from crawler.sinks.disk import written


class AppendedFile(Sink):
    """Appends to a file; its position is the file's size in bytes. What is appended, its heirs know."""

    is_text: ClassVar[bool] = True
    is_per_generation: ClassVar[bool] = True
    line_end: ClassVar[bytes] = b"\n"
    """What every item ends with."""
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
        if position:
            self._check(position)
        if self._end > position:
            os.ftruncate(self._fd, position)
        self._end = self._synced = position

    def _check(self, position: int) -> None:
        """Raise SinkChanged where the file cannot be what was written: spreadsheets save what they show."""
        head, end = self.head(), self.line_end
        if self._read_at(0, len(head)) != head:
            raise SinkChanged("it does not begin as it was begun")
        if self._read_at(position - len(end), len(end)) != end:
            raise SinkChanged(f"no record ends at byte {position:,}, where one did")

    def _read_at(self, position: int, length: int) -> bytes:
        os.lseek(self._fd, max(position, 0), os.SEEK_SET)  # what is written goes to the end all the same
        return os.read(self._fd, length)

    def head(self) -> bytes:
        """What the file begins with, which counts as a part of the first item."""
        return b""

    @abstractmethod
    def encoded(self, items: Sequence[bytes]) -> bytes:
        """What is appended for ``items``; nothing for none."""

    def write(self, items: Sequence[bytes]) -> int:
        """Append all items; before the first one, the head."""
        if not items:
            return self._end
        return self._append(self.encoded(items) if self._end else self.head() + self.encoded(items))

    def settle(self, *, last: bool = False) -> None:
        """Of a crawl without a record the head at least is left. Position 0 is before it all the same."""
        if last and not self._end:
            self._append(self.head())
            self.sync()

    def _append(self, data: bytes) -> int:
        """Append ``data`` with one write, if the system takes it whole; the position behind it."""
        for taken in written(self._fd, data):
            self._end += taken
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


def lines_of(file: IO[bytes], position: int | None, begin: int = 0) -> Iterator[bytes]:
    """The lines from ``begin`` to ``position``, with their ends; None: all, the last maybe without one.

    Raises ValueError where the file ends before ``position``, or a line goes on behind it.
    """
    at = file.seek(begin)
    for line in file:
        if at == position:
            return
        at += len(line)
        if position is not None and (at > position or not line.endswith(b"\n")):
            raise ValueError(f"no record ends at byte {min(at, position):,}, where one should")
        yield line
    if position is not None and at < position:
        raise ValueError(f"it ends at byte {at:,}, and went on to {position:,}")
