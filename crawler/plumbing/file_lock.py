"""An exclusive lock on a file which says who holds it.

The system frees it when its holder dies, however it dies, so a lock file that was left behind
locks nobody out. It is an advisory lock: it keeps out only those who ask for it. The file is removed when the
lock is given up in good order.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

_POLL = 0.01
"""Seconds between two tries for a lock that somebody else holds."""


class LockBusy(Exception):
    """Somebody else holds the lock."""

    def __init__(self, path: Path, pid: int | None) -> None:
        super().__init__(f"{path} is locked by pid {pid or 'unknown'}")
        self.pid = pid
        """What the lock file says of its holder; None when it says nothing."""


class FileLock:
    """One process's claim on ``path``. Children do not inherit it (close on exec, PEP 446)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self, timeout: float = 0.0) -> None:
        """Take the lock, trying for ``timeout`` seconds; blocks. Raises LockBusy, OSError."""
        if self._fd is not None:
            raise RuntimeError(f"{self.path} is locked by this object already")
        deadline = time.monotonic() + timeout
        while not self._try():
            if time.monotonic() >= deadline:
                raise LockBusy(self.path, owner_pid(self.path))
            time.sleep(_POLL)

    def release(self) -> None:
        """Give the lock up and remove its file; nothing happens when it is not held."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        if sys.platform == "win32":
            os.close(fd)  # an open file cannot be removed there
        with suppress(OSError):  # a file that stays behind locks nobody out
            self.path.unlink()
        if sys.platform != "win32":
            os.close(fd)

    def _try(self) -> bool:
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # Whoever held it may have removed the file between our open and our lock: then we
            # have locked a file that nobody else will ever open.
            if _lock(fd) and os.path.samestat(os.fstat(fd), self.path.stat()):
                os.ftruncate(fd, 0)
                os.write(fd, str(os.getpid()).encode("ascii"))
                self._fd = fd
        except FileNotFoundError:
            pass
        finally:
            if self._fd is None:
                os.close(fd)
        return self._fd is not None


def owner_pid(path: Path) -> int | None:
    """The pid written in a lock file: its holder while it is held, else who held it last."""
    try:
        pid = int(path.read_bytes())
    except (OSError, ValueError):
        return None
    return pid if pid > 0 else None  # it may be killed by that, and these would be whole groups


def pid_exists(pid: int) -> bool:
    """Whether there is a process of that pid, be it somebody else's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it may not be signalled by us
    return True


def holder_pid(path: Path) -> int | None:
    """The pid that the system itself names as holder of this lock (Linux); None where it cannot tell.

    Unlike :func:`owner_pid` this is proof enough to kill by: a pid read from a file may meanwhile
    belong to somebody else.
    """
    pid = owner_pid(path)
    try:
        inode = path.stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    for line in locks.splitlines():
        # 1: FLOCK  ADVISORY  WRITE 4711 fe:00:131090 0 EOF     (see proc(5))
        words = line.split()
        if words[1:2] == ["FLOCK"] and words[4] == str(pid) and words[5].endswith(f":{inode}"):
            return pid
    return None


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> bool:
        os.lseek(fd, 1 << 30, os.SEEK_SET)  # far behind the pid, which others must be able to read
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(fd, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
