"""One file of Parquet: how it is written, in row groups of bounded memory, and read back.

Imports pyarrow: only a process that writes or reads such a file imports this.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from crawler.sinks.columns import Columns
from crawler.sinks.parquet_table import SHAPE_KEY, Layout
from crawler.sinks.parquet_typed import Shape

GROUP_ROWS = 50_000
GROUP_BYTES = 8 * 1024 * 1024
"""Lines that become one row group: about a tenth of a second's work."""


class TableFile:
    """One file of Parquet that is being written: a row group for each table that is added."""

    def __init__(self, path: Path, schema: pa.Schema, compression: str) -> None:
        self.schema = schema
        self._stream = path.open("wb")  # not by pyarrow: what the system refuses comes as it says it
        try:
            self._writer = pq.ParquetWriter(self._stream, schema, compression=compression)
        except BaseException:
            self._stream.close()
            raise

    def add(self, table: pa.Table) -> None:
        """Write a row group."""
        self._writer.write_table(table)

    def finish(self) -> None:
        """Complete it; it would survive a power loss, apart from its name."""
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def drop(self) -> None:
        """Close it, whatever it holds."""
        self._writer.is_open = False  # or it would try to complete the file when it is forgotten
        self._stream.close()


def tables_of(path: Path) -> Iterator[pa.Table]:
    """The row groups of a file, one at a time."""
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, use_threads=False)


def shape_in(metadata: "pq.FileMetaData") -> Shape:
    """The shape of a file's typed columns, as it was written."""
    told = (metadata.metadata or {}).get(SHAPE_KEY)
    return Shape() if told is None else msgspec.json.decode(told, type=Shape)


def groups_of(lines: Iterable[bytes], most: int = GROUP_ROWS) -> Iterator[list[bytes]]:
    """The lines in portions, each for a row group of at most ``most`` rows."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        group.append(line)
        size += len(line)
        if size >= GROUP_BYTES or len(group) >= most:
            yield group
            group, size = [], 0
    if group:
        yield group


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
            grown = shape.grown(layout.seen(table, shape), at_a_cost=count > 0)
            if grown != shape:
                file.finish()
                file, shape = TableFile(wider, layout.schema(grown), compression), grown
                for written in tables_of(half):
                    file.add(layout.typed(written, shape))
                wider.replace(half)
            file.add(layout.typed(table, shape))
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
