"""The copy of a crawl in PostgreSQL: a ``crawl.db`` as of one machine's crawl, with the table ``parts``."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from crawler.cluster.copied_tables import (
    BATCHES,
    FIRST_ROWS,
    LANES,
    OF_BATCHES,
    OF_LANES,
    OF_URLS,
    URLS,
    Row,
    Table,
)
from crawler.cluster.shared_folder import as_json
from crawler.frontier.parts import PARTS
from crawler.frontier.postgresql import crawl, membership
from crawler.frontier.postgresql.connecting import Connection, connect
from crawler.frontier.postgresql.place import Place
from crawler.frontier.postgresql.refusals import FAILURES, explain
from crawler.frontier.postgresql.schema import LANE_BITS
from crawler.frontier.rows import set_meta
from crawler.frontier.schema import SCHEMA_VERSION, TABLES
from crawler.model.cluster import CLUSTER_ENTRY, DISCOVERED_ENTRY, NODES_ENTRY
from crawler.model.errors import OutputError

ROWS = 5_000
"""In memory at once."""
LANES_AT_ONCE = 200
"""Likewise; each may have a long robots.txt."""
_NODES = """
SELECT id, name, host, joined_at, left_at, end_state, seen_at, pages, disk_lost, retried,
    (SELECT coalesce(max(n), 0) FROM batches b WHERE b.node = nodes.id AND NOT disk_lost) AS batches
FROM nodes ORDER BY id
"""


def copy(place: Place, path: Path, out: Path) -> None:
    """Copy the crawl as it is at one moment to ``path``, a new file, for the output folder ``out``; blocks.

    Raises OutputError, StoreFailed, sqlite3.Error.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as lite, asyncio.Runner() as runner:
        # Nobody misses it if it is not whole: so there is no journal, and nothing is synced.
        lite.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {TABLES} {PARTS}")
        db = runner.run(connect(place, read_only=True))
        try:
            with _one_moment(runner, db):
                lite.execute("BEGIN")
                _Copy(lite, runner, db).run(place, out)
                lite.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                lite.execute("COMMIT")
        except FAILURES as error:
            raise explain(place, error) from error
        finally:
            db.terminate()


@contextmanager
def _one_moment(runner: asyncio.Runner, db: Connection) -> Iterator[None]:
    transaction = db.transaction(isolation="repeatable_read", readonly=True)
    runner.run(transaction.start())
    # As it is so much at once: room for sorting, and nothing is compiled for it.
    runner.run(db.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"))
    yield
    runner.run(transaction.rollback())


class _Copy:
    """From one database to the other. The loop runs only while rows are waited for, since SQLite blocks."""

    def __init__(self, lite: sqlite3.Connection, runner: asyncio.Runner, db: Connection) -> None:
        self._lite, self._runner, self._db = lite, runner, db

    def run(self, place: Place, out: Path) -> None:
        meta = self._runner.run(crawl.read_meta(self._db, place))
        if not meta:
            raise OutputError(f"there is no crawl {place.name} at {place.frontier}")
        nodes = [dict(row) for row in self._runner.run(self._db.fetch(_NODES))]
        firsts, last = self._number(nodes)
        self._stream(FIRST_ROWS, OF_BATCHES, firsts)
        self._stream(BATCHES, OF_BATCHES, firsts)
        self._stream(LANES, OF_LANES, LANE_BITS, most=LANES_AT_ONCE)
        self._stream(URLS, OF_URLS, firsts)
        seen = self._runner.run(membership.look(self._db))
        discovered = self._runner.run(self._db.fetchval("SELECT coalesce(sum(urls), 0) FROM partitions"))
        state = "stopped" if seen.state == "running" and not seen.alive else seen.state
        set_meta(
            self._lite,
            {key: value for key, value in meta.items() if key not in ("version", "partitions")}
            | {
                "settings": _settings(meta, out),
                "state": state,
                "runs": "1",
                "batch": str(last),
                CLUSTER_ENTRY: as_json(place),
                NODES_ENTRY: json.dumps(nodes),
                DISCOVERED_ENTRY: str(discovered),
            },
        )

    def _number(self, nodes: Sequence[Mapping[str, Any]]) -> tuple[list[int | None], int]:
        """Number all batches through: what comes before those of each incarnation, and the last number."""
        firsts: list[int | None] = [None] * max((node["id"] for node in nodes), default=0)
        at = last = 0
        for node in nodes:
            if node["batches"]:
                firsts[node["id"] - 1] = at
                last = at + node["batches"]
                self._lite.execute(
                    "INSERT INTO parts VALUES (?, ?, ?)", (f"{node['name']}-{node['id']}", at, last)
                )
                at = last + 1
        return firsts, last

    def _stream(self, query: str, tables: Sequence[Table], *arguments: Any, most: int = ROWS) -> None:
        for rows in self._read(query, arguments, most):
            for table in tables:
                self._lite.executemany(table.insert, table.of(rows))

    def _read(self, query: str, arguments: Sequence[Any], most: int) -> Iterator[Sequence[Row]]:
        async def opened() -> Any:
            return await self._db.cursor(query, *arguments)

        async def asked() -> "asyncio.Task[Sequence[Row]]":
            task: asyncio.Task[Sequence[Row]] = asyncio.ensure_future(cursor.fetch(most))
            await asyncio.sleep(0)  # it is sent
            return task

        async def answered(task: "asyncio.Task[Sequence[Row]]") -> Sequence[Row]:
            return await task

        cursor = self._runner.run(opened())
        ahead = self._runner.run(asked())
        while rows := self._runner.run(answered(ahead)):
            ahead = self._runner.run(asked())  # the server works at the next ones meanwhile
            yield rows


def _settings(meta: Mapping[str, str], out: Path) -> str:
    """As the node that began the crawl saved them, but for the folder: that is this one here."""
    return json.dumps(json.loads(meta["settings"]) | {"out": str(out)})
