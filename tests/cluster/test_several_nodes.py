"""Several nodes of one crawl: each URL is recorded once, whoever comes, leaves or dies."""

import asyncio
from collections import Counter
from functools import partial

import asyncpg
import pytest

from crawler.frontier.postgresql import ending, loading, membership
from crawler.frontier.postgresql.saving import signed
from crawler.model.errors import StoreFailed, StoreLost
from crawler.rules.dedup import fingerprint
from crawler.rules.urls import origin, partition
from tests.cluster.several import SEED, Node, graph, until


async def ask(node: Node, query: str) -> list[tuple]:
    db = await asyncpg.connect(node.place.frontier)
    try:
        await db.execute(f'SET search_path TO "{node.place.schema}"')
        return [tuple(row) for row in await db.fetch(query)]
    finally:
        await db.close()


async def test_two_nodes_share_a_crawl_and_record_each_page_once(database):
    site = graph(30, 10, seed=1)
    nodes = [Node(database, site.__getitem__) for _ in range(2)]
    for node in nodes:
        node.pause = 0.01
    seed = next(iter(site))
    async with asyncio.timeout(40):
        await asyncio.gather(*(node.start(seed) for node in nodes))
    recorded = Counter(url for node in nodes for url in node.committed)
    assert recorded == Counter(list(site))
    assert all(len(node.committed) > 30 for node in nodes)
    assert await ask(nodes[0], "SELECT sum(urls), sum(done), count(owner) FROM partitions") == [(300, 300, 0)]
    assert await ask(nodes[0], "SELECT count(*) FROM inbox") == [(0,)]
    assert await ask(nodes[0], "SELECT value FROM meta WHERE key = 'state'") == [("finished",)]


async def test_a_host_is_asked_by_one_node_at_a_time_while_nodes_come_and_leave(database):
    site = graph(20, 15, seed=2)
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()
    by: dict[str, set[int]] = {}

    class Watched(Node):
        async def _fetch(self, ticket):
            host = ticket.url.split("/")[2]
            under_way[host] += 1
            most[host] = max(most[host], under_way[host])
            by.setdefault(host, set()).add(self.id)
            try:
                return await super()._fetch(ticket)
            finally:
                under_way[host] -= 1

    nodes = [Watched(database, site.__getitem__, politeness__per_host=1) for _ in range(3)]
    for node in nodes:
        node.pause = 0.05
    seed = next(iter(site))
    async with asyncio.timeout(50):
        first = nodes[0].start(seed)
        await until(lambda: len(nodes[0].committed) > 40)
        second = nodes[1].start(seed)
        await until(lambda: len(nodes[1].committed) > 20)
        nodes[0].frontier.close()  # as Ctrl-C does
        third = nodes[2].start(seed)
        await asyncio.gather(first, second, third)
    assert Counter(url for node in nodes for url in node.committed) == Counter(list(site))
    assert set(most.values()) == {1}
    assert any(len(ids) > 1 for ids in by.values())
    assert all(node.committed for node in nodes)


async def test_what_a_dead_node_held_is_taken_over_and_fetched_again(database):
    site = graph(20, 10, seed=3)
    nodes = [Node(database, site.__getitem__) for _ in range(2)]
    for node in nodes:
        node.pause = 0.05
    seed = next(iter(site))
    async with asyncio.timeout(50):
        for node in nodes:
            node.start(seed)
        await until(lambda: all(len(node.committed) > 20 for node in nodes))
        await nodes[0].die()
        before = asyncio.get_running_loop().time()
        dead = [n for n, owner in (await ask(nodes[1], "SELECT n, owner FROM partitions")) if owner == 1]
        await until(lambda: set(dead) <= nodes[1].frontier.parts.keys())
        assert asyncio.get_running_loop().time() - before < 2
        await nodes[1].running
    (count,) = await ask(nodes[1], "SELECT count(*), count(DISTINCT id) FROM done")
    assert count == (200, 200)
    # What was under way when it died is what is asked for twice.
    asked = nodes[0].asked + nodes[1].asked
    assert sum(asked.values()) - 200 <= 8
    assert set(asked) == set(site)


