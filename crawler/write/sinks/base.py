"""What a sink is: a file (or folder) that records are appended to, and that can be cut back.

A sink runs in its writer process, single-threaded, and knows nothing of processes, batches or
acknowledgements. Its *position* says how much it holds: bytes for a file, the last row id for a
table. It only ever grows by :meth:`Sink.write` and shrinks by :meth:`Sink.cut`.
"""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from crawler.model.messages import Finished
from crawler.model.outcomes import SinkName
from crawler.plumbing.file_lock import LockBusy


class SinkShort(Exception):
    """The sink holds less than the position it is to be cut back to."""

    def __init__(self, held: int, position: int) -> None:
        super().__init__(f"it ends at {held}, before {position}, so it was shortened by somebody else")


class SinkOutdated(Exception):
    """The file is of another version of the program, which keeps other things in it."""

    def __init__(self, version: int, wanted: int) -> None:
        super().__init__(f"it is of format {version}, and this version of crawler writes format {wanted}")


class Sink(Protocol):
    """One output. Every method may raise OSError, or the error of the library it writes with."""

    name: ClassVar[SinkName]
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

    @staticmethod
    def keeps(finished: Finished) -> bytes | None:
        """What of a finished URL is to be written, told in the main process; None where it is nothing."""
        ...

    def write(self, items: Sequence[bytes]) -> int:
        """Append what :meth:`keeps` has returned; the position behind it."""
        ...

    def sync(self) -> None:
        """Return when everything written would survive a power loss."""
        ...

    def close(self) -> None:
        """Close it; what was not synced is dropped."""
        ...


_BY_ERRNO = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file has reached the largest size that is allowed here",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EIO: "the disk reports an error",
    errno.ENOENT: "its folder is gone",
    errno.EMFILE: "too many files are open",
}
_BY_SQLITE = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_IOERR": "the disk reports an error",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_NOTADB": "it is not an SQLite file",
}


def why_not_written(error: Exception) -> str | None:
    """Half a sentence for the one who has to make room for it; None for an error that nobody foresaw."""
    if isinstance(error, LockBusy):
        return f"another process (pid {error.pid or 'unknown'}) is still writing it"
    if isinstance(error, SinkShort | SinkOutdated):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno, f"the system says: {error.strerror}")
    # Extended codes (SQLITE_IOERR_WRITE) begin with the plain one.
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((reason for code, reason in _BY_SQLITE.items() if name.startswith(code)), None)
