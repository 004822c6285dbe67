"""A crawl of several nodes once it is gathered, made of ordinary crawls of disjoint parts of a site."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from crawler.frontier.parts import PARTS
from crawler.frontier.postgresql.schema import ID_BITS, LANE_BITS
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.cluster import CLUSTER_ENTRY, CLUSTER_FILE
from crawler.model.generations import DATABASE
from crawler.sinks import SINKS

CLUSTER = {"frontier": "postgresql://reader@db.example/crawls", "name": "books"}
NOT_OF_A_NODE = (DATABASE, "summary.json", "crawl.log")
"""What an ordinary crawl leaves beside its sinks."""


def gather(out: Path, folders: Sequence[str]) -> Path:
    """Make OUT/crawl.db of the crawls in ``folders`` of OUT, of which only what their sinks wrote stays."""
    with closing(sqlite3.connect(out / DATABASE, isolation_level=None)) as db:
        db.executescript(f"BEGIN; {TABLES} {PARTS} PRAGMA user_version = {SCHEMA_VERSION};")
        gathering = _Gathering(db)
        for folder in folders:
            with closing(sqlite3.connect(out / folder / DATABASE)) as part:
                part.row_factory = sqlite3.Row
                gathering.take_in(folder, part)
        gathering.note(out)
        db.execute("COMMIT")
    for folder in folders:
        for name in NOT_OF_A_NODE:
            (out / folder / name).unlink(missing_ok=True)
    (out / CLUSTER_FILE).write_text(json.dumps(CLUSTER))
    return out


class _Gathering:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._next_batch = 0
        self._urls: Counter[int] = Counter()
        """Of each partition, as many as were taken in."""
        self._lanes: dict[str, int] = {}
        self._meta: dict[str, str] = {}
        self._seeds: list[str] = []

    def take_in(self, folder: str, part: sqlite3.Connection) -> None:
        """All rows of one crawl, with other ids and numbers of batches."""
        partitions, lanes = {}, {}
        for row in part.execute("SELECT * FROM lanes"):
            partition = partitions[row["id"]] = row["partition"]
            lane = self._lanes.get(row["origin"])
            if lane is None:
                lane = self._lanes[row["origin"]] = partition << LANE_BITS | len(self._lanes) + 1
                self._insert("lanes", row, id=lane)
            lanes[row["id"]] = lane
        first = self._next_batch
        ids: dict[int | None, int | None] = {None: None}
        for row in part.execute("SELECT id, lane FROM urls ORDER BY id"):
            partition = partitions[row["lane"]]
            self._urls[partition] += 1
            ids[row["id"]] = partition << ID_BITS | self._urls[partition]
        for row in part.execute("SELECT * FROM urls"):
            batch = None if row["batch"] is None else first + row["batch"]
            changes = {"id": ids[row["id"]], "referrer": ids[row["referrer"]], "lane": lanes[row["lane"]]}
            self._insert("urls", row, **changes, batch=batch)
        for table in ("ends", "pages"):
            for row in part.execute(f"SELECT * FROM {table}"):
                self._insert(table, row, id=ids[row["id"]])
        last = first
        for row in part.execute("SELECT * FROM batches"):
            self._db.execute("INSERT OR IGNORE INTO batches VALUES (?, ?, 0)", (first, row["sink"]))
            self._insert("batches", row, n=first + row["n"])
            last = max(last, first + row["n"])
        self._db.execute("INSERT INTO parts VALUES (?, ?, ?)", (folder, first, last))
        self._next_batch = last + 1
        self._meta = dict(part.execute("SELECT key, value FROM meta").fetchall())
        self._seeds += json.loads(self._meta["settings"])["seeds"]

    def note(self, out: Path) -> None:
        """The entries of ``meta``."""
        meta = {key: self._meta[key] for key in ("started_at", "ended_at", "hash_seed", "recipe", "state")}
        settings = json.loads(self._meta["settings"]) | {"seeds": self._seeds, "out": str(out)}
        meta |= {"settings": json.dumps(settings), CLUSTER_ENTRY: json.dumps(CLUSTER)}
        self._db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())

    def _insert(self, table: str, row: sqlite3.Row, **changes: Any) -> None:
        values = {**row, **changes}
        marks = ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", values)


def write_on(folder: Path) -> None:
    """Have each sink of an ended crawl go on for one record that nobody commits, as of a killed node."""
    record = msgspec.json.decode((folder / "records.jsonl").read_bytes().splitlines()[-1])
    record["url"] += "uncommitted"
    line = msgspec.json.encode(record)
    for sink in (kind() for kind in SINKS.values() if kind.holds_records):
        item = msgspec.msgpack.encode((record["url"], line, [])) if sink.needs_answers else line
        sink.cut(sink.open(folder / sink.file_name))
        sink.write([item])
        sink.sync()
        sink.close()
