"""What it takes to have bytes and names on the disk for certain. Everything here blocks."""

import os
from collections.abc import Iterator
from pathlib import Path


def written(fd: int, data: bytes) -> Iterator[int]:
    """Write all of ``data``, and say of each step how many bytes the system took.

    A nearly full disk takes a part, and says why only when asked to take the rest: whoever counts the steps
    knows, when OSError is raised, how much is there.
    """
    left = memoryview(data)
    while left:
        taken = os.write(fd, left)
        yield taken
        left = left[taken:]


def sync_folder(folder: Path) -> None:
    """Have the names in ``folder`` written to the disk, where the system can: new files are not lost then."""
    if os.name == "posix":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
