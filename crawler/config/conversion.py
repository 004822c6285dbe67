"""Converts a raw value to the type of its key, or refuses it.

msgspec checks types and bounds strictly: neither ``true`` nor "8" is a number, a whole number is one
with a fraction too, and "not a number" is none. The rest is here: the notes of :mod:`crawler.config.values`,
lists whose wrong items are reported one by one, and the words for true and false.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import msgspec

from crawler.config.keys import Key, about, bare, item_of, notes
from crawler.config.values import After, Before

_TRUE = {"1", "on", "t", "true", "y", "yes"}
_FALSE = {"0", "off", "f", "false", "n", "no"}


class Refused(NamedTuple):
    """A value, or one item of a list, that is not allowed; the reason is empty where the type is wrong."""

    value: object
    reason: str


class Refusal(Exception):
    """Holds all that is refused of one key's value."""

    def __init__(self, parts: list[Refused]) -> None:
        super().__init__(parts)
        self.parts = parts


def converted(key: Key, value: object) -> object:
    """``value`` as the key has it. Raises Refusal."""
    if value is None and key.optional:
        return None
    return _list(key.inner, value) if key.is_list else _one(key.inner, value)


def _list(annotation: Any, value: object) -> object:
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | bytearray | Mapping):
        raise Refusal([Refused(value, "")])
    items: list[object] = []
    refused: list[Refused] = []
    for item in cast("Iterable[object]", _changed(annotation, Before, value)):
        try:
            items.append(_one(item_of(annotation), item))
        except Refusal as refusal:
            refused += refusal.parts
    if refused:
        raise Refusal(refused)
    try:
        return _changed(annotation, After, tuple(items))
    except ValueError as error:
        raise Refusal([Refused(items, str(error))]) from None


def _one(annotation: Any, value: object) -> object:
    try:
        value = _changed(annotation, Before, value)
        result = _typed(annotation, value)
        result = _changed(annotation, After, result)
        if isinstance(result, str):
            result.encode()  # what UTF-8 cannot spell, as from a shell with another, could not be saved
    except ValueError as error:
        raise Refusal([Refused(value, str(error))]) from None
    return result


def _typed(annotation: Any, value: object) -> object:
    kind = bare(annotation)
    if kind is bool:
        value = _truth(value)
    elif kind in (int, float):
        _, ge, gt, le = about(annotation)
        kind = Annotated[kind, msgspec.Meta(ge=ge, gt=gt, le=le)]  # type: ignore[call-overload]
    try:
        return msgspec.convert(value, kind, dec_hook=lambda _path, given: Path(given))
    except (msgspec.ValidationError, UnicodeEncodeError):
        raise Refusal([Refused(value, "")]) from None


def _changed(annotation: Any, when: type[Before] | type[After], value: object) -> object:
    for note in notes(annotation):
        if isinstance(note, when):
            value = note.change(value)
    return value


def _truth(value: object) -> object:
    """Yes and no in the words people use; anything else as it is, for msgspec to refuse."""
    word = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).lower()
    return True if word in _TRUE else False if word in _FALSE else value
