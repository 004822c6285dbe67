"""Protobuf's wire format, as far as a trace needs it: fields by their numbers, put together as bytes."""

import struct

_double = struct.Struct("<d").pack


def varint(value: int) -> bytes:
    """A number of at least 0, seven bits a byte, the lowest first."""
    return _SMALL[value] if value < len(_SMALL) else _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = [_varint(value) for value in range(4096)]
"""Lengths, mostly, and the numbers of what is interned."""


def number(field: int, value: int) -> bytes:
    """A field that holds a number of at least 0."""
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    """A field that holds a double."""
    return varint(field << 3 | 1) + _double(value)


def sized(field: int, value: bytes | str) -> bytes:
    """A field that holds bytes, a text or a message."""
    if isinstance(value, str):
        value = value.encode("utf-8", "backslashreplace")
    return varint(field << 3 | 2) + varint(len(value)) + value


def packet(body: bytes) -> bytes:
    """One packet of a trace."""
    return sized(1, body)
