"""A crawl of several nodes as it may stand in PostgreSQL, with the records that they have written."""

import json
from pathlib import Path
from typing import Any

import asyncpg

from crawler.config import Config
from crawler.engine.recipe import recipe_of
from crawler.frontier.postgresql import crawl
from crawler.frontier.postgresql.connecting import Place, connect
from crawler.frontier.postgresql.saving import signed
from crawler.frontier.postgresql.schema import ID_BITS, LANE_BITS
from crawler.model.outcomes import State
from crawler.rules.dedup import fingerprint

URL_COLUMNS = ("id", "mark", "lane", "referrer", "depth", "purpose", "indexes", "url", "redirects")
DONE_COLUMNS = (
    "id", "near_hash", "fetched_at", "node", "batch", "out_of_scope", "too_deep", "nofollow", "status",
    "attempts", "state", "kind", "target", "message", "extract", "login",
    "etag", "last_modified", "accept_encoding", "content_hash",
)  # fmt: skip
SEED = 12_345
STARTED, ENDED = "2026-11-28T10:00:00Z", "2026-11-28T10:01:40Z"
ORIGINS = ("http://127.0.0.1:8001", "http://127.0.0.1:8002")
PARTITIONS = (3, 200)
"""Of the two origins."""
CONTENT = bytes(range(16))


def url_id(part: int, n: int) -> int:
    return PARTITIONS[part] << ID_BITS | n


def record(url: str, **more: Any) -> bytes:
    base = {"url": url, "final_url": url, "outcome": "ok", "kind": None, "status": 200, "links": []}
    return json.dumps(base | more).encode() + b"\n"