async def test_a_page_limit_holds_for_all_nodes_together(database):
    site = graph(20, 20, seed=4)
    nodes = [Node(database, site.__getitem__, scope__max_pages=57) for _ in range(3)]
    for node in nodes:
        node.pause = 0.02
    seed = next(iter(site))
    async with asyncio.timeout(40):
        await asyncio.gather(*(node.start(seed) for node in nodes))
    assert sum(len(node.committed) for node in nodes) == 57
    assert await ask(nodes[0], "SELECT value FROM meta WHERE key = 'state'") == [("finished",)]


async def test_a_limit_s_share_of_a_dead_node_is_given_to_the_others(database):
    site = graph(20, 20, seed=5)
    nodes = [Node(database, site.__getitem__, scope__max_pages=100) for _ in range(2)]
    for node in nodes:
        node.pause = 0.05
    seed = next(iter(site))
    async with asyncio.timeout(40):
        for node in nodes:
            node.start(seed)
        await until(lambda: all(len(node.committed) > 10 for node in nodes))
        await nodes[0].die()
        await nodes[1].running
    assert await ask(nodes[1], "SELECT count(*) FROM done") == [(100,)]


async def test_nothing_is_asked_for_when_the_connection_was_ended(database):
    site = graph(3, 3, seed=6)
    node = Node(database, site.__getitem__, timeout=5.0)
    await node.join(next(iter(site)))
    await node.frontier.admit()
    await ask(node, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    await until(node.session.lost.is_set)
    with pytest.raises(StoreLost):
        await node.frontier.admit()
    await node.session.close()


async def test_a_node_that_was_not_heard_of_asks_the_database_before_it_asks_a_host(database, monkeypatch):
    site = graph(3, 3, seed=6)
    node = Node(database, site.__getitem__, timeout=2.0)
    await node.join(next(iter(site)))
    jump = 0.0
    real = __import__("crawler.frontier.postgresql.session", fromlist=["_now"])._now
    monkeypatch.setattr("crawler.frontier.postgresql.session._now", lambda: real() + jump)
    jump = 1.5  # as after a pause that was too short for the server to give it up
    await node.frontier.admit()
    assert node.session.age < 1
    node.session._beating.cancel()
    await asyncio.sleep(2.5)  # nobody keeps the connection alive: the server ends it
    with pytest.raises(StoreLost):
        await node.frontier.admit()
    await node.session.close()


async def test_a_transaction_that_had_to_give_way_is_done_again_and_counted(database):
    site = graph(3, 3, seed=6)
    node = Node(database, site.__getitem__)
    await node.join(next(iter(site)))
    tries = []

    async def job(db):
        tries.append(await db.fetchval("SELECT 1"))
        if len(tries) == 1:
            await db.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
        if len(tries) == 2:
            await db.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
        return "done"

    assert await node.session.run(job) == "done"
    assert (len(tries), node.session.retried) == (3, 2)
    await node.session.close()


async def test_after_something_could_not_be_saved_nothing_is(database):
    site = graph(3, 3, seed=6)
    node = Node(database, site.__getitem__)
    await node.join(next(iter(site)))
    with pytest.raises(StoreFailed, match="cannot be used"):
        await node.session.run(lambda db: db.execute("SELECT nonsense"))
    with pytest.raises(StoreFailed, match="nonsense"):
        await node.frontier.flush()
    await node.session.close()
    assert await ask(node, "SELECT count(*) FROM urls") == [(0,)]


async def test_a_full_disk_of_the_database_is_one_sentence_and_nothing_goes_on(database):
    node = Node(database, graph(3, 3, seed=6).__getitem__)
    await node.join("http://h0.example/0")
    full = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$"
    with pytest.raises(StoreFailed, match=r"no space left for .*; everything committed is safe"):
        await node.session.run(lambda db: db.execute(full))
    with pytest.raises(StoreFailed, match="no space left"):
        await node.frontier.flush()
    await node.session.close()
    assert await ask(node, "SELECT count(*) FROM urls") == [(0,)]


async def test_text_that_postgresql_cannot_hold_is_no_reason_to_fail(database):
    from crawler.frontier.postgresql.saving import _text

    assert _text("a\0b\ud800c") == "a\ufffdb?c"
    assert _text("plain") == "plain"
    assert _text(None) is None


async def test_the_crawl_does_not_end_while_somebody_makes_urls_pending_again(database):
    site = graph(3, 3, seed=6)
    node = Node(database, site.__getitem__)
    await node.join()
    losing = await asyncpg.connect(database)
    await losing.execute(f'SET search_path TO "{node.place.schema}"')
    transaction = losing.transaction()
    await transaction.start()
    await losing.execute("SELECT FROM meta WHERE key = 'state' FOR UPDATE")
    look = partial(ending.end, node=node.id, alive=[node.id], max_pages=None, finished=0, pages=0)
    ends = asyncio.create_task(node.session.run(look))
    await asyncio.sleep(0.2)
    assert not ends.done()
    await losing.execute(
        "INSERT INTO inbox (partition, mark, depth, purpose, indexes, url) VALUES (1, 1, 0, 0, 0, 'http://a/')"
    )
    await transaction.commit()
    assert not await ends
    await losing.close()
    await node.session.close()
    assert await ask(node, "SELECT value FROM meta WHERE key = 'state'") == [("running",)]


async def test_a_node_whose_inbox_never_empties_takes_over_all_the_same(database, monkeypatch):
    site = graph(5, 3, seed=9)
    node = Node(database, site.__getitem__)
    load, asked = loading.load_inbox, []

    async def load_and_add(db, partitions, most):
        url = f"http://h0.example/more/{len(asked)}"
        asked.append(url)
        mark = signed(fingerprint(url, SEED))
        await db.execute(
            "INSERT INTO inbox (partition, mark, depth, purpose, indexes, url) VALUES ($1, $2, 1, 0, 0, $3)",
            partition(origin(url), 256), mark, url,
        )  # fmt: skip
        return await load(db, partitions, most)

    monkeypatch.setattr(loading, "load_inbox", load_and_add)
    await node.join(next(iter(site)))
    freed = partition(origin("http://h0.example/"), 256) ^ 1
    keeping = asyncio.create_task(node.frontier.keep())
    await until(lambda: len(asked) > 3)
    # As if another had held it, who is gone now.
    node.frontier._let_go(node.frontier.parts[freed])
    await node.session.run(partial(membership.give_back, partitions=[freed]))
    try:
        await until(lambda: freed in node.frontier.parts, seconds=5)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await node.session.close()


async def test_a_host_that_is_new_in_a_partition_that_is_given_back_is_left_to_the_next_owner(database):
    node = Node(database, graph(2, 2, seed=1).__getitem__)
    await node.join("http://h0.example/0")
    part = node.frontier.parts[partition(origin("http://new.example/"), 256)]
    node.frontier._mark_leaving(part, is_leaving=True)
    await node.frontier.add(["http://new.example/"])
    assert [ticket.url for ticket in await node.frontier.pop(8)] == ["http://h0.example/0"]
    assert part.is_drained
    node.frontier._mark_leaving(part, is_leaving=False)
    assert [ticket.url for ticket in await node.frontier.pop(8)] == ["http://new.example/"]
    await node.session.close()


async def test_work_goes_on_before_all_of_a_lost_node_s_partitions_are_read(database, monkeypatch):
    node, load, portions = Node(database, graph(2, 2, seed=1).__getitem__), loading.load_parts, []

    async def load_and_note(db, numbers, **more):
        portions.append((len(numbers), len(node.frontier.parts)))
        return await load(db, numbers, **more)

    monkeypatch.setattr(loading, "load_parts", load_and_note)
    await node.join("http://h0.example/0")
    assert portions[:3] == [(2, 0), (16, 2), (16, 18)]
    assert sum(read for read, _ in portions) == len(node.frontier.parts) == 256
    await node.session.close()


async def test_what_is_urgent_does_not_wait_for_all_that_was_asked_for_before(database):
    node, order = Node(database, graph(2, 2, seed=1).__getitem__), []
    await node.join("http://h0.example/0")

    async def job(db, name):
        await db.execute("SELECT pg_sleep(0.02)")
        order.append(name)

    runs = [node.session.run(partial(job, name=number)) for number in range(10)]
    waiting = [asyncio.ensure_future(run) for run in runs]
    await asyncio.sleep(0)
    await node.session.run(partial(job, name="urgent"), is_urgent=True)
    await asyncio.gather(*waiting)
    assert order.index("urgent") <= 2
    assert [name for name in order if name != "urgent"] == list(range(10))
    await node.session.close()
