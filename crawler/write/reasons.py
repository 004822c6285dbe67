"""Why a sink cannot be written, in words for the one who has to make room for it."""

import errno

from crawler.plumbing.file_lock import LockBusy
from crawler.write.sinks.base import SinkShort

_BY_ERRNO = {
    errno.ENOSPC: ("disk_full", "the disk is full"),
    errno.EDQUOT: ("disk_full", "the disk quota is used up"),
    errno.EFBIG: ("file_size", "the file has reached the largest size that is allowed here"),
    errno.EROFS: ("read_only", "the file system is read-only"),
    errno.EACCES: ("permission", "permission is denied"),
    errno.EPERM: ("permission", "permission is denied"),
    errno.EIO: ("io", "the disk reports an error"),
    errno.ENOENT: ("missing", "its folder is gone"),
    errno.EMFILE: ("files", "too many files are open"),
}
_BY_SQLITE = {
    "SQLITE_FULL": ("disk_full", "the disk is full"),
    "SQLITE_READONLY": ("read_only", "it is read-only"),
    "SQLITE_IOERR": ("io", "the disk reports an error"),
    "SQLITE_CANTOPEN": ("permission", "it cannot be opened"),
    "SQLITE_BUSY": ("busy", "another program keeps it locked"),
    "SQLITE_CORRUPT": ("damaged", "it is damaged"),
    "SQLITE_NOTADB": ("damaged", "it is not an SQLite file"),
}


def explain(error: Exception) -> tuple[str, str]:
    """One word for programs and half a sentence for people."""
    if isinstance(error, LockBusy):
        return "busy", f"another process (pid {error.pid or 'unknown'}) is still writing it"
    if isinstance(error, SinkShort):
        return "short", str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno, ("io", f"the system says: {error.strerror}"))
    # Extended codes (SQLITE_IOERR_WRITE) begin with the plain one.
    name = getattr(error, "sqlite_errorname", None) or ""
    for code, answer in _BY_SQLITE.items():
        if name.startswith(code):
            return answer
    return "error", f"{type(error).__name__}: {error}"
