"""What GitHub takes of a SARIF file, and how the room is shared out.

Source: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

import zlib
from collections.abc import Sequence
from typing import TextIO

from crawler.check.finding import Finding
from crawler.model.findings import SEVERITIES

MOST_RESULTS = 25_000
"""Of a run; GitHub refuses a file that has more."""
MOST_BYTES = 10_000_000
"""Of a file, packed with gzip."""
_KEPT = 250_000
"""Bytes left for what the packer has not given out yet, and for the end of the file."""


class Packed:
    """A stream that knows how large all that was written would be, packed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._packer = zlib.compressobj()
        self._bytes = 0

    def write(self, text: str) -> None:
        """Write ``text``. Raises OSError."""
        self._stream.write(text)
        self._bytes += len(self._packer.compress(text.encode("utf-8", "backslashreplace")))

    @property
    def is_full(self) -> bool:
        """Whether nothing but the end should follow."""
        return self._bytes + _KEPT > MOST_BYTES


def shares(findings: Sequence[Finding], most: int | None = None) -> list[int]:
    """How many places of each finding are written, ``most`` in all, or as many as GitHub takes.

    All of them where there is room. Else the worse severity comes first, and of one severity each finding
    gets as many as any other, as far as it has them: a dead link in every page's footer hides no other.
    """
    given, most = [0] * len(findings), MOST_RESULTS if most is None else most
    for severity in SEVERITIES:
        some = [number for number, finding in enumerate(findings) if finding.severity == severity]
        counts = [max(1, findings[number].places_count) for number in some]
        each = _each(counts, most)
        for number, count in zip(some, counts, strict=True):
            given[number] = min(count, each, most) if each else min(1, most)
            most -= given[number]
    return given


def _each(counts: Sequence[int], most: int) -> int:
    """The largest share for each with which all together are no more than ``most``."""
    low, high = 0, max(counts, default=0)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(count, middle) for count in counts) <= most:
            low = middle
        else:
            high = middle - 1
    return low
