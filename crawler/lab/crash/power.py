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
from crawler.model.generations import database_of
from crawler.sinks import SINKS
from crawler.sinks.appended_file import AppendedFile
from crawler.sinks.base import Sink
from crawler.sinks.sqlite import SqliteSink

Damage = Callable[[Path, int, Random], None]
"""What is done to a generation in an output folder."""

UNCHECKPOINTED = 1000 * 4096
"""Bytes of a write-ahead log below which SQLite has moved none of it into the database by itself."""


def cut_file(sink: type[Sink]) -> Damage:
    """The sink's file ends somewhere before its position, mostly within a record."""

    def cut(out: Path, generation: int, chance: Random) -> None:
        held = positions(out, generation).get(sink.name, [0])
        size = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
        with (out / sink.file_of(generation)).open("r+b") as file:
            file.truncate(size)

    return cut


def garble_file(sink: type[Sink]) -> Damage:
    """The sink's file got longer, but what was appended last never reached the disk: zeros, half a record."""

    def garble(out: Path, generation: int, chance: Random) -> None:
        with (out / sink.file_of(generation)).open("ab") as file:
            file.write(bytes(chance.randint(1, 5000)) if chance.random() < 0.5 else b'{"url":"http://half')

    return garble


def delete_rows(sink: type[SqliteSink]) -> Damage:
    """The sink's database lost its last transactions."""

    def delete(out: Path, generation: int, chance: Random) -> None:
        held = positions(out, generation).get(sink.name, [0])
        keep = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
        with closing(sqlite3.connect(out / sink.file_of(generation))) as db, db:
            db.execute(f"DELETE FROM {sink.table} WHERE id > ?", (keep,))  # noqa: S608

    return delete


def cut_log(out: Path, generation: int, chance: Random) -> None:
    """``crawl.db``, which does not sync every commit, lost the end of its write-ahead log."""
    database = database_of(generation)
    (out / f"{database}-shm").unlink(missing_ok=True)
    log = out / f"{database}-wal"
    if log.exists() and log.stat().st_size < UNCHECKPOINTED:
        with log.open("r+b") as file:
            file.truncate(chance.randint(0, log.stat().st_size))


def everything(sinks: Iterable[str]) -> Damage:
    """All of it at once, to all of these sinks that are one file."""

    def damage(out: Path, generation: int, chance: Random) -> None:
        for kind in (SINKS[sink] for sink in sinks if (out / SINKS[sink].file_of(generation)).exists()):
            if issubclass(kind, AppendedFile):
                cut_file(kind)(out, generation, chance)
            elif issubclass(kind, SqliteSink):
                delete_rows(kind)(out, generation, chance)
        cut_log(out, generation, chance)

    return damage
