"""How a node reads the URLs back whose text it does not have in memory."""

import asyncio

import pytest

from crawler.frontier.postgresql import loading
from crawler.frontier.postgresql.connecting import Place, connect
from crawler.frontier.postgresql.crawl import create
from crawler.frontier.postgresql.storing import Storing
from tests.frontier import frontiers
from tests.frontier.frontiers import opened


@pytest.fixture(autouse=True)
def _store(database, monkeypatch):
    monkeypatch.setattr(frontiers, "store", frontiers.PostgresqlStore(database))


async def test_what_several_hosts_want_is_read_at_once_and_nothing_else_is_saved_for_it(
    tmp_path, monkeypatch
):
    urls = [f"http://h{host}.example/{page}" for host in range(8) for page in range(5)]
    async with opened(tmp_path) as frontier:
        await frontier.add(urls)
        await frontier.flush()
    reads, read = [], loading.load_tickets

    async def slow(db, ids):
        reads.append(len(ids))
        await asyncio.sleep(0.05)
        return await read(db, ids)

    saves, save = [], Storing._save

    async def saving(self, unsaved, commits):
        saves.append(len(unsaved.urls))
        await save(self, unsaved, commits)

    monkeypatch.setattr(loading, "load_tickets", slow)
    async with opened(tmp_path) as frontier:
        await frontier.add(["http://new.example/"])
        monkeypatch.setattr(Storing, "_save", saving)
        found = []
        while len(found) < 8:
            found += await frontier.pop(50)
        assert len(reads) == 2  # of the first host; meanwhile all others have asked
        assert sum(reads) == len(urls)
        assert saves == []


async def test_a_url_that_is_not_saved_yet_is_saved_before_it_is_read(tmp_path):
    async with opened(tmp_path) as frontier:
        frontier._lanes.max_tickets = 0
        await frontier.add(["http://a.example/"])
        (ticket,) = await frontier.pop(1)
        assert ticket.url == "http://a.example/"


async def test_a_read_that_fails_is_not_missed_by_those_who_waited_for_it(tmp_path, monkeypatch):
    read, reads = loading.load_tickets, []

    async def failing_once(db, ids):
        reads.append(len(ids))
        if len(reads) == 1:
            raise ValueError("once")
        return await read(db, ids)

    monkeypatch.setattr(loading, "load_tickets", failing_once)
    async with opened(tmp_path) as frontier:
        await frontier.add(["http://a.example/", "http://b.example/"])
        await frontier.flush()
        rows = list(frontier._lanes.tickets)
        calls = [frontier.load_tickets([row]) for row in rows]
        first, second = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(first, ValueError)
        assert [ticket.id for ticket in second] == rows[1:]
        assert reads == [1, 2]


async def test_a_partition_that_seems_empty_to_the_planner_is_not_read_as_if_it_were(database):
    place = Place(database, "full")
    db = await connect(place)
    try:
        meta = {"settings": "{}", "hash_seed": "1"}
        await create(db, place, meta, 3)
        for part, rows in ((1, 20_000), (2, 100)):  # ids have wide gaps: of the last, statistics say little
            await db.execute(
                "INSERT INTO urls SELECT $1::bigint << 40 | n, n, 1, NULL, 0, 0, 0, 'u', NULL"
                " FROM generate_series(1, $2) n",
                part,
                rows,
            )
            await db.execute(
                "INSERT INTO done SELECT $1::bigint << 40 | n, 0, 0, 1, 1, 0, 0, 0, 200, 1, 1"
                " FROM generate_series(1, $2) n",
                part,
                rows - 1,
            )
        await db.execute("UPDATE partitions SET urls = 2, done = 1 WHERE n > 0")
        await db.execute("ANALYZE")
        of_the_last = loading._PENDING.replace("$1", str(2 << 40)).replace("$2", str(3 << 40))
        async with db.transaction():
            loaded = await loading.load_parts(db, [1, 2], 1)
            plan = [line for (line,) in await db.fetch(f"EXPLAIN {of_the_last}")]
        assert not any("Nested Loop" in line for line in plan), plan
        pending = [[row for row, *_ in part.pending] for part in loaded]
        assert pending == [[(1 << 40) + 20_000], [(2 << 40) + 100]]
        assert [len(part.marks) // 8 for part in loaded] == [20_000, 100]
    finally:
        await db.close()
