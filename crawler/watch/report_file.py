"""Where a report goes: a file, which is there whole or not at all, or standard output."""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TextIO

from crawler.model.cluster import CLUSTER_FILE
from crawler.model.generations import DATABASE, generation_of
from crawler.sinks import SINKS
from crawler.sinks.base import why_not_written
from crawler.trace.trace_files import is_trace_file
from crawler.watch.history import HISTORY_FILE
from crawler.watch.whole_file import whole_file

_numbers = count()
_STANDARD_OUTPUT = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
FINDINGS_FILE = "findings.jsonl"
"""What a check has found, for the next check of the same folder."""
_OF_THE_CRAWL = {
    DATABASE,
    CLUSTER_FILE,
    "crawl.lock",
    "crawl.log",
    "spool",
    "summary.json",
    "summary@1.json",
    HISTORY_FILE,
    FINDINGS_FILE,
    *(sink.file_name for sink in SINKS.values()),
}


_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
"""What SQLite adds to the names of its own files."""


def place_of(name: str) -> Path | None:
    """The file of that name; None for standard output."""
    return None if name in _STANDARD_OUTPUT else Path(name)


def same_place(path: Path | None) -> str:
    """Equal for two spellings of one file (links, ``..``)."""
    return "" if path is None else os.path.realpath(path)


def why_not(path: Path, out: Path | None) -> str | None:
    """Why no report can be written there, as half a sentence; None where one can.

    What is there stays as it is. ``out`` is the output folder of the crawl, which need not be there yet.
    """
    target = Path(os.path.realpath(path))
    folder = None if out is None else Path(os.path.realpath(out))
    in_out = target.parent == folder
    if is_a_crawls_own(target, folder):
        return "that file is the crawl's own"
    try:
        if target.is_dir():
            return "it is a folder"
        if folder is not None and target in (folder, *folder.parents):
            return "the output folder will be there"
        if not target.parent.exists():
            return None if in_out else f"there is no folder {target.parent}"
        if not target.parent.is_dir():
            return f"{target.parent} is no folder"
        if path.exists() and not os.access(path, os.W_OK):
            return "permission is denied"
        if _is_replaced(path):
            with suppress(FileNotFoundError):
                target.lstat()  # a name may be too long by itself
            half = _half(target)
            with half.open("w", encoding="utf-8"):
                pass
            half.unlink()
    except FileNotFoundError:
        return f"no file can be made in {target.parent}"  # which is there: /proc, say
    except OSError as error:
        return why_not_written(error)
    return None


def is_a_crawls_own(file: Path, out: Path | None = None) -> bool:
    """Whether ``file``, a real path, has such a name as a crawl gives to its files, where a crawl lies.

    That is ``out``, which need not be there yet, and any folder that holds a crawl's database.
    """
    return any(
        any(map(_is_own, file.relative_to(folder).parts[: 2 if shared else 1]))
        for folder in file.parents
        if (shared := (folder / CLUSTER_FILE).exists()) or folder == out or (folder / DATABASE).exists()
    )  # a sink may be a folder, and nodes have one each


def _is_own(name: str) -> bool:
    """Whether a crawl gives that name to a file, or a folder, in its output folder."""
    if name.startswith("records") or is_trace_file(name):
        return True
    for end in _BESIDE_A_DATABASE:
        name = name.removesuffix(end)
    return any(generation_of(name, own) for own in _OF_THE_CRAWL)


@contextmanager
def opened(path: Path | None, *, for_people: bool = False) -> Iterator[TextIO]:
    r"""What a report is written to, in UTF-8; the file is replaced when the block has ended without error.

    What UTF-8 cannot hold (half a character, from a file's name) is written as ``\udc..``. Standard output
    keeps its own encoding ``for_people``. A device or a pipe is written as it is. Raises OSError; an older
    report is then still there.
    """
    if path is None:
        with _standard_output(None if for_people else "utf-8") as stream:
            yield stream
        return
    if not _is_replaced(path):
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    with whole_file(target, _half(target), errors="backslashreplace", newline="") as stream:
        yield stream


def _is_replaced(path: Path) -> bool:
    """Whether it is a plain file, or will be one; ``/dev/null`` or a named pipe is not."""
    return not path.exists() or stat.S_ISREG(path.stat().st_mode)


def _half(target: Path) -> Path:
    return target.with_name(f".report-{os.getpid()}-{next(_numbers)}.tmp")  # several may be open at once


@contextmanager
def _standard_output(encoding: str | None) -> Iterator[TextIO]:
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):  # somebody collects it
        yield stream
        return
    before = stream.encoding, stream.errors
    stream.reconfigure(encoding=encoding, errors="backslashreplace")
    try:
        yield stream
        stream.flush()
    finally:
        with suppress(OSError):  # of a closed pipe, which was raised by then
            stream.reconfigure(encoding=before[0], errors=before[1])
