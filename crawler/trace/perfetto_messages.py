"""What is said in a trace beside its events: the tracks, and how its clock stands to the time of day."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from crawler.trace.protobuf_reading import fields

REALTIME, MONOTONIC = 1, 3
"""Clocks."""


class Described(NamedTuple):
    """A track."""

    uuid: int
    parent: int
    name: str
    description: str
    pid: int
    """0 where it is neither a process nor a thread."""
    unit: int
    """Of a counter: 1 is nanoseconds, 2 a count, 3 bytes."""


class Clocks(NamedTuple):
    """Nanoseconds of several clocks, at one moment."""

    at: dict[int, int]


def clocks(body: bytes) -> Iterator[tuple[int, int]]:
    """A snapshot's clocks and their times."""
    for number, value in fields(body):
        if number == 1 and isinstance(value, bytes):
            found = dict(fields(value))
            yield as_number(found.get(1, 0)), as_number(found.get(2, 0))


def described(body: bytes) -> Described:
    """A track, of its descriptor."""
    found = dict(fields(body))
    name, pid = as_text(found.get(2, b"")), 0
    for number, its_name in ((3, 6), (4, 5)):  # a process, a thread
        if isinstance(inner := found.get(number), bytes):
            of_it = dict(fields(inner))
            name, pid = as_text(of_it.get(its_name, b"")), as_number(of_it.get(1, 0))
    counter = found.get(8, b"")
    unit = dict(fields(counter)).get(3, 0) if isinstance(counter, bytes) else 0
    uuid, parent = as_number(found.get(1, 0)), as_number(found.get(5, 0))
    return Described(uuid, parent, name, as_text(found.get(14, b"")), pid, as_number(unit))


def as_text(value: int | bytes) -> str:
    """A field's text; empty where it is none."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def as_number(value: int | bytes) -> int:
    """A field's number; 0 where it is none."""
    return value if isinstance(value, int) else 0


def as_double(bits: int) -> float:
    """The double that these bits are."""
    (value,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    return float(value)
