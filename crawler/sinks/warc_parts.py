"""The files of an archive, ``crawl-00001.warc.gz`` and so on, as if they were one.

A *position* counts bytes over all of them. Each begins with a ``warcinfo`` that says at which position, so
that one which is missing, or was shortened by somebody, is noticed when they are opened.
"""

import os
from bisect import bisect_right
from itertools import count
from pathlib import Path
from typing import cast

from isal import isal_zlib

from crawler.sinks.base import SinkShort
from crawler.sinks.disk import sync_folder, written
from crawler.sinks.warc_records import POSITION_FIELD, part_name

_ANY_PART = "crawl-[0-9][0-9][0-9][0-9][0-9].warc.gz"
_NOT_GZIP = cast("type[Exception]", isal_zlib.error)
_HEAD = 4096
"""Bytes of a member that hold its WARC header for certain, and a whole ``warcinfo``."""


def inflated(start: bytes) -> bytes:
    """What the ``start`` of a gzip member holds, up to 64 KiB; nothing where it is no such thing."""
    try:
        return bytes(isal_zlib.decompressobj(31).decompress(start, 1 << 16))
    except _NOT_GZIP:
        return b""


def _begins(path: Path) -> int | None:
    """The position at which the part at ``path`` begins; None where there is none, or not its head."""
    try:
        with path.open("rb") as file:
            head = inflated(file.read(_HEAD))
    except FileNotFoundError:
        return None
    told, _, rest = head.partition(POSITION_FIELD)[2].partition(b"\r\n")
    return int(told) if rest and told.isdigit() else None


class Parts:
    """The parts in one folder, of which the last is appended to."""

    def __init__(self, folder: Path, part_bytes: int) -> None:
        """Make the folder, or find what it holds."""
        self._folder, self._part_bytes = folder, part_bytes
        self._fd = -1
        self._starts: list[int] = []
        """Where each part begins."""
        self.end = 0
        self._is_new = False
        """Whether the name of a part may not be on the disk yet."""
        folder.mkdir(exist_ok=True)
        for number in count(1):
            begins = _begins(path := folder / part_name(number))
            if begins is None:
                break
            if begins != self.end:  # somebody changed the one before
                self.end = min(self.end, begins)
                break
            self._starts.append(begins)
            self.end += path.stat().st_size
        self._synced = self.end

    def cut(self, position: int) -> None:
        """Drop everything behind ``position``. Raises SinkShort when there is less."""
        if self.end < position:
            raise SinkShort(self.end, position)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._starts = [start for start in self._starts if start < position]
        # The last one first: killed in between, what is there still follows one another.
        later = sorted(path for path in self._folder.glob(_ANY_PART) if self._is_later(path))
        for path in reversed(later):
            path.unlink()
        if later:
            sync_folder(self._folder)
        if self._starts:
            self._open_last(0)
            if os.fstat(self._fd).st_size > position - self._starts[-1]:
                os.ftruncate(self._fd, position - self._starts[-1])
        self.end = self._synced = position

    def _is_later(self, path: Path) -> bool:
        return path.name > part_name(len(self._starts))

    @property
    def needs_new(self) -> bool:
        """Whether the next record shall be the first of a new part."""
        return not self._starts or self.end - self._starts[-1] >= self._part_bytes

    @property
    def next_name(self) -> str:
        """The file name of that."""
        return part_name(len(self._starts) + 1)

    def begin(self, warcinfo: bytes) -> None:
        """Go on in a new part."""
        if self._fd >= 0:
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1
        self._starts.append(self.end)
        self._is_new = True
        self._open_last(os.O_CREAT | os.O_EXCL)
        self.append(warcinfo)

    def append(self, data: bytes) -> None:
        """Write all of it, if the system takes it."""
        for taken in written(self._fd, data):
            self.end += taken

    def head_at(self, position: int) -> dict[str, str]:
        """The named fields of the WARC record at ``position``; none where there is no record."""
        number = bisect_right(self._starts, position)
        if not number or position >= self.end:
            return {}
        with (self._folder / part_name(number)).open("rb") as file:
            file.seek(position - self._starts[number - 1])
            head, end, _ = inflated(file.read(_HEAD)).partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")[1:] if end else []
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    def sync(self) -> None:
        """Return when everything that was appended would survive a power loss."""
        if self._fd >= 0:
            os.fsync(self._fd)
        if self._is_new:
            sync_folder(self._folder)
            self._is_new = False
        self._synced = self.end

    def _open_last(self, flags: int) -> None:
        flags |= os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(self._folder / part_name(len(self._starts)), flags, 0o666)

    def close(self) -> None:
        """Close the last part; what was not synced is dropped."""
        try:
            if self.end != self._synced or self._is_new:
                self.cut(self._synced)
        finally:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)
