"""A crawl that nodes share, gathered from PostgreSQL into one ``crawl.db`` that every command can read.

It is as one machine's crawl would have it, but for the table ``parts``: which of the batches lie in which
incarnation's folder. So export, status and diff need no network, and know nothing of nodes.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from crawler.cluster.shared_folder import read_cluster_file
from crawler.frontier.postgresql.place import Place
from crawler.frontier.schema import explain
from crawler.frontier.view import open_view
from crawler.model.cluster import NODES_ENTRY
from crawler.model.errors import CrawlerError, OutputBusyError, OutputError, StoreFailed
from crawler.model.generations import DATABASE
from crawler.plumbing.file_lock import FileLock, LockBusy
from crawler.sinks.disk import sync_folder

LONGEST = 3_600.0
"""Seconds for which one node waits until another has gathered."""


def gather(out: Path, place: Place) -> None:
    """Make ``crawl.db`` in OUT of the crawl as it stands, at one moment; blocks, and needs no other loop.

    What was there before is replaced when the new one is whole. Nodes that share OUT do it one after the
    other. Raises OutputError, StoreFailed.
    """
    lock = FileLock(out / "gathering.lock")
    try:
        lock.acquire(timeout=LONGEST)
    except LockBusy as busy:
        raise OutputBusyError(f"{out} is being gathered by pid {busy.pid}") from None
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    half = out / f"{DATABASE}.gathering"
    try:
        half.unlink(missing_ok=True)
        from crawler.cluster.copying import copy  # which needs asyncpg: to read what is gathered does not

        copy(place, half, out)
        with half.open("rb+") as file:
            os.fsync(file.fileno())
        # Never in WAL mode: whoever still reads the old one has no files beside it that would be taken for
        # the new one's.
        half.replace(out / DATABASE)
        sync_folder(out)
    except sqlite3.Error as error:
        raise explain(half, error) from error
    except OSError as error:
        raise StoreFailed(f"{out / DATABASE} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        lock.release()


def gathered(out: Path, tell: Callable[[str], None] | None = None) -> None:
    """For whoever reads OUT: see that its ``crawl.db`` is there and current; of an ordinary crawl it is.

    One that is over is as it is. Else it is gathered anew; where the database cannot be reached, an older
    ``crawl.db`` has to do, and ``tell`` (default: standard error) is told so.

    Raises OutputError, StoreFailed.
    """
    place = read_cluster_file(out)
    if place is None or _is_over(out):
        return
    try:
        gather(out, place)
    except CrawlerError as error:
        if not (out / DATABASE).exists():
            raise StoreFailed(
                f"{out} holds a crawl of several nodes that was never gathered: {error}"
            ) from error
        say = tell or _complain
        say(f"{out} is told of as it was when it was last gathered: {error}")


def _complain(line: str) -> None:
    with suppress(BrokenPipeError):
        sys.stderr.write(f"crawler: {line}\n")


def _is_over(out: Path) -> bool:
    """Whether ``crawl.db`` says so, and no folder is there of a node that has begun since."""
    if not (out / DATABASE).exists():
        return False
    with suppress(CrawlerError, ValueError, KeyError, TypeError), open_view(out) as view:
        meta = view.meta()
        newest = max((node["id"] for node in json.loads(meta[NODES_ENTRY])), default=0)
        since = [path for path in out.glob("*-*/") if path.name.rpartition("-")[2].isdecimal()]
        return meta["state"] == "finished" and all(
            int(path.name.rpartition("-")[2]) <= newest for path in since
        )
    return False
