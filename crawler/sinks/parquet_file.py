"""One file of Parquet: how it is written, in row groups of bounded memory, and read back.

Imports pyarrow: only a process that writes or reads such a file imports this.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from crawler.sinks.base import unreadable
from crawler.sinks.columns import Columns, in_portions
from crawler.sinks.parquet_table import SHAPE_KEY, Layout
from crawler.sinks.parquet_typed import Shape

GROUP_ROWS = 50_000
GROUP_BYTES = 4 * 1024 * 1024
"""Lines that become one row group: less than a tenth of a second's work."""
SIZE_KEY = b"crawler.size"
"""In a file's own metadata: the bytes of the lines that its rows were."""


class TableFile:
    """One file of Parquet that is being written: a row group for each table that is added."""

    def __init__(self, path: Path, schema: pa.Schema, compression: str) -> None:
        self.size = 0
        """Bytes of the lines that its rows were, which the file tells of itself."""
        self._stream = path.open("wb")  # not by pyarrow: what the system refuses comes as it says it
        try:
            self._writer = pq.ParquetWriter(
                self._stream, schema, compression=compression, write_page_checksum=True
            )
        except BaseException:
            self._stream.close()
            raise

    def add(self, table: pa.Table, size: int) -> None:
        """Write a row group, of rows that were ``size`` bytes as lines."""
        self._writer.write_table(table)
        self.size += size

    def finish(self) -> None:
        """Complete it; it would survive a power loss, apart from its name."""
        self._writer.add_key_value_metadata({SIZE_KEY: str(self.size)})
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def drop(self) -> None:
        """Close it, whatever it holds; may be repeated."""
        self._writer.is_open = False  # or it would try to complete the file when it is forgotten
        self._stream.close()


class About(NamedTuple):
    """What a file says of itself at its end."""

    rows: int
    size: int
    """Bytes of the lines that its rows were."""
    shape: Shape
    columns: frozenset[str]


def about(path: Path, before: int) -> About:
    """Read the end of a file; ``before`` are the records in the files before it.

    Raises OutputError where that is damaged.
    """
    with path.open("rb") as stream, _readable(path, before):
        file = pq.read_metadata(stream)
        own = file.metadata or {}
        shape = msgspec.json.decode(own.get(SHAPE_KEY, b"{}"), type=Shape)
        columns = frozenset(file.schema.to_arrow_schema().names)
        return About(file.num_rows, int(own.get(SIZE_KEY, 0)), shape, columns)


@contextmanager
def _readable(path: Path, before: int) -> Iterator[None]:
    """Raises OutputError where ``path`` is damaged, ``before`` records after the first."""
    try:
        yield
    except (pa.ArrowException, msgspec.MsgspecError, OSError, ValueError) as error:
        raise unreadable(path, str(error), before) from error


def tables_of(path: Path, before: int = 0, skip: int = 0) -> Iterator[pa.Table]:
    """The row groups of a file, one at a time, without its first ``skip`` rows.

    ``before`` are the records in the files before it.

    Raises OutputError where the file is damaged.
    """
    with path.open("rb") as stream:
        with _readable(path, before):
            file = pq.ParquetFile(stream, page_checksum_verification=True)
        for number in range(file.num_row_groups):
            rows = file.metadata.row_group(number).num_rows
            if skip < rows:
                with _readable(path, before):
                    table = file.read_row_group(number, use_threads=False)
                yield table.slice(skip)
            before += rows
            skip = max(skip - rows, 0)


def groups_of(lines: Iterable[bytes], most: int = GROUP_ROWS) -> Iterator[list[bytes]]:
    """The lines in portions, each for a row group of at most ``most`` rows."""
    return in_portions(lines, most, GROUP_BYTES)


def write_table(
    path: Path, columns: Columns, rows: Iterable[Sequence[bytes]], *, compression: str = "zstd"
) -> int:
    """Write the rows, each a JSON object as its line, to one file of Parquet, and say how many they are.

    The file is there whole or not at all: what was at ``path`` stays until the end. At most some 100 MB are
    in memory. Where ``columns`` have ``extracted``, it has typed columns as the parts of the sink have; where
    a later row does not fit these, what is written is written anew, a few times at most. Raises OSError,
    msgspec.DecodeError where a row is none, and whatever ``rows`` raises.
    """
    layout, shape, count = Layout(columns), Shape(), 0
    half, wider = path.with_name(f".{path.name}.half"), path.with_name(f".{path.name}.wider")
    file = TableFile(half, layout.schema(shape), compression)
    try:
        for group in groups_of(line for portion in rows for line in portion):
            table = layout.plain(group)
            shape, is_wider = layout.grown(shape, layout.seen_in(table, shape))
            if is_wider:
                shape = shape.counted() if count else shape
                file.finish()
                file = TableFile(wider, layout.schema(shape), compression)
                for written in tables_of(half):
                    file.add(layout.typed(written, shape), 0)
                wider.replace(half)
            file.add(layout.typed(table, shape), sum(map(len, group)))
            count += len(group)
        file.finish()
        half.replace(path)
    except BaseException:
        file.drop()
        for left in (half, wider):
            with suppress(OSError):
                left.unlink(missing_ok=True)
        raise
    return count
