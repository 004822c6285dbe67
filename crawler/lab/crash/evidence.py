"""What an output folder holds after a kill or at the end, read without disturbing it."""

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from crawler.model.outcomes import Purpose
from crawler.model.record import decode


@dataclass(frozen=True)
class Held:
    """What a crawl may rely on at this moment."""

    safe: frozenset[str] = frozenset()
    """URLs that are done, in a batch that every sink holds whole: never to be fetched again."""
    leftovers: str | None = None
    """The crawl's own note of what it would leave in the system."""


def look(out: Path) -> Held:
    """What OUT holds now, its process being dead. Blocks."""
    if not (out / "crawl.db").exists():
        return Held()
    with _copy(out, "crawl.db") as db:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            return Held()
        meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
        whole = []
        for (sink,) in db.execute("SELECT DISTINCT sink FROM batches").fetchall():
            query = "SELECT coalesce(max(n), 0) FROM batches WHERE sink = ? AND position <= ?"
            whole.append(db.execute(query, (sink, length(out, sink))).fetchone()[0])
        last = min(whole, default=0)
        urls = db.execute("SELECT url FROM urls WHERE state <> 0 AND batch <= ?", (last,)).fetchall()
    return Held(frozenset(url for (url,) in urls), meta.get("leftovers"))


def length(out: Path, sink: str) -> int:
    """What a sink holds, in the unit of its positions."""
    if sink == "jsonl":
        return len(_lines(out))
    return len(rows(out)) if sink == "sqlite" else len(answers(out))


def positions(out: Path) -> dict[str, list[int]]:
    """The position of each sink after each committed batch, in order."""
    found: dict[str, list[int]] = {}
    with _copy(out, "crawl.db") as db:
        for sink, position in db.execute("SELECT sink, position FROM batches ORDER BY n"):
            found.setdefault(sink, []).append(position)
    return found


def rows(out: Path) -> list[str]:
    """The URLs in ``records.db``, in order; empty where there is no table yet."""
    return [url for (url,) in _selected(out, "records.db", "records", "SELECT url FROM records ORDER BY id")]


def answers(out: Path) -> list[tuple[str, int]]:
    """The URLs in ``facts.db``, in order, each with its purpose; empty where there is no table yet."""
    return _selected(out, "facts.db", "answers", "SELECT url, purpose FROM answers ORDER BY id")


def _selected(out: Path, name: str, table: str, query: str) -> list[Any]:
    with _copy(out, name) as db:
        if not db.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]:
            return []
        return db.execute(query).fetchall()


@dataclass
class Sound:
    """What is wrong with the output of a crawl that has ended."""

    lost: int = 0
    twice: int = 0
    wrongs: list[str] = field(default_factory=list)
    """Everything else, one sentence each."""


def examine(out: Path, urls: set[str], sinks: tuple[str, ...]) -> Sound:
    """Whether each of ``urls`` is in every sink once, and everything is whole."""
    sound = Sound()
    lines: list[str] = []
    for line in _lines(out).splitlines(keepends=True):
        try:
            if not line.endswith(b"\n"):
                raise ValueError("no line end")
            record = decode(line)
            lines.append(record.url)
            if record.outcome != "ok":
                sound.wrongs.append(f"{record.url} is recorded as {record.outcome}, {record.kind}")
        except (ValueError, msgspec.MsgspecError) as error:
            sound.wrongs.append(f"a broken line in records.jsonl: {error}")
    held = {"jsonl": lines, "sqlite": rows(out) if "sqlite" in sinks else lines}
    if "facts" in sinks:
        found = answers(out)
        held["facts"] = [url for url, purpose in found if purpose <= Purpose.SITEMAP]
        others = Counter(url for url, purpose in found if purpose > Purpose.SITEMAP)
        if not others or others.total() > len(others):
            sound.wrongs.append(f"facts.db does not hold every target once: {others.most_common(3)}")
    for sink in sinks:
        counts = Counter(held[sink])
        sound.lost += len(urls - counts.keys())
        sound.twice += sum(n - 1 for n in counts.values())
        if counts.keys() - urls:
            sound.wrongs.append(f"{sink} holds what is no page: {sorted(counts.keys() - urls)[:3]}")
    if any(held["jsonl"] != urls_of_sink for urls_of_sink in held.values()):
        sound.wrongs.append("the sinks hold their records in different orders")
    for path in out.glob("*.db"):
        with _copy(out, path.name) as db:
            if (said := db.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
                sound.wrongs.append(f"{path.name} is damaged: {said}")
    try:
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        wanted = {"ok": len(urls), "pending": 0, "state": "finished"}
        if (told := {key: summary[key] for key in wanted}) != wanted:
            sound.wrongs.append(f"summary.json says {told}")
        if "facts" in sinks and any(ends["pending"] for ends in summary["targets"].values()):
            sound.wrongs.append(f"summary.json says of targets {summary['targets']}")
    except (OSError, ValueError) as error:
        sound.wrongs.append(f"summary.json cannot be read: {error}")
    return sound


def _lines(out: Path) -> bytes:
    path = out / "records.jsonl"
    return path.read_bytes() if path.exists() else b""


@contextmanager
def _copy(out: Path, name: str) -> Iterator[sqlite3.Connection]:
    """A connection to a copy: to open a database is to recover it, which is the crawl's own business."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            if (out / f"{name}{suffix}").exists():
                shutil.copy(out / f"{name}{suffix}", folder)
        db = sqlite3.connect(Path(folder) / name)
        try:
            yield db
        finally:
            db.close()
