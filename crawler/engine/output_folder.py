"""The output folder itself: its name, its lock, what is kept in it only for a while. Everything blocks."""

import contextlib
import itertools
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.frontier.view import open_view
from crawler.model.errors import CrawlerError, OutputBusyError, OutputError
from crawler.plumbing.file_lock import FileLock, LockBusy
from crawler.plumbing.fork_server_process import remove_leftovers

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
    lock = _locked(out)
    try:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        (out / SPOOL).mkdir()
        yield
    finally:
        shutil.rmtree(out / SPOOL, ignore_errors=True)
        lock.release()


def move_aside(out: Path) -> Path | None:
    """Rename OUT where it holds a crawl, finished or not; its new name, None where there was nothing to move.

    A folder in which nothing was crawled keeps its name. Raises OutputError, OutputBusyError.
    """
    if not (out / "crawl.db").exists():
        return None
    if Path.cwd().is_relative_to(out.resolve()):
        raise OutputError(f"{out} cannot be moved aside: it is the folder from which this is run")
    lock = _locked(out)  # nobody else writes there
    try:
        # What a killed crawl has left in the system is removed by the next start, which will not see this.
        with contextlib.suppress(CrawlerError, KeyError, ValueError), open_view(out) as view:
            remove_leftovers(view.meta()["leftovers"])
        aside = _free_name(out)
        out.rename(aside)
        lock.path = aside / lock.path.name  # OUT may be another crawl's from now on
    except OSError as error:
        raise OutputError(f"{out} cannot be moved aside: {error.strerror or error}") from error
    finally:
        lock.release()
    return aside


def _free_name(out: Path) -> Path:
    name = f"{out.absolute().name}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}"
    names = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
    return next(path for one in names if not (path := out.with_name(one)).exists())


def _locked(out: Path) -> FileLock:
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / "crawl.lock")
        lock.acquire(timeout=0.0)
    except LockBusy as busy:
        raise OutputBusyError(f"{out} is in use by another crawl, pid {busy.pid}") from None
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    return lock
