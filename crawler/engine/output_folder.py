"""The output folder itself: its name, its lock, what is kept in it only for a while. Everything blocks."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.model.errors import OutputBusyError, OutputError
from crawler.plumbing.file_lock import FileLock, LockBusy

SPOOL = "spool"
"""Folder in OUT for bodies on their way to a parser; emptied at each start and end."""


def new_folder(seeds: tuple[str, ...], parent: Path = Path("crawls")) -> Path:
    """Make ``crawls/HOST-UTCTIME``, under a name that nothing has yet. Raises OutputError."""
    host = re.sub(r"[^\w.-]+", "-", urlsplit(seeds[0]).netloc.rpartition("@")[2]).strip("-")
    name = f"{host}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    for n in range(1, 1000):
        path = parent / (name if n == 1 else f"{name}-{n}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputError(f"{path} cannot be made: {error.strerror or error}") from error
        return path
    raise OutputError(f"{parent} holds a thousand folders named {name} already")


@contextlib.contextmanager
def output_folder(out: Path) -> Iterator[None]:
    """OUT, made if need be and locked against a second crawl. Raises OutputError, OutputBusyError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / "crawl.lock")
        lock.acquire(timeout=0.0)
    except LockBusy as busy:
        raise OutputBusyError(f"{out} is in use by another crawl, pid {busy.pid}") from None
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    try:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        (out / SPOOL).mkdir()
        yield
    finally:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        lock.release()


def read_summary(out: Path) -> dict[str, Any]:
    """The summary.json of OUT; empty where there is none."""
    try:
        summary: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary
