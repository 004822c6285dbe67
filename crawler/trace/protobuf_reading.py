"""Protobuf's wire format read back, as far as a trace needs it; :mod:`crawler.trace.protobuf` writes it.

A message is fields, each with a number. What the numbers mean is for the caller to know.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

VARINT, FIXED64, SIZED, FIXED32 = 0, 1, 2, 5
"""The wire types that there are."""
_BLOCK = 1 << 20
_PACKET = 0x0A
"""The tag of field 1 with a length: a trace file is nothing but these."""
_LONGEST = 1 << 26
"""No packet of ours has so many bytes by far: a file that says so is another one, or damaged."""


class Malformed(ValueError):
    """These bytes are no such message."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that stands at ``at``, and where the next thing begins. Raises Malformed, IndexError."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise Malformed("a number of more than 64 bits")


def whole_varint(data: bytes) -> int:
    """The number that these bytes are, and nothing else. Raises Malformed."""
    try:
        value, end = varint(data, 0)
    except IndexError:
        end = -1
    if end != len(data):
        raise Malformed("a number that does not end where it should")
    return value


def fields(data: bytes, at: int = 0) -> Iterator[tuple[int, int | bytes]]:
    """Every field from ``at`` on, in order: its number, and a number or bytes. Raises Malformed.

    What has a fixed width comes as the number that its bits make, the lowest byte first.
    """
    end = len(data)
    try:
        while at < end:
            tag, at = varint(data, at)
            kind = tag & 7
            if kind == VARINT:
                value, at = varint(data, at)
                yield tag >> 3, value
                continue
            if kind == SIZED:
                size, at = varint(data, at)
            elif kind in (FIXED64, FIXED32):
                size = 8 if kind == FIXED64 else 4
            else:
                raise Malformed(f"a field of type {kind}")
            if at + size > end:
                raise Malformed("a field that is longer than its message")
            part = data[at : at + size]
            yield tag >> 3, part if kind == SIZED else int.from_bytes(part, "little")
            at += size
    except IndexError:
        raise Malformed("a number without an end") from None


class Packets:
    """The packets of one trace file, in order; one block of it is held at a time.

    A last one that is not whole is left out, and so are zeros at the end, which a power loss leaves.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_cut_off = False
        """Whether something was left out; known once all have been given."""

    def __iter__(self) -> Iterator[bytes]:
        """Every whole packet. Raises Malformed, OSError."""
        with self._path.open("rb") as file:
            rest, begin = b"", 0
            while block := file.read(_BLOCK):
                data = rest + block
                at, end = 0, len(data)
                while at < end:
                    if data[at] != _PACKET:
                        if _only_zeros(data[at:], file):
                            self.is_cut_off = True
                            return
                        raise Malformed(f"byte {begin + at} begins no packet")
                    if at + 1 < end and (size := data[at + 1]) < 0x80:  # nearly all of them
                        body = at + 2
                    else:
                        try:
                            size, body = varint(data, at + 1)
                        except IndexError:  # its size goes on in the next block
                            break
                    if size > _LONGEST:
                        raise Malformed(f"byte {begin + at} begins a packet of {size} bytes")
                    if body + size > end:
                        break
                    yield data[body : body + size]
                    at = body + size
                rest = data[at:]
                begin += at
            self.is_cut_off = bool(rest)


def _only_zeros(data: bytes, file: BinaryIO) -> bool:
    """Whether nothing but zeros follows: ``data``, then what is left of the file."""
    while data and not data.strip(b"\0"):
        data = file.read(_BLOCK)
    return not data
