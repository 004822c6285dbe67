"""``--items``: a row for each thing that the user's function returned, with the URL of its page.

A thing goes from the record into its row as the bytes it is. Only a table that must name its columns
before its first row has the things looked at, in a pass of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from crawler.model.errors import UsageError
from crawler.sinks.columns import NULL, Columns, Holds

PAGE_URL = "page_url"
"""The first column: the URL of the page. A thing's own key of that name is ``item.page_url``."""
VALUE = "value"
"""The column of a thing that is no object, such as a number."""
MAX_COLUMNS = 1_000
"""Of a table. Keys that come from the pages, such as names of products, would be columns without end."""


class _Extracted(msgspec.Struct, gc=False):
    url: msgspec.Raw
    extracted: msgspec.Raw = NULL


_decode_records = msgspec.json.Decoder(list[_Extracted]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_rows = msgspec.json.Decoder(list[dict[str, Any]]).decode
_encode = msgspec.json.encode


def rows_of_items(batch: Sequence[bytes]) -> list[bytes]:
    """The rows of a batch of records, each as one JSON object, in their order.

    None of nothing, one of an object or a plain value, of a list one for each item that is not null. Raises
    msgspec.DecodeError where a record is damaged.
    """
    rows: list[bytes] = []
    for record in _decode_records(b"[" + b",".join(batch) + b"]"):
        extracted = bytes(record.extracted)
        if extracted == b"null":
            continue
        head = b'{"%b":%b' % (PAGE_URL.encode(), bytes(record.url))
        things = map(bytes, _decode_list(extracted)) if extracted.startswith(b"[") else (extracted,)
        rows += [_row(head, thing) for thing in things if thing != b"null"]
    return rows


def _row(head: bytes, thing: bytes) -> bytes:
    if not thing.startswith(b"{"):
        return b'%b,"%b":%b}' % (head, VALUE.encode(), thing)
    if b'"%b"' % PAGE_URL.encode() in thing:
        thing = _renamed(thing)
    return head + b"}" if thing == b"{}" else b"%b,%b" % (head, thing[1:])


def _renamed(thing: bytes) -> bytes:
    """The thing with another name for its own ``page_url``, if it has that."""
    own = _decode_object(thing)
    if PAGE_URL not in own:
        return thing
    name = PAGE_URL
    while name in own:
        name = f"item.{name}"
    return _encode({name if key == PAGE_URL else key: value for key, value in own.items()})


_TRUTH, _INTEGER, _LONG, _HUGE, _NUMBER, _TEXT, _LIST, _OTHER = (1 << bit for bit in range(8))
_HOLDS = {
    0: Holds.TEXT,  # nothing was ever seen
    _TRUTH: Holds.TRUTH,
    _INTEGER: Holds.INTEGER,
    _LONG: Holds.INTEGER,
    _INTEGER | _LONG: Holds.INTEGER,
    _NUMBER: Holds.NUMBER,
    _INTEGER | _NUMBER: Holds.NUMBER,
    _TEXT: Holds.TEXT,
    _LIST: Holds.TEXTS,
}
"""What a column holds in which just these were seen; of anything else, JSON."""
_PLAIN: dict[type, int] = {bool: _TRUTH, float: _NUMBER, str: _TEXT, dict: _OTHER, type(None): 0}
_EXACT = 1 << 53
"""Integers up to it are the same as numbers with a fraction."""


def _seen_in(value: Any) -> int:
    if isinstance(value, int):
        size = abs(value)
        return _INTEGER if size <= _EXACT else _LONG if -(1 << 63) <= value < 1 << 63 else _HUGE
    is_texts = all(isinstance(each, str) for each in value)
    return _LIST if is_texts else _OTHER


def columns_of(batches: Iterable[Sequence[bytes]]) -> Columns:
    """The columns that rows of items have, in order of first appearance, each for what was seen in it.

    Raises UsageError where there are more than a table should have.
    """
    seen: dict[str, int] = {PAGE_URL: _TEXT}
    for batch in batches:
        for row in _decode_rows(b"[" + b",".join(batch) + b"]"):
            for key, value in row.items():
                kind = _PLAIN.get(type(value))
                if kind is None:
                    kind = _seen_in(value)
                seen[key] = seen.get(key, 0) | kind
        if len(seen) > MAX_COLUMNS:
            raise UsageError(
                f"what was extracted has more than {MAX_COLUMNS:,} different keys, too many for the columns"
                " of a table: --to jsonl takes them"
            )
    return {key: _HOLDS.get(kinds, Holds.JSON) for key, kinds in seen.items()}
