"""The folder of parts: each a whole file of Parquet, named by the number of its first row.

::

    records.parquet/part-000000000001.parquet

Whoever reads the folder at any moment finds whole parts of one schema: a part is written in the hidden
folder, and named once it is safe. There is always one, if with no rows, so that a reader finds columns.

A part that is smaller than a part may be was the last one when a crawl stopped. It is the beginning of the
next: that takes its name and its place, so that there are never many small ones.

Where rows do not fit the typed columns, or the parts are of an earlier version that had fewer columns, all
parts are written anew in ``wider/``, in the hidden folder, which is then named ``wide``: from there they take
the places of the old ones, last to first these leave, first to last those come, and no reader ever sees both.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from crawler.sinks.disk import sync_folder
from crawler.sinks.parquet_file import TableFile, about, groups_of, tables_of
from crawler.sinks.parquet_rows import Segment, firsts
from crawler.sinks.parquet_table import Layout
from crawler.sinks.parquet_typed import Shape

PARTS = "part-*.parquet"


class Part(NamedTuple):
    """A run of rows in one file of Parquet."""

    path: Path
    first: int
    """Number of its first row; they count from 1."""
    rows: int
    size: int
    """Bytes of the lines that its rows were."""

    @property
    def end(self) -> int:
        """The number of its last row."""
        return self.first - 1 + self.rows


def part_path(folder: Path, first: int) -> Path:
    """Where the part that begins with this row is, or would be."""
    return folder / f"part-{first:012d}.parquet"


class Parts:
    """The parts of one folder, as their only writer sees them."""

    def __init__(
        self, folder: Path, hidden: Path, layout: Layout, most_rows: int, most_bytes: int, compression: str
    ) -> None:
        """Open what is there. Raises OSError, and OutputError where a part is damaged."""
        self._folder, self._hidden, self._layout = folder, hidden, layout
        self._most_rows, self._most_bytes, self._compression = most_rows, most_bytes, compression
        self._parts: list[Part] = []
        self._shape = Shape()
        self._absent: list[str] = []
        """Columns that the parts lack, which an earlier version wrote."""
        for made in (folder, hidden):
            made.mkdir(exist_ok=True)
        rmtree(hidden / "wider", ignore_errors=True)
        self._half.unlink(missing_ok=True)
        self._finish_widening()
        for first, path in firsts(folder.glob(PARTS)):
            if first == self.end + 1:
                rows, size, self._shape, columns = about(path, self.end)
                self._absent = layout.lacking(columns)
                self._parts.append(Part(path, first, rows, size))
            # Else rows are missing before it: it is not held, and goes with the cut.
        if not self._parts:
            self._begin()

    @property
    def end(self) -> int:
        """The number of the last row in a part; 0 where there is none."""
        return self._parts[-1].end if self._parts else 0

    def cut(self, position: int) -> None:
        """Drop the rows after ``position``."""
        self._finish_widening()
        for first, path in reversed(firsts(self._folder.glob(PARTS))):
            if first > max(position, 1):
                path.unlink()
        self._parts = [part for part in self._parts if part.first <= max(position, 1)]
        if self.end > position:
            self._shorten(position)

    def take(self, segment: Segment) -> Iterator[str]:
        """Make a part of a segment, step by step; the names of the steps. The segment stays."""
        seen = Shape()
        for group in groups_of(segment.lines()):
            seen = seen.joined(self._layout.seen(group, self._shape))
            yield "parquet_shape"
        shape, is_wider = self._layout.grown(self._shape, seen)
        base = self._parts[-1]
        is_small = base.rows < self._most_rows and base.size < self._most_bytes
        if (is_wider or self._absent) and (len(self._parts) > 1 or not is_small):
            shape = shape.counted() if is_wider else shape
            yield from self._widen(shape)
        first = base.first if is_small else segment.first
        file = self._file(self._half, shape)
        try:
            if is_small:
                for table in tables_of(base.path):
                    file.add(self._layout.typed(table, shape), 0)
                    yield "parquet_group"
                file.size = base.size
            for group in groups_of(segment.lines()):
                table = self._layout.typed(self._layout.plain(group), shape)
                file.add(table, sum(map(len, group)) + len(group))
                yield "parquet_group"
            file.finish()
        finally:
            file.drop()
        yield "parquet_part_written"
        part = Part(part_path(self._folder, first), first, segment.end - first + 1, file.size)
        self._half.replace(part.path)
        sync_folder(self._folder)
        self._shape, self._absent = shape, []
        self._parts[len(self._parts) - is_small :] = [part]
        yield "parquet_part_named"

    def _widen(self, shape: Shape) -> Iterator[str]:
        """Give all parts the columns of ``shape``, step by step."""
        wider = self._hidden / "wider"
        rmtree(wider, ignore_errors=True)
        wider.mkdir()
        for part in self._parts:
            file = self._file(wider / part.path.name, shape)
            try:
                for table in tables_of(part.path):
                    file.add(self._layout.typed(table, shape), 0)
                    yield "parquet_group_widened"
                file.size = part.size
                file.finish()
            finally:
                file.drop()
            yield "parquet_part_widened"
        sync_folder(wider)
        wider.rename(self._hidden / "wide")
        self._shape, self._absent = shape, []
        sync_folder(self._hidden)
        yield "parquet_all_widened"
        yield from self._put_in_place()

    def _put_in_place(self) -> Iterator[str]:
        """Where all parts are there with wider columns, bring them into the places of the old ones."""
        wide = self._hidden / "wide"
        if not wide.exists():
            return
        new = [path for _, path in firsts(wide.glob(PARTS))]
        for path in reversed(new[1:]):
            (self._folder / path.name).unlink(missing_ok=True)
            yield "parquet_narrow_removed"
        sync_folder(self._folder)
        for path in new:
            path.replace(self._folder / path.name)
            sync_folder(self._folder)
            yield "parquet_wide_named"
        wide.rmdir()

    def _finish_widening(self) -> None:
        for _ in self._put_in_place():
            pass

    def _begin(self) -> None:
        """Put a part without rows there."""
        file = self._file(self._half, self._shape)
        file.finish()
        path = part_path(self._folder, 1)
        self._half.replace(path)
        sync_folder(self._folder)
        self._parts = [Part(path, 1, 0, 0)]

    def _shorten(self, position: int) -> None:
        """Put one with fewer rows in the place of the last part."""
        part = self._parts[-1]
        left = rows = position - part.first + 1
        file = self._file(self._half, self._shape, self._absent)
        try:
            for table in tables_of(part.path):
                file.add(table.slice(0, left), 0)
                left -= min(left, table.num_rows)
            file.size = part.size * rows // part.rows
            file.finish()
        finally:
            file.drop()
        self._half.replace(part.path)
        sync_folder(self._folder)
        self._parts[-1] = part._replace(rows=rows, size=file.size)

    @property
    def _half(self) -> Path:
        return self._hidden / "part.half"

    def _file(self, path: Path, shape: Shape, absent: Collection[str] = ()) -> TableFile:
        return TableFile(path, self._layout.schema(shape, absent), self._compression)
