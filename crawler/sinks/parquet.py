"""``records.parquet/``: a folder of whole Parquet files, for pandas, Polars, DuckDB and their like.

::

    write, sync ─▶ .records.parquet.rows/rows-….jsonl ── settle ─▶ records.parquet/part-….parquet

A part is made when there are rows enough for one, and of the last rows when the crawl has ended; until then
rows wait as lines in the side file (:mod:`crawler.sinks.parquet_rows`), which acknowledgements need alone.
Killed at any moment, each row is in a part, in the side file, or in both, and then the part counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from crawler.model.settings import GIB, MIB, About, Section
from crawler.sinks.base import Sink, SinkShort
from crawler.sinks.columns import RECORD, Columns

if TYPE_CHECKING:
    from crawler.sinks.parquet_parts import Parts
    from crawler.sinks.parquet_rows import Segment, SideFile


class ParquetConfig(Section, frozen=True, kw_only=True):
    """How the parts of ``records.parquet`` are made."""

    part_rows: Annotated[
        int, About("Records of a part, at most (twice that after a stop).", ge=1, le=10_000_000)
    ] = 50_000
    part_bytes: Annotated[int, About("Bytes of a part's rows as JSON, about.", ge=MIB, le=GIB)] = 64 * MIB
    compression: Annotated[
        Literal["zstd", "snappy", "gzip", "brotli", "lz4", "none"], About("How parts are compressed.")
    ] = "zstd"


class ParquetSink(Sink):
    """Typed tables in a folder: for pandas, Polars, DuckDB and their like.

    Appends rows to the side file, and makes parts of them; its position is the number of rows.
    """

    name: ClassVar[str] = "parquet"
    file_name: ClassVar[str] = "records.parquet"
    extra: ClassVar[str | None] = "parquet"
    imports: ClassVar[tuple[str, ...]] = ("pyarrow",)
    options: ClassVar[Section | None] = ParquetConfig()
    _options: Any
    steps: ClassVar[tuple[str, ...]] = (
        "parquet_begun",
        "parquet_shape", "parquet_group", "parquet_part_written", "parquet_part_named", "parquet_rows_removed"
    )  # fmt: skip

    _path: Path
    _rows: "SideFile | None" = None
    _parts: "Parts | None" = None

    def __init__(self, options: Any = None, columns: Columns = RECORD) -> None:
        super().__init__(options, columns)
        self._steps: Iterator[str] = iter(())
        """What is left to be done of the part that is being made."""

    def open(self, path: Path) -> int:
        """Open or create the folder and the side file; the number of rows that are held.

        Of a new folder no more is done: the crawl waits for this, and pyarrow takes a second to import.
        """
        from crawler.sinks.parquet_rows import SideFile

        self._path, self._parts, hidden = path, None, side_folder(path)
        path.mkdir(exist_ok=True)
        if any(path.iterdir()) or (hidden / "wide").exists():
            self._parts = self._open_parts()
        end = self._parts.end if self._parts else 0
        self._rows = SideFile(hidden, self._options.part_rows, self._options.part_bytes, end)
        return self._rows.end

    def _open_parts(self) -> "Parts":
        from crawler.sinks.parquet_parts import Parts
        from crawler.sinks.parquet_table import Layout

        options, layout = self._options, Layout(self._columns)
        layout.plain(())  # the first array has pyarrow import pandas, where that is installed
        most = options.part_rows, options.part_bytes
        return Parts(self._path, side_folder(self._path), layout, *most, options.compression)

    def cut(self, position: int) -> None:
        """Drop the rows after ``position``: first those in the side file, then those in parts."""
        rows = self._side_file()
        if rows.end < position:
            raise SinkShort(rows.end, position)
        self._stop_settling()
        rows.cut(position)
        if self._parts is not None:
            self._parts.cut(position)

    def write(self, items: Sequence[bytes]) -> int:
        """Append to the side file."""
        rows = self._side_file()
        rows.append(items)
        return rows.end

    def sync(self) -> None:
        """Have the side file written to the disk."""
        self._side_file().sync()

    def settle(self, *, last: bool = False) -> str | None:
        """Do one step towards the next part: about a row group, or a file's name."""
        step = next(self._steps, None)
        if step is not None:
            return step
        rows = self._side_file()
        if self._parts is None:
            self._parts = self._open_parts()
            return "parquet_begun"
        if last:
            rows.sync()
        segment = rows.next_for_a_part(last=last)
        if segment is None:
            return None
        self._steps = self._made(self._parts, segment)
        return next(self._steps)

    def _made(self, parts: "Parts", segment: "Segment") -> Iterator[str]:
        yield from parts.take(segment)
        self._side_file().remove(segment)
        yield "parquet_rows_removed"

    def close(self) -> None:
        """Close the side file, and remove its folder where nothing is left in it."""
        if self._rows is None:
            return
        rows, self._rows = self._rows, None
        self._stop_settling()
        rows.close()
        hidden = side_folder(self._path)
        if not any(hidden.iterdir()):
            hidden.rmdir()

    def _side_file(self) -> "SideFile":
        if self._rows is None:
            raise ValueError("the sink is not open")
        return self._rows

    def _stop_settling(self) -> None:
        self._steps = iter(())

    def export(self, batches: Iterable[Sequence[bytes]], path: Path) -> None:
        """Write one file, straight from the rows."""
        from crawler.sinks.parquet_file import write_table

        write_table(path, self._columns, batches, compression=self._options.compression)

    @classmethod
    def read(cls, path: Path, position: int | None = None, begin: int = 0) -> Iterator[bytes]:
        """The rows of the parts, then of the side file."""
        from crawler.sinks.parquet_reading import read_rows

        return read_rows(path, side_folder(path), position, begin)


def side_folder(path: Path) -> Path:
    """Where the rows wait that are in no part of ``path`` yet."""
    return path.with_name(f".{path.name}.rows")
