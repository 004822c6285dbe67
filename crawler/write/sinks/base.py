"""What a sink is: a file (or folder) that records are appended to, and that can be cut back.

A sink runs in its writer process, single-threaded, and knows nothing of processes, batches or
acknowledgements. Its *position* says how much it holds: bytes for a file, the last row id for a
table. It only ever grows by :meth:`Sink.write` and shrinks by :meth:`Sink.cut`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol


class SinkShort(Exception):
    """The sink holds less than the position it is to be cut back to."""

    def __init__(self, held: int, position: int) -> None:
        super().__init__(f"it ends at {held}, before {position}, so it was shortened by somebody else")


class Sink(Protocol):
    """One output. Every method may raise OSError, or the error of the library it writes with."""

    name: ClassVar[str]
    """Its value in ``write.sinks``, and its key in every mapping of positions."""
    file_name: ClassVar[str]
    """Name of the file in the output folder."""
    needs_body: ClassVar[bool]
    """Whether the raw answer must be kept for it."""

    def open(self, path: Path) -> int:
        """Open or create it; its position as it was found."""
        ...

    def cut(self, position: int) -> None:
        """Drop everything behind ``position``. Raises SinkShort when it holds less."""
        ...

    def write(self, records: Sequence[bytes]) -> int:
        """Append records (each one JSON object in UTF-8); the position behind them."""
        ...

    def sync(self) -> None:
        """Return when everything written would survive a power loss."""
        ...

    def close(self) -> None:
        """Close it; what was not synced is dropped."""
        ...


def sync_folder(folder: Path) -> None:
    """Make a new file's *name* survive a power loss; not every system lets folders be opened."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
