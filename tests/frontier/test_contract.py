"""What every frontier must do, whatever it is built on."""

import asyncio
import random

import pytest

from crawler.frontier.leasing import LOADS_AT_ONCE, Leasing
from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Hop, HostFeedback, Redirect, Ticket
from crawler.model.outcomes import Outcome, Purpose
from tests.clock import virtual_clock
from tests.frontier import frontiers
from tests.frontier.frontiers import (
    SITE,
    acquaint,
    ask,
    done,
    drain,
    finish,
    lease_all,
    links,
    opened,
    pages,
)


@pytest.fixture(autouse=True, params=["sqlite", "postgresql"])
def _store(request, monkeypatch):
    store = frontiers.SqliteStore()
    if request.param == "postgresql":
        store = frontiers.PostgresqlStore(request.getfixturevalue("postgresql").dsn)
        monkeypatch.setattr("crawler.frontier.postgresql.frontier.POLL", store.late)
    monkeypatch.setattr(frontiers, "store", store)


@virtual_clock
async def test_each_url_is_handed_out_once_and_the_crawl_ends_by_itself(tmp_path):
    graph = {SITE: pages("a", "b"), SITE + "a": pages("b", "c", ""), SITE + "c": pages("a", "d")}
    async with opened(tmp_path) as frontier:
        assert await frontier.add([SITE, SITE]) == 1
        order = await drain(frontier, lambda url: graph.get(url, []))
        assert sorted(order) == sorted([SITE, *pages("a", "b", "c", "d")])
        assert await frontier.pop(1) == []


@virtual_clock
async def test_breadth_first_and_depth_first(tmp_path):
    graph = {SITE: pages("a", "b"), SITE + "a": pages("a1", "a2"), SITE + "b": pages("b1")}

    async def order(folder: str, first: str) -> list[str]:
        (tmp_path / folder).mkdir()
        async with opened(tmp_path / folder, per_host=1, frontier__order=first) as frontier:
            await frontier.add([SITE])
            return [url[len(SITE) :] for url in await drain(frontier, lambda url: graph.get(url, []))]

    assert await order("breadth", "breadth_first") == ["", "a", "b", "a1", "a2", "b1"]
    assert await order("depth", "depth_first") == ["", "b", "b1", "a", "a2", "a1"]


