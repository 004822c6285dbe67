"""Which typed columns a table gets beside ``extracted``: one for each key, as long as it is regular.

What an extract function returned is kept whole, as JSON text, in the column ``extracted``. Where every
value is an object, each of its keys has a column ``extracted.KEY`` too, of the narrowest type that holds
every value so far without loss. A :class:`Shape` says which; it only ever grows, and seldom: all parts of a
table must have the same columns, so each growth may mean to write them anew.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

MAX_KEYS = 256
"""Columns beside ``extracted``, at most; further keys are in ``extracted`` alone."""
MAX_KEY_LENGTH = 100
"""Characters of a key that gets a column; it must be printable, too."""
MAX_CHANGES = 8
"""Times that a shape may grow at the cost of the parts written before."""

_EXACT = 2**53
"""Up to here, every whole number is one of 64-bit floating point."""


class Kind(StrEnum):
    """What the values of one key are, apart from null."""

    TRUTH = "truth"
    SHORT = "short"
    """Whole numbers that floating point holds exactly."""
    LONG = "long"
    """Other whole numbers of 64 bits."""
    NUMBER = "number"
    """Floating point, also with SHORT ones."""
    TEXT = "text"
    TEXTS = "texts"
    """Lists of text alone."""
    JSON = "json"
    """Anything else, or of several kinds: JSON text."""


_JOINED = {
    frozenset({Kind.SHORT, Kind.LONG}): Kind.LONG,
    frozenset({Kind.SHORT, Kind.NUMBER}): Kind.NUMBER,
}
_number = msgspec.json.Decoder(int | float).decode
_texts = msgspec.json.Decoder(list[str]).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_READ: dict[Kind, Any] = {
    Kind.TRUTH: msgspec.json.Decoder(bool).decode,
    Kind.SHORT: msgspec.json.Decoder(int).decode,
    Kind.LONG: msgspec.json.Decoder(int).decode,
    Kind.NUMBER: msgspec.json.Decoder(float).decode,
    Kind.TEXT: msgspec.json.Decoder(str).decode,
    Kind.TEXTS: _texts,
    Kind.JSON: bytes,
}


class Shape(msgspec.Struct, frozen=True):
    """The typed columns of a table, in the order in which their keys were seen."""

    keys: dict[str, Kind] = {}
    is_regular: bool = True
    """Whether every value so far is an object, or null; if not, there are no typed columns."""
    changes: int = 0
    """How often it has grown at a cost."""

    @property
    def forms(self) -> dict[str, Kind]:
        """What the columns look like: long numbers and short ones lie in one alike."""
        return {key: Kind.SHORT if kind is Kind.LONG else kind for key, kind in self.keys.items()}

    def joined(self, seen: "Shape") -> "Shape":
        """The least shape that holds both; how often it has changed is this one's.

        After :data:`MAX_CHANGES` no key is added any more, and one that holds what it never held makes all of
        them JSON text: then nothing can come that does not fit.
        """
        if not (self.is_regular and seen.is_regular):
            return Shape({}, False, self.changes)
        keys, misfits = dict(self.keys), False
        for key, kind in seen.keys.items():
            if key in keys:
                joined = _join(keys[key], kind)
                misfits |= joined is not keys[key]
                keys[key] = joined
            elif self.changes < MAX_CHANGES and len(keys) < MAX_KEYS:
                keys[key] = kind
        if misfits and self.changes >= MAX_CHANGES:
            keys = dict.fromkeys(keys, Kind.JSON)
        return Shape(keys, True, self.changes)

    def counted(self) -> "Shape":
        """The same, having grown at a cost once more."""
        return Shape(self.keys, self.is_regular, self.changes + 1)


def _join(one: Kind, other: Kind) -> Kind:
    return one if one is other else _JOINED.get(frozenset({one, other}), Kind.JSON)


def shape_of(cells: Iterable[bytes], known: Shape) -> Shape:
    """The shape of these values, each the JSON of one; keys of ``known`` are looked at in any case."""
    keys: dict[str, Kind] = {}
    for cell in cells:
        if cell == b"null":
            continue
        if not cell.startswith(b"{"):
            return Shape({}, False)
        for key, raw in _object(cell).items():
            before = keys.get(key)
            if before is Kind.JSON or (kind := _kind_of(bytes(raw))) is None:
                continue
            if before is not None:
                keys[key] = _join(before, kind)
            elif key in known.keys or (len(keys) < MAX_KEYS and _may_be_named(key)):
                keys[key] = kind
    return Shape(keys)


def _may_be_named(key: str) -> bool:
    return len(key) <= MAX_KEY_LENGTH and key.isprintable()


def _kind_of(value: bytes) -> Kind | None:
    """Told by its first byte; what is nested is not looked into, however deep it is."""
    match value[:1]:
        case b"n":
            return None
        case b"t" | b"f":
            return Kind.TRUTH
        case b'"':
            return Kind.TEXT
        case b"{":
            return Kind.JSON
        case b"[":
            try:
                _texts(value)
            except msgspec.ValidationError:
                return Kind.JSON
            return Kind.TEXTS
    number = _number(value)
    if isinstance(number, float):
        return Kind.NUMBER
    if -_EXACT <= number <= _EXACT:
        return Kind.SHORT
    return Kind.LONG if -(2**63) <= number < 2**63 else Kind.JSON


def typed_values(cells: Iterable[bytes | None], shape: Shape) -> list[list[Any]]:
    """For each key of ``shape``, its value in each cell, None where it has none; of JSON its bytes."""
    columns: list[list[Any]] = [[] for _ in shape.keys]
    if not columns:
        return columns
    fields = [
        (key, _READ[kind], column.append)
        for (key, kind), column in zip(shape.keys.items(), columns, strict=True)
    ]
    for cell in cells:
        values = {} if cell is None else _object(cell)
        for key, read, append in fields:
            raw = values.get(key)
            append(None if raw is None or raw == _NULL else read(raw))
    return columns


_NULL = msgspec.Raw(b"null")
