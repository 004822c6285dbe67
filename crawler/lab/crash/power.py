"""What a power loss does to an output folder whose processes are dead, as far as a program can imitate it.

A disk that was honest about its syncs loses only what came after the last one. These losses go
further: they take records that ``crawl.db`` already counts, as a disk that lies would.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from random import Random

from crawler.lab.crash.evidence import positions
from crawler.sinks import SINKS
from crawler.sinks.appended_file import AppendedFile
from crawler.sinks.base import Sink
from crawler.sinks.sqlite import SqliteSink

Damage = Callable[[Path, Random], None]
"""What is done to an output folder."""

UNCHECKPOINTED = 1000 * 4096
"""Bytes of a write-ahead log below which SQLite has moved none of it into the database by itself."""


def cut_file(sink: type[Sink]) -> Damage:
    """The sink's file ends somewhere before its position, mostly within a record."""

    def cut(out: Path, chance: Random) -> None:
        held = positions(out).get(sink.name, [0])
        size = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
        with (out / sink.file_name).open("r+b") as file:
            file.truncate(size)

    return cut


def garble_file(sink: type[Sink]) -> Damage:
    """The sink's file got longer, but what was appended last never reached the disk: zeros, half a record."""

    def garble(out: Path, chance: Random) -> None:
        with (out / sink.file_name).open("ab") as file:
            file.write(bytes(chance.randint(1, 5000)) if chance.random() < 0.5 else b'{"url":"http://half')

    return garble


def delete_rows(sink: type[SqliteSink]) -> Damage:
    """The sink's database lost its last transactions."""

    def delete(out: Path, chance: Random) -> None:
        held = positions(out).get(sink.name, [0])
        keep = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
        with closing(sqlite3.connect(out / sink.file_name)) as db, db:
            db.execute(f"DELETE FROM {sink.table} WHERE id > ?", (keep,))  # noqa: S608

    return delete


def cut_log(out: Path, chance: Random) -> None:
    """``crawl.db``, which does not sync every commit, lost the end of its write-ahead log."""
    (out / "crawl.db-shm").unlink(missing_ok=True)
    log = out / "crawl.db-wal"
    if log.exists() and log.stat().st_size < UNCHECKPOINTED:
        with log.open("r+b") as file:
            file.truncate(chance.randint(0, log.stat().st_size))


def everything(sinks: Iterable[str]) -> Damage:
    """All of it at once, to all of these sinks that are one file."""

    def damage(out: Path, chance: Random) -> None:
        for kind in (SINKS[sink] for sink in sinks if (out / SINKS[sink].file_name).exists()):
            if issubclass(kind, AppendedFile):
                cut_file(kind)(out, chance)
            elif issubclass(kind, SqliteSink):
                delete_rows(kind)(out, chance)
        cut_log(out, chance)

    return damage