@virtual_clock
async def test_depth_referrer_and_hops_travel_with_the_ticket(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add([SITE])
        (seed,) = await frontier.pop(1)
        assert (seed.depth, seed.referrer, seed.attempt) == (0, None, 1)
        await finish(frontier, seed, SITE + "a")
        (a,) = await frontier.pop(1)
        assert (a.depth, a.referrer) == (1, SITE)
        hop = Hop(a.url, 301, "/b")
        await finish(frontier, a, outcome=Outcome.SKIPPED, redirect=Redirect(SITE + "b", (hop,)))
        (b,) = await frontier.pop(1)
        assert (b.depth, b.referrer, b.redirects) == (1, SITE + "a", (hop,))


@virtual_clock
async def test_tickets_whose_text_went_to_disk_come_back_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.lanes.MAX_TICKETS", 2)
    monkeypatch.setattr("crawler.frontier.leasing.LOAD_AHEAD", 3)
    names = [f"p{n}" for n in range(50)]
    async with opened(tmp_path) as frontier:
        await frontier.add([SITE])
        order = await drain(frontier, lambda url: pages(*names) if url == SITE else [])
        assert order == [SITE, *pages(*names)]


@virtual_clock
async def test_depth_first_keeps_no_more_in_memory_than_breadth_first(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.lanes.MAX_TICKETS", 50)
    async with opened(tmp_path, per_host=1, frontier__order="depth_first") as frontier:
        await frontier.add([SITE])
        seen = []
        while tickets := await frontier.pop(1):
            for ticket in tickets:
                seen.append(ticket.url)
                found = pages(*(f"{ticket.id}-{n}" for n in range(20))) if len(seen) < 40 else []
                await finish(frontier, ticket, *found)
                assert len(frontier._lanes.tickets) <= 50
        assert len(seen) == len(set(seen)) == frontier.known


@virtual_clock
async def test_per_host_limit_and_delay_hold(tmp_path):
    async with opened(tmp_path, per_host=2, delay=1.0) as frontier:
        loop = asyncio.get_running_loop()
        await acquaint(frontier)
        await asyncio.sleep(10)
        began, in_flight, start = [], 0, loop.time()
        await frontier.add(pages("1", "2", "3", "4"))

        async def fetch(ticket: Ticket) -> None:
            nonlocal in_flight
            in_flight += 1
            assert in_flight <= 2
            await asyncio.sleep(5)
            in_flight -= 1
            await finish(frontier, ticket)

        async with asyncio.TaskGroup() as group:
            while tickets := await frontier.pop(10):
                began += [loop.time() - start] * len(tickets)
                for ticket in tickets:
                    group.create_task(fetch(ticket))
        assert began == pytest.approx([0, 1, 5, 6], abs=0.1)


@virtual_clock
async def test_a_host_is_asked_for_one_page_until_its_crawl_delay_is_known(tmp_path):
    async with opened(tmp_path, per_host=4) as frontier:
        await frontier.add(pages("1", "2", "3"))
        (first,) = await frontier.pop(3)
        waiting = asyncio.create_task(frontier.pop(3))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        start = asyncio.get_running_loop().time()
        await frontier.fetched(first, HostFeedback(crawl_delay=5.0))
        assert len(await waiting) == 1
        assert asyncio.get_running_loop().time() - start == pytest.approx(5, abs=0.2)


@virtual_clock
async def test_retry_after_rests_the_whole_lane_and_no_other(tmp_path):
    async with opened(tmp_path) as frontier:
        loop = asyncio.get_running_loop()
        await frontier.add([*pages("1", "2"), "http://b.example/"])
        tickets = {ticket.url: ticket for ticket in await frontier.pop(2)}
        first = tickets[SITE + "1"]
        await frontier.fetched(first, HostFeedback(retry_after=30.0))
        await frontier.retry(first, 10.0)
        for ticket in tickets.values():
            if ticket is not first:
                await finish(frontier, ticket)
        times = {}
        while got := await frontier.pop(1):
            times[got[0].url] = loop.time()
            await finish(frontier, got[0])
        assert set(times) | set(tickets) == {*pages("1", "2"), "http://b.example/"}
        assert times[SITE + "1"] == pytest.approx(30, abs=0.1)


@virtual_clock
async def test_a_retry_comes_back_with_its_attempt_and_survives_a_restart(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add([SITE])
        (ticket,) = await frontier.pop(1)
        await frontier.fetched(ticket, HostFeedback())
        await frontier.retry(ticket, 3600.0)
        before = asyncio.get_running_loop().time()
        (again,) = await frontier.pop(1)
        assert again.attempt == 2
        assert asyncio.get_running_loop().time() - before == pytest.approx(3600, abs=1)
    async with opened(tmp_path) as frontier:
        (again,) = await frontier.pop(1)
        assert (again.attempt, frontier.pending) == (2, 0)


@virtual_clock
async def test_crawl_delay_slows_the_lane_and_is_kept(tmp_path):
    async with opened(tmp_path) as frontier:
        loop = asyncio.get_running_loop()
        await frontier.add(pages("1", "2"))
        (first,) = await frontier.pop(1)
        started = loop.time()
        await frontier.fetched(first, HostFeedback(crawl_delay=7.0))
        finished = done(first)
        await frontier.finish(finished)
        await frontier.pop(1)
        assert loop.time() - started == pytest.approx(7, abs=0.1)
        await frontier.commit([Commit(1, (finished,), {})])
        ((_, site, pace),) = await ask(frontier, FrontierView.lanes)
        assert (site, pace.crawl_delay) == ("http://a.example", 7.0)


@virtual_clock
async def test_urls_that_robots_forbids_cost_no_time(tmp_path):
    async with opened(tmp_path, per_host=1, delay=10.0) as frontier:
        await frontier.add(pages(*map(str, range(50))))
        for _ in range(50):
            (ticket,) = await frontier.pop(1)
            await frontier.fetched(ticket, HostFeedback(asked=False))
            await frontier.finish(done(ticket, outcome=Outcome.SKIPPED))
        assert asyncio.get_running_loop().time() < 1


@virtual_clock
async def test_max_pages_counts_what_was_not_skipped(tmp_path):
    async with opened(tmp_path, scope__max_pages=2) as frontier:
        await frontier.add(pages("1", "2", "3", "4", "5"))
        handed_out = 0
        while tickets := await frontier.pop(10):
            assert len(tickets) <= 2
            for ticket in tickets:
                handed_out += 1
                await finish(frontier, ticket, outcome=Outcome.SKIPPED if handed_out == 1 else Outcome.OK)
        assert (handed_out, frontier.pages, frontier.pending) == (3, 2, 2)


@virtual_clock
async def test_nothing_is_handed_out_while_it_is_paused(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add(pages("1", "2"))
        (first,) = await frontier.pop(1)
        frontier.pause("user")
        waiting = asyncio.create_task(frontier.pop(1))
        await asyncio.sleep(100)
        await finish(frontier, first, SITE + "3")  # what is in flight goes on, and ends
        await asyncio.sleep(100)
        assert (waiting.done(), frontier.leased, frontier.pending) == (False, 0, 2)
        frontier.resume("user")
        assert [ticket.url for ticket in await waiting] == [SITE + "2"]


@virtual_clock
async def test_who_paused_it_has_to_resume_it(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add(pages("1"))
        for who in ("user", "memory", "user"):
            frontier.pause(who)
        waiting = asyncio.create_task(frontier.pop(1))
        frontier.resume("memory")
        await asyncio.sleep(100)
        assert (waiting.done(), set(frontier.paused_by)) == (False, {"user"})
        frontier.resume("user")
        assert len(await waiting) == 1
        assert not frontier.paused_by


@virtual_clock
async def test_the_bound_on_requests_at_once_holds_at_once(tmp_path):
    async with opened(tmp_path) as frontier:
        await acquaint(frontier)
        await frontier.add(pages(*"123456789"))
        frontier.set_at_once(2)
        first, second = await frontier.pop(9)
        waiting = asyncio.create_task(frontier.pop(9))
        await asyncio.sleep(100)
        assert not waiting.done()
        frontier.set_at_once(1)
        await frontier.fetched(first, HostFeedback())
        await asyncio.sleep(100)
        assert not waiting.done(), "one is under way, and that is the bound"
        await frontier.fetched(second, HostFeedback())
        assert len(await waiting) == 1
        waiting = asyncio.create_task(frontier.pop(9))
        await asyncio.sleep(100)
        frontier.set_at_once(4)
        assert len(await waiting) == 3


@virtual_clock
async def test_the_hosts_that_are_asked_come_first_then_those_with_most_to_ask(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add([f"http://h{host}.example/{n}" for host in range(1, 9) for n in range(host)])
        (ticket, *others) = await frontier.pop(8)
        for other in others:
            await frontier.fetched(other, HostFeedback())
            frontier.put_back(other)
        asked = ticket.url.rpartition("/")[0]
        known, found = frontier.hosts_now(3, [asked, "http://elsewhere.example"])
        assert known == 8
        assert (found[0].origin, found[0].in_flight) == (asked, 1)
        rest = sorted((n for n in range(1, 9) if f"http://h{n}.example" != asked), reverse=True)
        assert [host.pending for host in found[1:]] == rest[:2]
        assert len(frontier.hosts_now(50)[1]) == 8


@virtual_clock
async def test_a_crawl_that_is_paused_may_end_and_may_be_closed(tmp_path):
    async with opened(tmp_path) as frontier:
        await acquaint(frontier)
        await frontier.add(pages("1", "2"))
        tickets = await frontier.pop(2)
        frontier.pause("user")
        waiting = asyncio.create_task(frontier.pop(1))
        for ticket in tickets:
            await finish(frontier, ticket)
        assert await waiting == []
        await frontier.add(pages("3"))
        waiting = asyncio.create_task(frontier.pop(1))
        await asyncio.sleep(1)
        frontier.close()
        assert await waiting == []


@virtual_clock
async def test_a_lease_loads_a_bounded_part_of_a_frontier_of_many_hosts(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.lanes.MAX_TICKETS", 100)
    read_back, loads = Leasing._read_back, []

    async def counted(frontier, *arguments):
        loads.append(len(frontier._loads))
        await read_back(frontier, *arguments)

    monkeypatch.setattr(Leasing, "_read_back", counted)
    urls = [f"http://h{host}.example/{n}" for host in range(60) for n in range(20)]
    async with opened(tmp_path) as frontier:
        await frontier.add(urls)
        await frontier.flush()
    async with opened(tmp_path) as frontier:
        assert frontier.pending == len(urls)
        most, found = 0, []
        while tickets := await frontier.pop(7):
            most = max(most, len(frontier._lanes.tickets))
            for ticket in tickets:
                found.append(ticket.url)
                await finish(frontier, ticket)
        assert sorted(found) == sorted(urls)
        assert most <= 100
        assert max(loads) == LOADS_AT_ONCE


@virtual_clock
async def test_a_frontier_of_many_chunks_is_restored_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.sqlite_frontier.CHUNK", 10)
    names = [f"p{n}" for n in range(95)]
    async with opened(tmp_path) as frontier:
        await frontier.add(pages(*names))
        (first,) = await frontier.pop(1)
        await frontier.retry(first, 3600.0)
        await frontier.flush()
    async with opened(tmp_path) as frontier:
        assert frontier.pending == 95
        order = await drain(frontier, lambda _: [])
        assert order == [*pages(*names[1:]), *pages(names[0])]


@virtual_clock
async def test_close_ends_a_waiting_pop(tmp_path):
    async with opened(tmp_path, per_host=1) as frontier:
        await frontier.add(pages("1", "2"))
        await frontier.pop(1)
        waiting = asyncio.create_task(frontier.pop(1))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        frontier.close()
        assert await waiting == []


@virtual_clock
async def test_what_was_not_committed_is_pending_after_a_restart(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add([SITE])
        (seed,) = await frontier.pop(1)
        committed = await finish(frontier, seed, *pages("a", "b"))
        await frontier.commit([Commit(1, (committed,), {"jsonl": 10})])
        for ticket in await frontier.pop(2):
            await finish(frontier, ticket, SITE + "c")  # read, but never committed
    async with opened(tmp_path) as frontier:
        assert sorted(ticket.url for ticket in await lease_all(frontier)) == pages("a", "b")
        counts = await ask(frontier, FrontierView.counts)
        assert (counts["ok"], counts["pending"]) == (1, frontier.known - 1)
        assert await ask(frontier, FrontierView.positions) == {"jsonl": 10}


@pytest.mark.parametrize("seed", range(10))
@virtual_clock
async def test_random_graph_is_walked_whole_under_any_interleaving(tmp_path, seed):
    """Workers of random speed, random retries: every reachable URL is handed out to its end once."""
    chance = random.Random(seed)
    names = [f"{SITE}{n}" for n in range(200)]
    graph = {name: chance.sample(names, chance.randint(0, 4)) for name in names}
    reachable, todo = {names[0]}, [names[0]]
    while todo:
        for url in graph[todo.pop()]:
            if url not in reachable:
                reachable.add(url)
                todo.append(url)
    finished: list[str] = []
    async with opened(tmp_path, per_host=5) as frontier:
        await frontier.add([names[0]])

        async def worker(ticket: Ticket) -> None:
            await asyncio.sleep(chance.random() * 10)
            if chance.random() < 0.2:
                await frontier.fetched(ticket, HostFeedback())
                await frontier.retry(ticket, chance.random() * 5)
                return
            finished.append(ticket.url)
            await finish(frontier, ticket, *graph[ticket.url])

        async with asyncio.TaskGroup() as group:
            while tickets := await frontier.pop(chance.randint(1, 8)):
                for ticket in tickets:
                    group.create_task(worker(ticket))
    assert sorted(finished) == sorted(reachable)


@pytest.mark.parametrize("seed", range(20))
@virtual_clock
async def test_it_ends_with_the_last_lease_not_before_and_not_later(tmp_path, seed):
    """Leases of up to a day, ended in any order by any event, each of which may be the last."""
    chance = random.Random(seed)
    loop = asyncio.get_running_loop()
    ended_at, left, names = 0.0, 40, iter(range(1000))
    leased: set[str] = set()
    async with opened(tmp_path, per_host=8) as frontier:
        await frontier.add([SITE])

        async def worker(ticket: Ticket) -> None:
            nonlocal ended_at, left
            await asyncio.sleep(chance.choice([0, 0, 1e-6, 1, 100_000]) * chance.random())
            more = min(left, chance.choice([0, 0, 1, 1, 2, 3]))
            left -= more
            found = pages(*(str(next(names)) for _ in range(more)))
            how = chance.choice(["finish", "redirect", "retry", "answer late"])
            if how != "answer late":
                await frontier.fetched(ticket, HostFeedback())
            if how == "retry" and ticket.attempt < 3:
                left += more
                await frontier.retry(ticket, chance.choice([0, 1e-6, 50_000]))
            elif how == "redirect" and found:
                target = Redirect(found[0], (Hop(ticket.url, 302, found[0]),))
                await frontier.finish(done(ticket, *found[1:], outcome=Outcome.SKIPPED, redirect=target))
            else:
                await frontier.finish(done(ticket, *found))
            leased.discard(ticket.url)
            ended_at = loop.time()
            if how == "answer late":  # the page is parsed before its connection is given back
                await asyncio.sleep(chance.random())
                await frontier.fetched(ticket, HostFeedback())

        handed_out = 0
        async with asyncio.TaskGroup() as group:
            while tickets := await frontier.pop(chance.randint(1, 5)):
                handed_out += len(tickets)
                for ticket in tickets:
                    leased.add(ticket.url)
                    group.create_task(worker(ticket))
                    if chance.random() < 0.3:
                        await asyncio.sleep(0)
            assert (frontier.leased, frontier.pending) == (0, 0)
            assert loop.time() - ended_at <= frontiers.store.late
            assert not leased
        assert frontier.known == frontier.finished
        assert handed_out >= frontier.known
        assert await frontier.pop(1) == []


async def test_sitemaps_are_urls_like_others_and_stay_sitemaps_over_redirects_and_restarts(tmp_path):
    hops = (Hop(SITE + "index.xml", 301, "/moved.xml"),)
    async with opened(tmp_path) as frontier:
        assert await frontier.add([SITE + "index.xml"], Purpose.SITEMAP) == 1
        assert await frontier.add([SITE + "index.xml"], Purpose.SITEMAP) == 0
        (index,) = await frontier.pop(9)
        assert (index.purpose, index.depth) == (Purpose.SITEMAP, 0)
        await finish(frontier, index, redirect=Redirect(SITE + "moved.xml", hops))
        (moved,) = await frontier.pop(9)
        assert (moved.purpose, moved.indexes, moved.redirects) == (Purpose.SITEMAP, 0, hops)
        await frontier.fetched(moved, HostFeedback())
        named = links(SITE + "a.xml", SITE + "index.xml", purpose=Purpose.SITEMAP)
        await frontier.finish(done(moved, SITE + "page", also=(named,)))
        await frontier.flush()
    async with opened(tmp_path) as frontier:
        again = {ticket.url: ticket for ticket in await lease_all(frontier)}
    found = {url: (ticket.purpose, ticket.indexes, ticket.depth) for url, ticket in again.items()}
    assert found[SITE + "a.xml"] == (Purpose.SITEMAP, 1, 0)
    assert found[SITE + "page"] == (Purpose.PAGE, 0, 1)
    assert found[SITE + "moved.xml"] == found[SITE + "index.xml"] == (Purpose.SITEMAP, 0, 0)
    assert len(again) == 4
