"""A node whose disk is lost for good: its URLs are pending again, and nobody else's."""

import asyncio

import pytest

from crawler.model.errors import OutputError, UsageError
from tests.postgresql import require_asyncpg

require_asyncpg()

from crawler.cluster.losing import lose, told  # noqa: E402
from crawler.frontier.postgresql import membership  # noqa: E402
from crawler.frontier.postgresql.connecting import Place, connect  # noqa: E402
from tests.cluster.filled import PARTITIONS, Filled, fetch  # noqa: E402


@pytest.fixture
async def crawl(database: str) -> Filled:
    filled = Filled(database)
    await filled.fill()
    return filled


async def test_its_urls_are_pending_again(crawl: Filled) -> None:
    assert await asyncio.to_thread(lose, crawl.place, "red") == 4
    assert await fetch(crawl.place, "SELECT id, node FROM done") == [(crawl.ids[3], 2)]
    found = await fetch(
        crawl.place,
        "SELECT i.partition, i.again, i.url = u.url AND i.mark = u.mark AND i.depth = u.depth"
        " AND i.referrer IS NOT DISTINCT FROM u.referrer FROM inbox i JOIN urls u ON u.id = i.again"
        " ORDER BY i.id",
    )
    one, two = PARTITIONS
    assert found == [(one, row, True) for row in crawl.ids[:3]] + [(two, crawl.ids[4], True)]


async def test_the_counts_are_right_afterwards(crawl: Filled) -> None:
    await asyncio.to_thread(lose, crawl.place, "red")
    one, two = PARTITIONS
    counts = await fetch(crawl.place, "SELECT n, urls, done FROM partitions WHERE urls > 0 ORDER BY n")
    assert counts == [(one, 3, 0), (two, 3, 1)]
    nodes = await fetch(crawl.place, "SELECT name, disk_lost, pages, granted FROM nodes ORDER BY id")
    assert nodes == [("red", True, 0, 0), ("blue", False, 1, 0), ("red", True, 0, 0)]
    assert await fetch(crawl.place, "SELECT DISTINCT node FROM batches") == [(2,)]


async def test_a_crawl_that_was_finished_goes_on(crawl: Filled) -> None:
    await asyncio.to_thread(lose, crawl.place, "blue")
    meta = dict(await fetch(crawl.place, "SELECT key, value FROM meta"))
    assert meta["state"] == "running"
    assert "ended_at" not in meta


async def test_said_once_more_it_changes_nothing(crawl: Filled) -> None:
    await asyncio.to_thread(lose, crawl.place, "red")
    await fetch(crawl.place, "UPDATE meta SET value = 'finished' WHERE key = 'state'")
    assert await asyncio.to_thread(lose, crawl.place, "red") == 0
    assert len(await fetch(crawl.place, "SELECT FROM inbox")) == 4
    assert await fetch(crawl.place, "SELECT value FROM meta WHERE key = 'state'") == [("finished",)]


async def test_one_that_lives_is_refused(crawl: Filled) -> None:
    db = await connect(crawl.place)
    try:
        node = await membership.join(db, "red", "here", 1)
        await membership.enter(db, node)
        with pytest.raises(UsageError, match=f"node red lives, as red-{node}: .* stop it first"):
            await asyncio.to_thread(lose, crawl.place, "red")
        assert len(await fetch(crawl.place, "SELECT FROM done")) == 5
        assert await asyncio.to_thread(lose, crawl.place, "blue") == 1, "which is another"
    finally:
        await db.close()


async def test_one_that_is_about_to_begin_keeps_its_disk(crawl: Filled) -> None:
    """It has joined, and has no lock yet: what it will record must count."""
    await fetch(crawl.place, "INSERT INTO nodes (name, host, pid, joined_at) VALUES ('red', 'here', 1, 300)")
    assert await asyncio.to_thread(lose, crawl.place, "red") == 4
    assert await fetch(crawl.place, "SELECT id FROM nodes WHERE disk_lost ORDER BY id") == [(1,), (3,)]


async def test_a_name_that_there_is_not(crawl: Filled) -> None:
    with pytest.raises(UsageError, match="crawl books has no node green; its nodes are: blue, red"):
        await asyncio.to_thread(lose, crawl.place, "green")
    with pytest.raises(OutputError, match="there is no crawl films at"):
        await asyncio.to_thread(lose, Place(crawl.place.frontier, "films"), "red")


async def test_whoever_takes_a_partition_over_meanwhile_waits(crawl: Filled) -> None:
    """Else it would read as done what is in its inbox a moment later, or both as pending: twice."""
    db = await connect(crawl.place)
    try:
        transaction = db.transaction()
        await transaction.start()
        await db.fetch("SELECT FROM partitions WHERE n = $1 FOR UPDATE", PARTITIONS[0])
        losing = asyncio.create_task(asyncio.to_thread(lose, crawl.place, "red"))
        await asyncio.sleep(0.3)
        assert not losing.done()
        assert len(await fetch(crawl.place, "SELECT FROM done")) == 5
        await transaction.commit()
        assert await losing == 4
    finally:
        await db.close()


def test_what_is_said() -> None:
    assert told("red", 1_234) == "1,234 records went with red: these URLs are pending again"
    assert told("red", 1).startswith("1 record went with red")
    assert told("red", 0) == "no record went with red"
