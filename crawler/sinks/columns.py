"""The columns of a table, and what each may hold: of the records, or of what an extract function returned.

A row travels as one JSON object in bytes. What a table does not take apart goes from there into its cell
as the bytes it is: a page's 300 links are never made Python objects.
"""

import re
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

import msgspec

from crawler.model.record import Record


class Holds(StrEnum):
    """What a column holds, apart from nothing."""

    INTEGER = "integer"
    """Of 64 bits."""
    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    """True or false."""
    TEXTS = "texts"
    """A list of text, such as links."""
    JSON = "json"
    """Anything else; or text, numbers and lists by turns."""


Columns = Mapping[str, Holds]
"""By name, in their order."""

_SCALARS: dict[type, Holds] = {
    bool: Holds.TRUTH, int: Holds.INTEGER, float: Holds.NUMBER, str: Holds.TEXT
}  # fmt: skip


def _holds(annotation: Any) -> Holds:
    is_union = get_origin(annotation) in {Union, types.UnionType}
    kinds = set(get_args(annotation) if is_union else (annotation,)) - {type(None), msgspec.UnsetType}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind == list[str]:
        return Holds.TEXTS
    if isinstance(kind, type):
        return next((holds for scalar, holds in _SCALARS.items() if issubclass(kind, scalar)), Holds.JSON)
    return Holds.JSON


RECORD: Columns = {field.encode_name: _holds(field.type) for field in msgspec.structs.fields(Record)}
"""Those of the records, in the order of their keys."""

ADDED: Mapping[str, Any] = {
    field.encode_name: field.default
    for field in msgspec.structs.fields(Record)
    if field.encode_name in {"generation", "unchanged", "content_hash", "near_hash"}
}
"""The last keys of a record, which one of an earlier version of the program lacks, and what holds then."""
_ADDED = b"," + msgspec.json.encode(ADDED)[1:]
_LAST_KEY, _LAST_BYTES = f'"{list(RECORD)[-1]}"'.encode(), 48

_MAY_BE_ABSENT = frozenset(
    field.encode_name for field in msgspec.structs.fields(Record) if msgspec.UnsetType in get_args(field.type)
)
"""Keys of a record that are left out where they hold nothing; of the others, the null is told."""
NULL = msgspec.Raw(b"null")
"""What a cell that is taken as it is holds where there is nothing."""
_AS_TEXT = frozenset({Holds.TEXTS, Holds.JSON})
_PYTHON: dict[Holds, type] = {
    Holds.INTEGER: int, Holds.NUMBER: float, Holds.TEXT: str, Holds.TRUTH: bool
}  # fmt: skip

_NO_FIELD = re.compile(r'["\\\x00-\x1f]')
"""What a name may not hold for msgspec to take it as a field's."""


def lacking(there: Collection[str]) -> list[str]:
    """The columns that a table of records of an earlier version lacks, which has the columns ``there``."""
    return [name for name in ADDED if name not in there]


def completed(line: bytes) -> bytes:
    """A record's line with the keys that those of earlier versions lack, which are its last ones."""
    if line.rfind(_LAST_KEY, -_LAST_BYTES) >= 0 or not line.endswith(b"}"):
        return line
    return line[:-1] + _ADDED


def rows_of(
    columns: Columns, *, texts: Any = msgspec.Raw, absent: Mapping[str, Any] | None = None
) -> Callable[[bytes], tuple[Any, ...]]:
    """A decoder of rows: their cells in the order of ``columns``; lists and JSON as ``msgspec.Raw``.

    Lists of text as ``texts``, if that is given, and None where there is none. ``absent`` are the cells of
    keys that a row may lack, of records by default :data:`ADDED`; of others, null. It raises
    msgspec.DecodeError where a row is not of these columns. Keys that are no column are left out.
    """
    taken_apart: Mapping[Holds, Any] = _PYTHON if texts is msgspec.Raw else {**_PYTHON, Holds.TEXTS: texts}
    if any(map(_NO_FIELD.search, columns)):
        return _rows_by_key(columns, taken_apart)
    absent = absent or (ADDED if columns is RECORD else {})
    names = [f"c{number}" for number in range(len(columns))]  # a key need not be a name in Python
    fields: list[Any] = [
        (name, taken_apart[holds] | None, absent.get(key))
        if holds in taken_apart
        else (name, msgspec.Raw, NULL)
        for name, (key, holds) in zip(names, columns.items(), strict=True)
    ]
    row = msgspec.defstruct("Row", fields, gc=False, rename=dict(zip(names, columns, strict=True)))
    decode, cells = msgspec.json.Decoder(row).decode, msgspec.structs.astuple
    return lambda line: cells(decode(line))


def _rows_by_key(columns: Columns, taken_apart: Mapping[Holds, Any]) -> Callable[[bytes], tuple[Any, ...]]:
    """As :func:`rows_of`, whatever the columns are called; several times as slow."""
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    readers = [
        (
            name,
            msgspec.json.Decoder(taken_apart[holds] | None).decode if holds in taken_apart else msgspec.Raw,
        )
        for name, holds in columns.items()
    ]

    def cells_of(line: bytes) -> tuple[Any, ...]:
        row = decode(line)
        return tuple([read(row.get(name, NULL)) for name, read in readers])

    return cells_of


def line_of(cells: Iterable[Any]) -> bytes:
    """The line of a record whose cells these are, in the order of :data:`RECORD`; lists and JSON as text."""
    row: dict[str, Any] = {}
    for (name, holds), cell in zip(RECORD.items(), cells, strict=True):
        if cell is None and name in _MAY_BE_ABSENT:
            continue
        if holds in _AS_TEXT and cell is not None:
            cell = msgspec.Raw(cell.encode())
        elif holds is Holds.TRUTH and cell is not None:
            cell = bool(cell)  # of tables that have numbers alone
        row[name] = cell
    return msgspec.json.encode(row)


def in_portions(lines: Iterable[bytes], most: int, most_bytes: int) -> Iterator[list[bytes]]:
    """The lines in lists of at most ``most``, and of about ``most_bytes`` bytes; none is empty."""
    portion: list[bytes] = []
    size = 0
    for line in lines:
        portion.append(line)
        size += len(line)
        if size >= most_bytes or len(portion) >= most:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
