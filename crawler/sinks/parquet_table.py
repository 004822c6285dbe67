"""Rows, as lines of JSON, made a table of Arrow and Parquet, and back.

Imports pyarrow: only a process that writes or reads such a table imports this. All of it runs in one
thread; the cores are the parsers'.
"""

import gc
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pyarrow as pa

from crawler.sinks.columns import ADDED, NULL, RECORD, Columns, Holds, lacking, line_of, rows_of
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
_TYPES_OF_FORMS = {
    Kind.TRUTH: pa.bool_(),
    Kind.SHORT: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.JSON: pa.string(),
}


class _Extracted(msgspec.Struct, gc=False):
    extracted: msgspec.Raw = NULL


_extract = msgspec.json.Decoder(list[_Extracted]).decode


class Layout:
    """How rows of some columns lie in a table; one whose rows are records has ``fetched_at`` as a time."""

    def __init__(self, columns: Columns = RECORD) -> None:
        self._columns = columns
        self._cells = rows_of(columns, texts=list[str])
        self._types = {name: _TYPES[holds] for name, holds in columns.items()}
        if dict(columns) == dict(RECORD):
            self._types["fetched_at"] = _MOMENT
        self._are_records = columns is RECORD
        self._is_typed = columns.get(_EXTRACTED) is Holds.JSON

    def lacking(self, there: Collection[str]) -> list[str]:
        """The columns that a part of an earlier version lacks, which has the columns ``there``."""
        return lacking(there) if self._are_records else []

    def schema(self, shape: Shape, absent: Collection[str] = ()) -> pa.Schema:
        """The columns without ``absent`` ones, then the typed ones, and the shape itself."""
        fields = [(name, type_) for name, type_ in self._types.items() if name not in absent]
        fields += [(f"{_EXTRACTED}.{key}", _TYPES_OF_FORMS[form]) for key, form in shape.forms.items()]
        return pa.schema(fields, metadata={SHAPE_KEY: msgspec.json.encode(shape)})

    def plain(self, lines: Iterable[bytes]) -> pa.Table:
        """The rows in ``lines``, without typed columns. Raises msgspec.DecodeError where one is no row."""
        with _no_collection():
            return self._plain([self._cells(line) for line in lines])

    def _plain(self, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
        cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        arrays = [
            _array(column, holds, self._types[name])
            for (name, holds), column in zip(self._columns.items(), cells, strict=True)
        ]
        return pa.table(arrays, schema=pa.schema(list(self._types.items())))

    def seen(self, lines: Sequence[bytes], known: Shape) -> Shape:
        """The shape of what was extracted, in these rows; keys of ``known`` are looked at in any case."""
        if not self._is_typed:
            return Shape()
        rows = _extract(b"[" + b",".join(lines) + b"]")
        return shape_of((bytes(row.extracted) for row in rows), known)

    def seen_in(self, table: pa.Table, known: Shape) -> Shape:
        """The same of a table, at next to no cost where nothing was extracted."""
        if not self._is_typed:
            return Shape()
        return shape_of((cell for cell in _extracted(table) if cell is not None), known)

    def grown(self, shape: Shape, seen: Shape) -> tuple[Shape, bool]:
        """The shape that holds both, and whether what was written in the first has to be written anew."""
        joined = shape.joined(seen)
        return joined, joined.forms != shape.forms

    def typed(self, table: pa.Table, shape: Shape) -> pa.Table:
        """A table with the typed columns of ``shape``, whichever it had; they are made of ``extracted``.

        Those that an earlier version left out are added.
        """
        table = self._completed(table)
        schema = self.schema(shape)
        own = (table.schema.metadata or {}).get(SHAPE_KEY)
        if own is not None and msgspec.json.decode(own, type=Shape).forms == shape.forms:
            return table.replace_schema_metadata(schema.metadata)
        plain = [table.column(name) for name in self._columns]
        values = typed_values(_extracted(table), shape) if shape.keys else []
        types = [field.type for field in list(schema)[len(plain) :]]
        columns = [pa.array(column, type_) for column, type_ in zip(values, types, strict=True)]
        return pa.table([*plain, *columns], schema=schema)

    def _completed(self, table: pa.Table) -> pa.Table:
        """``table`` with the columns that one of an earlier version lacks, in their places."""
        for name in self.lacking(table.column_names):
            place, type_ = list(self._columns).index(name), self._types[name]
            column = pa.array([ADDED[name]] * len(table), type_)
            table = table.add_column(place, pa.field(name, type_), column)
        return table

    def lines(self, table: pa.Table) -> Iterator[bytes]:
        """The records in a table, as lines."""
        columns, table = [], self._completed(table)
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


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for garbage: many lists come to life, and none in a circle; it takes half as long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _array(column: Sequence[Any], holds: Holds, type_: pa.DataType) -> pa.Array:
    if holds is Holds.JSON:
        column = [None if cell == b"null" else cell for cell in map(bytes, column)]
    if type_ is _MOMENT:
        return pa.array(column, pa.string()).cast(type_)
    return pa.array(column, type_)


def _extracted(table: pa.Table) -> list[bytes | None]:
    column = table.column(_EXTRACTED)
    if column.null_count == len(column):
        return [None] * len(column)
    cells: list[bytes | None] = column.cast(pa.binary()).to_pylist()
    return cells
