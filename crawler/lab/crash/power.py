"""What a power loss does to an output folder whose processes are dead, as far as a program can imitate it.

A disk that was honest about its syncs loses only what came after the last one. These losses go
further: they take records that ``crawl.db`` already counts, as a disk that lies would.
"""

import sqlite3
from pathlib import Path
from random import Random

from crawler.lab.crash.evidence import positions

UNCHECKPOINTED = 1000 * 4096
"""Bytes of a write-ahead log below which SQLite has moved none of it into the database by itself."""


def cut_jsonl(out: Path, chance: Random) -> None:
    """``records.jsonl`` ends somewhere before its position, mostly within a line."""
    held = positions(out).get("jsonl", [0])
    size = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
    with (out / "records.jsonl").open("r+b") as file:
        file.truncate(size)


def garble_jsonl(out: Path, chance: Random) -> None:
    """``records.jsonl`` got longer, but what was appended last never reached the disk: zeros, half a line."""
    with (out / "records.jsonl").open("ab") as file:
        file.write(bytes(chance.randint(1, 5000)) if chance.random() < 0.5 else b'{"url":"http://half')


def delete_rows(out: Path, chance: Random) -> None:
    """``records.db`` lost its last transactions."""
    _delete(out, chance, "sqlite", "records.db", "records")


def delete_answers(out: Path, chance: Random) -> None:
    """``facts.db`` lost its last transactions."""
    _delete(out, chance, "facts", "facts.db", "answers")


def _delete(out: Path, chance: Random, sink: str, name: str, table: str) -> None:
    held = positions(out).get(sink, [0])
    keep = chance.randint(held[len(held) // 3], max(held[-1] - 1, held[len(held) // 3]))
    db = sqlite3.connect(out / name)
    with db:
        db.execute(f"DELETE FROM {table} WHERE id > ?", (keep,))  # noqa: S608
    db.close()


def cut_log(out: Path, chance: Random) -> None:
    """``crawl.db``, which does not sync every commit, lost the end of its write-ahead log."""
    (out / "crawl.db-shm").unlink(missing_ok=True)
    log = out / "crawl.db-wal"
    if log.exists() and log.stat().st_size < UNCHECKPOINTED:
        with log.open("r+b") as file:
            file.truncate(chance.randint(0, log.stat().st_size))


def everything(out: Path, chance: Random) -> None:
    """All of it at once."""
    cut_jsonl(out, chance)
    delete_rows(out, chance)
    cut_log(out, chance)
