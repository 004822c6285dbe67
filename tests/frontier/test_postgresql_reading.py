"""How a node reads the URLs back whose text it does not have in memory."""

import asyncio

import pytest

from crawler.frontier.postgresql import loading
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
