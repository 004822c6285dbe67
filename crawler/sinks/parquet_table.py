"""Rows, as lines of JSON, made a table of Arrow and Parquet, and back.

Imports pyarrow: only a process that writes or reads such a table imports this. All of it runs in one
thread; the cores are the parsers'.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from crawler.sinks.columns import NULL, RECORD, Columns, Holds, line_of, rows_of
from crawler.sinks.parquet_typed import Kind, Shape, shape_of, typed_values

SHAPE_KEY = b"crawler.extracted"
"""In a file's own metadata: the shape, as JSON."""
_EXTRACTED = "extracted"
_MOMENT = pa.timestamp("ms", tz="UTC")
_TYPES = {
    Holds.INTEGER: pa.int64(),
    Holds.NUMBER: pa.float64(),
    Holds.TEXT: pa.string(),
    Holds.TRUTH: pa.bool_(),
    Holds.TEXTS: pa.list_(pa.string()),
    Holds.JSON: pa.string(),
}
_TYPES_OF_KINDS = {
    Kind.TRUTH: pa.bool_(),
    Kind.SHORT: pa.int64(),
    Kind.LONG: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.JSON: pa.string(),
}


class Layout:
    """How rows of some columns lie in a table; one whose rows are records has ``fetched_at`` as a time."""

    def __init__(self, columns: Columns = RECORD) -> None:
        self._columns = columns
        self._cells = rows_of(columns, texts=list[str])
        self._types = {name: _TYPES[holds] for name, holds in columns.items()}
        if dict(columns) == dict(RECORD):
            self._types["fetched_at"] = _MOMENT
        self._is_typed = columns.get(_EXTRACTED) is Holds.JSON

    def schema(self, shape: Shape) -> pa.Schema:
        """The columns, then the typed ones, and the shape itself."""
        fields = list(self._types.items())
        fields += [(f"{_EXTRACTED}.{key}", _TYPES_OF_KINDS[kind]) for key, kind in shape.keys.items()]
        return pa.schema(fields, metadata={SHAPE_KEY: msgspec.json.encode(shape)})

    def plain(self, lines: Iterable[bytes]) -> pa.Table:
        """The rows in ``lines``, without typed columns. Raises msgspec.DecodeError where one is no row."""
        rows = [self._cells(line) for line in lines]
        cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        arrays = [
            _array(column, holds, self._types[name])
            for (name, holds), column in zip(self._columns.items(), cells, strict=True)
        ]
        return pa.table(arrays, schema=pa.schema(list(self._types.items())))

    def seen(self, table: pa.Table, known: Shape) -> Shape:
        """The shape of the values that were extracted, in a table."""
        return shape_of(_extracted(table), known) if self._is_typed else Shape()

    def typed(self, table: pa.Table, shape: Shape) -> pa.Table:
        """A table with the typed columns of ``shape``, whichever it had; they are made of ``extracted``."""
        schema = self.schema(shape)
        if table.schema.equals(schema):
            return table.replace_schema_metadata(schema.metadata)
        plain = [table.column(name) for name in self._columns]
        values = typed_values(_extracted(table), shape) if shape.keys else []
        types = [field.type for field in list(schema)[len(plain) :]]
        columns = [pa.array(column, type_) for column, type_ in zip(values, types, strict=True)]
        return pa.table([*plain, *columns], schema=schema)

    def lines(self, table: pa.Table) -> Iterator[bytes]:
        """The records in a table, as lines."""
        columns = []
        for name, holds in self._columns.items():
            column = table.column(name)
            if self._types[name] is _MOMENT:
                column = column.cast(pa.string())  # as 2024-05-06 07:08:09.123Z
            cells = column.to_pylist()
            if holds is Holds.TEXTS:
                cells = [None if cell is None else msgspec.json.encode(cell).decode() for cell in cells]
            elif self._types[name] is _MOMENT:
                cells = [cell and cell.replace(" ", "T") for cell in cells]
            columns.append(cells)
        return map(line_of, zip(*columns, strict=True))


def _array(column: Sequence[Any], holds: Holds, type_: pa.DataType) -> pa.Array:
    if holds is Holds.JSON:
        column = [None if cell == NULL else bytes(cell) for cell in column]
    if type_ is _MOMENT:
        return pa.array(column, pa.string()).cast(type_)
    return pa.array(column, type_)


def _extracted(table: pa.Table) -> list[bytes | None]:
    column = table.column(_EXTRACTED)
    if column.null_count == len(column):
        return [None] * len(column)
    cells: list[bytes | None] = column.cast(pa.binary()).to_pylist()
    return cells
