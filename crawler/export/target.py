"""Where an export goes: a file, which is there whole or not at all, or a stream that takes what comes."""

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crawler.model.errors import CrawlFailed, UsageError
from crawler.plumbing.file_lock import FileLock, LockBusy
from crawler.sinks.base import why_not_written
from crawler.sinks.disk import sync_folder


def is_stream(path: Path | None) -> bool:
    """Whether it is standard output (None), a device or a named pipe: what is written there is gone."""
    return path is None or (path.exists() and not path.is_dir() and not path.is_file())


def refuse_own(path: Path, own: Collection[Path]) -> None:
    """Raises UsageError where ``path`` is, or lies in, one of the crawl's ``own`` files and folders."""
    target = Path(os.path.realpath(path))
    for one in own:
        real = Path(os.path.realpath(one))
        if target == real or real in target.parents or _is_same_file(target, real):
            raise UsageError(f"-o {path}: {one} is the crawl's own")


def _is_same_file(one: Path, other: Path) -> bool:
    """Whether they are two names (hard links) of one file."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name beside ``path``; what the block writes there takes its place once it has ended without error.

    Raises UsageError where ``path`` is no place for a file, or another export writes it just now. Where the
    block or the disk fails, what was there before is there still, and nothing else. A file keeps its mode, a
    link stays a link.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise UsageError(f"-o {path} cannot be written: it is a folder")
    if not target.parent.is_dir():
        raise UsageError(f"-o {path} cannot be written: there is no folder {target.parent}")
    if target.exists() and not os.access(target, os.W_OK):
        raise UsageError(f"-o {path} cannot be written: permission is denied")
    lock, part = FileLock(target.with_name(f".{target.name}.lock")), target.with_name(f".{target.name}.part")
    try:
        lock.acquire()
    except LockBusy as busy:
        raise UsageError(f"another export (pid {busy.pid or 'unknown'}) is writing {path}") from None
    except OSError as error:
        raise UsageError(f"-o {path} cannot be written: {why_not_written(error)}") from None
    try:
        _remove(part)  # a killed export's
        yield part
        _put_in_place(part, target)
    finally:
        _remove(part)
        lock.release()


def _put_in_place(part: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        part.chmod(stat.S_IMODE(target.stat().st_mode))
    fd = os.open(part, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    part.replace(target)
    with suppress(OSError):  # where folders cannot be synced, the system does it in its own time
        sync_folder(target.parent)


def _remove(part: Path) -> None:
    """Remove it and what SQLite may have put beside it."""
    for name in (part.name, f"{part.name}-journal", f"{part.name}-wal", f"{part.name}-shm"):
        with suppress(OSError):
            part.with_name(name).unlink()


@contextmanager
def failures_said(path: Path | None) -> Iterator[None]:
    """Raises CrawlFailed where the disk refuses ``path``; None is standard output, for the program to say."""
    try:
        yield
    except Exception as error:
        why = why_not_written(error) if path is not None and not isinstance(error, BrokenPipeError) else None
        if why is None:
            raise
        kept = "; what was there before is there still" if path is not None and path.is_file() else ""
        raise CrawlFailed(f"{path} cannot be written: {why}{kept}") from error
