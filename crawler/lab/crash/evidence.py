"""What an output folder holds after a kill or at the end, read without disturbing it."""

import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from crawler.lab.crash.judges import heard, judge_of
from crawler.lab.graph_site import GraphSite
from crawler.model.generations import database_of
from crawler.model.outcomes import Purpose
from crawler.model.record import decode
from crawler.sinks import SINKS
from crawler.sinks.facts import FactsSink


@dataclass(frozen=True)
class Held:
    """What a crawl may rely on at this moment."""

    safe: frozenset[str] = frozenset()
    """URLs that are done, in a batch that every sink holds whole: never to be fetched again."""
    leftovers: str | None = None
    """The crawl's own note of what it would leave in the system."""


def look(out: Path, generation: int = 1) -> Held:
    """What OUT holds of a generation now, its process being dead. Blocks."""
    if not (out / database_of(generation)).exists():
        return Held()
    with _copy(out, database_of(generation)) as db:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            return Held()
        meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
        whole = []
        for (sink,) in db.execute("SELECT DISTINCT sink FROM batches").fetchall():
            query = "SELECT coalesce(max(n), 0) FROM batches WHERE sink = ? AND position <= ?"
            whole.append(db.execute(query, (sink, length(out, sink, generation))).fetchone()[0])
        last = min(whole, default=0)
        urls = db.execute("SELECT url FROM urls WHERE state <> 0 AND batch <= ?", (last,)).fetchall()
    return Held(frozenset(url for (url,) in urls), meta.get("leftovers"))


def length(out: Path, sink: str, generation: int = 1) -> int:
    """What a sink holds, in the unit of its positions, as it would find it when it is opened."""
    kind = SINKS[sink]
    with _copied(out, kind.file_of(generation)) as path:
        if not path.exists():
            return 0
        opened = kind()
        try:
            return opened.open(path)
        finally:
            opened.close()


def positions(out: Path, generation: int = 1) -> dict[str, list[int]]:
    """The position of each sink after each committed batch, in order; first, where it began if not at 0."""
    found: dict[str, list[int]] = {}
    with _copy(out, database_of(generation)) as db:
        for sink, position in db.execute("SELECT sink, position FROM batches ORDER BY n"):
            found.setdefault(sink, []).append(position)
    return found


def begins(out: Path, generation: int) -> dict[str, int]:
    """Where a generation begins in the sinks that have one file for all."""
    with _copy(out, database_of(generation)) as db:
        return dict(db.execute("SELECT sink, position FROM batches WHERE n = 0").fetchall())


def answers(out: Path, generation: int = 1) -> list[tuple[str, int]]:
    """The URLs in ``facts.db``, in order, each with its purpose; empty where there is no table yet."""
    with _copy(out, FactsSink.file_of(generation)) as db:
        if not db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'answers'").fetchone()[0]:
            return []
        return db.execute("SELECT url, purpose FROM answers ORDER BY id").fetchall()


@dataclass
class Sound:
    """What is wrong with the output of a crawl that has ended."""

    lost: int = 0
    twice: int = 0
    wrongs: list[str] = field(default_factory=list)
    """Everything else, one sentence each."""


def examine(out: Path, site: GraphSite, sinks: Sequence[str], generation: int = 1) -> Sound:
    """Whether each URL of ``site`` is once in every sink, in this generation, and everything is whole."""
    sound, urls = Sound(), site.urls
    held = {
        sink: _recorded(out, sink, site, generation, sound) for sink in sinks if SINKS[sink].holds_records
    }
    if FactsSink.name in sinks:
        found = answers(out, generation)
        held[FactsSink.name] = [url for url, purpose in found if purpose <= Purpose.SITEMAP]
        others = Counter(url for url, purpose in found if purpose > Purpose.SITEMAP)
        if not others or others.total() > len(others):
            sound.wrongs.append(f"facts.db does not hold every target once: {others.most_common(3)}")
    for sink, recorded in held.items():
        counts = Counter(recorded)
        sound.lost += len(urls - counts.keys())
        sound.twice += sum(n - 1 for n in counts.values())
        if counts.keys() - urls:
            sound.wrongs.append(f"{sink} holds what is no page: {sorted(counts.keys() - urls)[:3]}")
        if recorded != held[sinks[0]]:
            sound.wrongs.append(f"{sinks[0]} and {sink} hold their records in different orders")
    for path in out.glob("*.db"):
        with _copy(out, path.name) as db:
            if (said := db.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
                sound.wrongs.append(f"{path.name} is damaged: {said}")
    _examine_summary(out, site, generation, FactsSink.name in sinks, sound)
    return sound


def _examine_summary(out: Path, site: GraphSite, generation: int, has_targets: bool, sound: Sound) -> None:
    try:
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        wanted = {"ok": len(site.urls), "pending": 0, "state": "finished", "generation": generation}
        if (told := {key: summary[key] for key in wanted}) != wanted:
            sound.wrongs.append(f"summary.json says {told}")
        if has_targets and any(ends["pending"] for ends in summary["targets"].values()):
            sound.wrongs.append(f"summary.json says of targets {summary['targets']}")
        changes = summary["changes"] or {"unchanged": None}
        if generation > 1 and changes["unchanged"] != len(site.staying):
            sound.wrongs.append(f"summary.json says of changes {changes}")
    except (OSError, ValueError) as error:
        sound.wrongs.append(f"summary.json cannot be read: {error}")


def _recorded(out: Path, sink: str, site: GraphSite, generation: int, sound: Sound) -> list[str]:
    """The URLs of a generation's records in a sink, in order.

    They are given as the sink's judge reads them, which is to be as it reads itself.
    """
    kind, judge = SINKS[sink], judge_of(sink)
    begin = begins(out, generation).get(sink, 0)
    with _copied(out, kind.file_of(generation)) as path:
        records, complaint = heard(decode(line) for line in kind.read(path, begin=begin))
        if complaint is not None:
            sound.wrongs.append(f"{path.name} is damaged, as its own reader says: {complaint}")
        sound.wrongs += [
            f"{record.url} is recorded in {sink} as {record.outcome}, {record.kind}, generation"
            f" {record.generation}, {'unchanged' if record.unchanged else 'changed'}"
            for record in records
            if (record.outcome, record.generation, record.unchanged)
            != ("ok", generation, generation > 1 and record.url in site.staying)
        ]
        urls = [record.url for record in records]
        earlier = [decode(line).url for line in kind.read(path, begin)] if begin else []
        if judge is None:
            return urls
        judged, complaint = heard(judge.urls_in(path))
    if complaint is not None:
        sound.wrongs.append(f"{path.name} is damaged, as its judge says: {complaint}")
    if judge.sees_more:
        seen = set(urls)
        judged = [url for url in judged if url in seen]
    if Counter(judged) != Counter(earlier + urls):
        sound.wrongs.append(f"{sink} and its judge read different records")
    return urls if judge.sees_more else judged[len(earlier) :]


@contextmanager
def _copied(out: Path, name: str) -> Iterator[Path]:
    """A copy of a sink's file or folder, with what lies beside it: to open a sink may be to mend it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (*out.glob(f"{name}*"), *out.glob(f".{name}*")):
            if path.is_dir():
                shutil.copytree(path, Path(folder) / path.name)
            elif not path.name.endswith((".lock", "-shm")):
                shutil.copy(path, folder)
        yield Path(folder) / name


@contextmanager
def _copy(out: Path, name: str) -> Iterator[sqlite3.Connection]:
    """A connection to a copy: to open a database is to recover it, which is the crawl's own business."""
    with _copied(out, name) as path, closing(sqlite3.connect(path)) as db:
        yield db
