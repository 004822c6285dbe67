"""The side file: rows as lines, synced, until a part is made of them.

Lies in a hidden folder beside the parts, in segments named by the number of their first row::

    .records.parquet.rows/rows-000000050001.jsonl

Lines are appended to the last segment; one that is as large as a part may be is *full*, and stays as it is
until its part is there. A line that is not ended was being written when the writer died; it does not count.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from crawler.sinks.disk import sync_folder, written

SEGMENTS = "rows-*.jsonl"
_CHUNK = 1024 * 1024


class Segment(NamedTuple):
    """A run of rows in one file of lines."""

    path: Path
    first: int
    """Number of its first row; they count from 1."""
    rows: int = 0
    size: int = 0
    """Bytes."""

    @property
    def end(self) -> int:
        """The number of its last row; that before its first where it has none."""
        return self.first - 1 + self.rows

    def lines(self) -> Iterator[bytes]:
        """Its rows, one at a time."""
        return lines_in(self.path, 0)


def lines_in(path: Path, skip: int) -> Iterator[bytes]:
    """The lines of a file but for the first ``skip``, to the last that is ended."""
    with path.open("rb") as file:
        yield from (line[:-1] for line in islice(file, skip, None) if line.endswith(b"\n"))


def segment_path(folder: Path, first: int) -> Path:
    """Where the segment that begins with this row is, or would be."""
    return folder / f"rows-{first:012d}.jsonl"


def firsts(paths: Iterable[Path]) -> list[tuple[int, Path]]:
    """Files that are named by their first row, in the order of these."""
    return sorted((int(path.stem.rpartition("-")[2]), path) for path in paths)


class SideFile:
    """The segments, and the last one open for what is appended."""

    def __init__(self, folder: Path, most_rows: int, most_bytes: int, after: int) -> None:
        """Open what is there; rows up to ``after`` are in parts already. Raises OSError."""
        self._folder, self._most_rows, self._most_bytes = folder, most_rows, most_bytes
        self._segments: list[Segment] = []
        self._fd = -1
        self._taken = 0
        """First row of the segment that a part is being made of: nothing is appended to that."""
        self.end = self._synced = after
        """The number of the last row."""
        folder.mkdir(exist_ok=True)
        for first, path in firsts(folder.glob(SEGMENTS)):
            segment = _measured(path, first)
            if segment.end <= self.end:
                path.unlink()  # all of it is in a part, or it is empty
            elif first == self.end + 1:
                self._segments.append(segment)
                self.end = self._synced = segment.end
            # Else rows are missing before it: it is not held, and goes with the cut.

    def cut(self, position: int) -> None:
        """Drop the rows after ``position``."""
        self._close()
        self._taken = 0
        for first, path in reversed(firsts(self._folder.glob(SEGMENTS))):
            if first > position:
                path.unlink()
        self._segments = [segment for segment in self._segments if segment.first <= position]
        if self._segments and self._segments[-1].end > position:
            self._segments[-1] = _shortened(self._segments[-1], position)
        self.end = self._synced = min(self.end, position)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write these rows, into as many segments as it takes."""
        at = 0
        while at < len(lines):
            if self._fd < 0 or self._is_full():
                self._begin()
            room = self._most_rows - self._segments[-1].rows
            portion = lines[at : at + room]
            self._write(portion)
            at += len(portion)

    def sync(self) -> None:
        """Return when all of it would survive a power loss."""
        if self._fd >= 0:
            os.fsync(self._fd)
        self._synced = self.end

    def next_for_a_part(self, *, last: bool) -> Segment | None:
        """The first segment that is full, and synced; of the last rows, whichever there is."""
        if not self._segments or self._segments[0].end > self._synced:
            return None
        if not (last or len(self._segments) > 1 or self._is_full()):
            return None
        self._taken = self._segments[0].first
        return self._segments[0]

    def remove(self, segment: Segment) -> None:
        """Its rows are in a part."""
        if segment is self._segments[-1]:
            self._close()
        segment.path.unlink()
        self._segments.remove(segment)

    def close(self) -> None:
        """Close it; what was not synced is dropped."""
        try:
            if self.end > self._synced:
                self.cut(self._synced)
        finally:
            self._close()

    def _is_full(self) -> bool:
        last = self._segments[-1]
        return last.first == self._taken or last.rows >= self._most_rows or last.size >= self._most_bytes

    def _begin(self) -> None:
        """Open the segment for what comes next: the last one where it has room, else a new one."""
        if self._fd >= 0:
            os.fsync(self._fd)
        self._close()
        if not self._segments or self._is_full():
            self._segments.append(Segment(segment_path(self._folder, self.end + 1), self.end + 1))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(self._segments[-1].path, flags, 0o666)
        sync_folder(self._folder)

    def _write(self, lines: Sequence[bytes]) -> None:
        data, segment = b"\n".join(lines) + b"\n", self._segments[-1]
        try:
            for _ in written(self._fd, data):
                pass
        except OSError:
            os.truncate(self._fd, segment.size)
            raise
        self._segments[-1] = segment._replace(rows=segment.rows + len(lines), size=segment.size + len(data))
        self.end += len(lines)

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def _measured(path: Path, first: int) -> Segment:
    """A segment as it lies there, without a line that is not ended."""
    rows = size = at = 0
    with path.open("r+b") as file:
        while chunk := file.read(_CHUNK):
            rows += chunk.count(b"\n")
            if (newline := chunk.rfind(b"\n")) >= 0:
                size = at + newline + 1
            at += len(chunk)
        if at > size:
            file.truncate(size)
    return Segment(path, first, rows, size)


def _shortened(segment: Segment, position: int) -> Segment:
    rows = position - segment.first + 1
    with segment.path.open("r+b") as file:
        size = sum(len(line) for line in islice(file, rows))
        file.truncate(size)
    return segment._replace(rows=rows, size=size)