class Filled:
    """Two nodes, ``red`` in two incarnations; six URLs on two hosts, of which one is pending.

    red-1 has two batches (a, b and c), blue-2 one (d, an error), red-3 one (e, a redirect to f).
    """

    def __init__(self, database: str, name: str = "books") -> None:
        self.place = Place(database, name)
        self.urls = [f"{ORIGINS[0]}/{page}" for page in "abc"] + [f"{ORIGINS[1]}/{page}" for page in "def"]
        self.ids = [url_id(0, n) for n in (1, 2, 3)] + [url_id(1, n) for n in (1, 2, 3)]
        self.config = Config().replace(
            {"seeds": [self.urls[0]], "out": "elsewhere", "write.sinks": ["jsonl"]}
        )

    @property
    def records(self) -> dict[str, list[bytes]]:
        """By folder, in their order."""
        a, b, c, d, e, _ = self.urls
        return {
            "red-1": [record(a, links=[b, d]), record(b), record(c)],
            "blue-2": [record(d, outcome="error", kind="http_status", status=404, message="404 Not Found")],
            "red-3": [record(e, outcome="skipped", kind="redirected", status=301, final_url=self.urls[5])],
        }

    def write(self, out: Path) -> None:
        """The records, each incarnation's with more behind them than is committed."""
        for folder, lines in self.records.items():
            (out / folder).mkdir(parents=True)
            (out / folder / "records.jsonl").write_bytes(b"".join(lines) + record("http://127.0.0.1/never"))

    async def fill(self, *, state: str = "finished") -> None:
        db = await connect(self.place)
        try:
            async with db.transaction():
                await self._fill(db, state)
        finally:
            await db.close()

    async def _fill(self, db: Any, state: str) -> None:
        meta = {
            "settings": self.config.to_json(), "recipe": recipe_of(self.config, None), "hash_seed": str(SEED),
            "started_at": STARTED, "logins": "[]", "partitions": "256",
        }  # fmt: skip
        await crawl.create(db, self.place, meta, 256)
        await db.execute("UPDATE meta SET value = $1 WHERE key = 'state'", state)
        if state == "finished":
            await db.execute("INSERT INTO meta VALUES ('ended_at', $1)", ENDED)
        for name, left, end, pages in (
            ("red", 150.0, "lost", 3),
            ("blue", None, None, 1),
            ("red", 200.0, "finished", 0),
        ):
            await db.execute(
                "INSERT INTO nodes (name, host, pid, joined_at, left_at, end_state, seen_at, pages, live)"
                " VALUES ($1, 'here', 1, 100, $2, $3, 200, $4, '{}')",
                name, left, end, pages,
            )  # fmt: skip
        lanes = [part << LANE_BITS | 1 for part in PARTITIONS]
        await db.execute(
            "INSERT INTO lanes (id, origin, crawl_delay, robots_status, robots_body, robots_at, per_host,"
            " delay, slots_now, delay_now, slow, requests, failures, peak, smallest_gap, last_start)"
            " VALUES ($1, $2, 1.5, 200, 'User-agent: *', 100, 2, 0.5, 2, 0.5, 1, 4, 1, 2, 0.5, 150)",
            lanes[0], ORIGINS[0],
        )  # fmt: skip
        await db.execute("INSERT INTO lanes (id, origin) VALUES ($1, $2)", lanes[1], ORIGINS[1])
        a = self.ids[0]
        referrers = (None, a, a, a, a, self.ids[4])
        rows = [
            (row, signed(fingerprint(url, SEED)), lanes[at >= 3], referrer, int(at > 0), 0, 0, url,
             b'[{"url":"x","status":301,"location":"y"}]' if at == 5 else None)
            for at, (row, url, referrer) in enumerate(zip(self.ids, self.urls, referrers, strict=True))
        ]  # fmt: skip
        await db.copy_records_to_table("urls", records=rows, columns=URL_COLUMNS)
        await db.execute("INSERT INTO retries VALUES ($1, 2, 1234.5), ($2, 1, 99)", self.ids[5], self.ids[1])
        missing: dict[str, Any] = {"status": 404, "message": "404 Not Found", "fetched_at": None}
        moved: dict[str, Any] = {"status": 301, "target": self.urls[5], "fetched_at": None}
        done = [
            self._done(0, 1, 1, State.OK),
            self._done(1, 1, 1, State.OK, login="Log in", attempts=2),
            self._done(2, 1, 2, State.OK),
            self._done(3, 2, 1, State.ERROR, kind="http_status", **missing),
            self._done(4, 3, 1, State.SKIPPED, kind="redirected", **moved),
        ]
        await db.copy_records_to_table("done", records=done, columns=DONE_COLUMNS)
        lengths = {folder: [len(line) for line in lines] for folder, lines in self.records.items()}
        red, blue, again = lengths.values()
        await db.execute(
            "INSERT INTO batches VALUES (1, 1, 'jsonl', $1), (1, 2, 'jsonl', $2), (2, 1, 'jsonl', $3),"
            " (3, 1, 'jsonl', $4)",
            sum(red[:2]), sum(red), sum(blue), sum(again),
        )  # fmt: skip
        await db.execute("UPDATE partitions SET urls = 3, done = 3 WHERE n = $1", PARTITIONS[0])
        await db.execute("UPDATE partitions SET urls = 3, done = 2, owner = 2 WHERE n = $1", PARTITIONS[1])

    def _done(self, at: int, node: int, batch: int, state: State, **more: Any) -> tuple[Any, ...]:
        row = dict.fromkeys(DONE_COLUMNS) | {
            "id": self.ids[at], "near_hash": -5 - at, "fetched_at": 120.5, "node": node, "batch": batch,
            "out_of_scope": 1, "too_deep": 0, "nofollow": 2, "attempts": 1, "state": int(state),
            "etag": '"x"', "accept_encoding": "gzip", "content_hash": CONTENT,
        } | more  # fmt: skip
        return tuple(row.values())


async def fetch(place: Place, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What a query over the crawl's tables finds."""
    db = await asyncpg.connect(place.frontier, server_settings={"search_path": place.schema})
    try:
        return [tuple(row) for row in await db.fetch(query, *arguments)]
    finally:
        await db.close()
