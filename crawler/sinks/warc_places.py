"""``.archive.payloads`` and ``.archive.urls``: where in the archive a payload, or a URL, was last stored.

A hint and no more: what it says is looked up in the archive before anybody believes it. So it need not be
synced nor cut back, and may be lost, or be older or newer than the archive, after whatever has happened.
It is a table of fixed size, in a file, so that neither memory nor disk grow with the crawl: four places in
each of 262,144 rows, and the oldest of a row makes room.
"""

import struct
from pathlib import Path

_ROWS = 1 << 18
_ROW = struct.Struct("<8Q")
"""Four times 64 bits of a digest, and 1 + the position; the newest first, zeros where there is none."""


class Places:
    """One such table, by digests, in an open file."""

    def __init__(self, path: Path) -> None:
        """Open or create it."""
        path.touch()
        self._file = path.open("r+b", buffering=0)

    def find(self, digest: bytes) -> list[int]:
        """Positions at which what has this digest may be."""
        cells, tag = self._row(digest), self._tag(digest)
        return [cells[at + 1] - 1 for at in range(0, 8, 2) if cells[at] == tag and cells[at + 1]]

    def put(self, digest: bytes, position: int) -> None:
        """Remember that it is at ``position``."""
        cells, tag = self._row(digest), self._tag(digest)
        others = [(cells[at], cells[at + 1]) for at in range(0, 8, 2) if cells[at] != tag][:3]
        row = [tag, position + 1, *(cell for other in others for cell in other)]
        self._file.seek(self._place(digest))
        self._file.write(_ROW.pack(*row, *[0] * (8 - len(row))))

    def _row(self, digest: bytes) -> tuple[int, ...]:
        self._file.seek(self._place(digest))
        return _ROW.unpack((self._file.read(_ROW.size) or b"").ljust(_ROW.size, b"\0"))

    @staticmethod
    def _place(digest: bytes) -> int:
        return int.from_bytes(digest[:4], "little") % _ROWS * _ROW.size

    @staticmethod
    def _tag(digest: bytes) -> int:
        return int.from_bytes(digest[4:12], "little")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
