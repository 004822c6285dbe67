"""How politely each host was asked is kept in crawl.db, over runs; and a stuck host holds nobody up."""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.frontier.view import FrontierView
from crawler.model.messages import HostFeedback, Ticket
from crawler.model.rows import Pace
from tests.clock import virtual_clock
from tests.frontier.frontiers import SITE, acquaint, ask, done, finish, opened, pages

THROTTLED = {"politeness__throttle": True, "politeness__throttle_max_delay": 8.0}


async def kept(frontier) -> dict[str, Pace]:
    """What crawl.db says of each host that was asked."""
    found = await ask(frontier, FrontierView.hosts)
    return {host.origin: host.pace for host in found if host.pace}


async def give_up(frontier, ticket: Ticket) -> None:
    await frontier.fetched(ticket, HostFeedback(failed=True))
    await frontier.finish(done(ticket))


@virtual_clock
async def test_peak_gap_and_counts_come_with_the_commits_and_merge_over_runs(tmp_path):
    async with opened(tmp_path, per_host=3, delay=0.5) as frontier:
        await acquaint(frontier)
        await frontier.add(pages("1", "2", "3"))
        tickets = [(await frontier.pop(1))[0] for _ in range(3)]
        assert await kept(frontier) == {}
        await give_up(frontier, tickets[0])
        for ticket in tickets[1:]:
            await finish(frontier, ticket)
        await frontier.commit([])
        pace = (await kept(frontier))["http://a.example"]
        assert (pace.per_host, pace.delay, pace.requests, pace.failures, pace.peak) == (3, 0.5, 4, 1, 3)
        assert pace.smallest_gap == pytest.approx(0.5, abs=0.05)
    async with opened(tmp_path, per_host=1, delay=2.0) as frontier:
        await acquaint(frontier, SITE + "more")
        await frontier.flush()
        pace = (await kept(frontier))["http://a.example"]
        assert (pace.per_host, pace.delay, pace.requests, pace.peak) == (1, 2.0, 5, 3)
        assert pace.smallest_gap == pytest.approx(0.5, abs=0.05)


@virtual_clock
async def test_a_rest_and_the_delay_after_the_last_request_outlive_the_process(tmp_path):
    async with opened(tmp_path, delay=5.0) as frontier:
        await frontier.add([*pages("1", "2"), "http://b.example/1", "http://b.example/2"])
        for ticket in await frontier.pop(2):
            rest = 60.0 if ticket.url.startswith(SITE) else None
            await frontier.fetched(ticket, HostFeedback(retry_after=rest))
            await frontier.finish(done(ticket))
        await frontier.flush()
    async with opened(tmp_path, delay=5.0) as frontier:
        loop, times = asyncio.get_running_loop(), {}
        start = loop.time()
        while got := await frontier.pop(1):
            times[got[0].url] = loop.time() - start
            await finish(frontier, got[0])
        assert times["http://b.example/1"] == pytest.approx(5, abs=1)
        assert times[SITE + "1"] == pytest.approx(60, abs=1)


@virtual_clock
async def test_a_host_that_fails_is_asked_slower_and_so_it_is_after_a_restart(tmp_path):
    async with opened(tmp_path, per_host=1, delay=0.001, **THROTTLED) as frontier:
        await frontier.add(pages(*map(str, range(20))))
        loop, times = asyncio.get_running_loop(), []
        while got := await frontier.pop(1):
            times.append(loop.time())
            await give_up(frontier, got[0])
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps[:2] == pytest.approx([0, 0], abs=0.1)
        assert gaps == pytest.approx(sorted(gaps))
        assert gaps[-1] == pytest.approx(8, abs=0.1)
        await frontier.commit([])
        pace = (await kept(frontier))["http://a.example"]
        assert (pace.delay, pace.slots_now, pace.delay_now) == (0.001, 1, 8.0)
    async with opened(tmp_path, per_host=1, delay=0.001, **THROTTLED) as frontier:
        await acquaint(frontier, SITE + "more")
        start = asyncio.get_running_loop().time()
        await acquaint(frontier, SITE + "more still")
        assert asyncio.get_running_loop().time() - start > 5


@virtual_clock
@pytest.mark.parametrize(
    ("feedback", "longest", "at_once"),
    [
        (HostFeedback(failed=True, elapsed=0.01), 0, 4),  # error pages
        (HostFeedback(failed=True), 0, 1),  # no answer at all
        (
            HostFeedback(failed=True, elapsed=0.01, put_off=True),
            60,
            1,
        ),  # the rest that it did not ask for, doubled
        (HostFeedback(failed=True, elapsed=0.01, retry_after=5.0), 5, 4),
    ],
)
async def test_a_lane_whose_errors_are_what_its_user_looks_for_is_held_by_429_and_retry_after_alone(
    tmp_path, feedback, longest, at_once
):
    async with opened(tmp_path, per_host=4, delay=0.0, **THROTTLED) as frontier:
        await frontier.add(pages(*map(str, range(40))))
        loop, times, most = asyncio.get_running_loop(), [], 0
        while got := await frontier.pop(4):
            times.append(loop.time())
            most = max(most, len(got))
            for ticket in got:
                await frontier.fetched(ticket, feedback)
                await frontier.finish(done(ticket))
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert max(gaps) == pytest.approx(longest, abs=0.1)
        assert most == at_once


@virtual_clock
async def test_robots_txt_is_a_request_and_its_ticket_comes_back_first_and_later(tmp_path):
    async with opened(tmp_path, per_host=4, delay=1.0) as frontier:
        await frontier.add(pages("1", "2"))
        (first,) = await frontier.pop(4)
        start = asyncio.get_running_loop().time()
        await frontier.fetched(first, HostFeedback(crawl_delay=3.0))
        frontier.put_back(first)
        assert (frontier.leased, frontier.pending) == (0, 2)
        assert await frontier.pop(1) == [first]
        assert asyncio.get_running_loop().time() - start == pytest.approx(3, abs=0.1)


@virtual_clock
async def test_a_second_request_in_a_slot_keeps_the_gap_too(tmp_path):
    async with opened(tmp_path, per_host=2, delay=1.0) as frontier:
        await frontier.add(pages("1", "2"))
        (first,) = await frontier.pop(1)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await frontier.turn(first.url + "?again")
        assert loop.time() - start == pytest.approx(1, abs=0.05)
        await frontier.turn("http://elsewhere.example/")
        await finish(frontier, first)
        await frontier.pop(1)
        assert loop.time() - start == pytest.approx(2, abs=0.1)


async def walk(frontier, concurrency: int, stuck: str, timeout: float, latency: float) -> dict[str, float]:
    """Crawl everything; the host ``stuck`` lets every request time out. When each host was done."""
    loop, done_at, busy = asyncio.get_running_loop(), {}, Counter()
    idle = asyncio.Semaphore(concurrency)

    async def fetch(ticket: Ticket) -> None:
        host = ticket.url.split("/")[2]
        busy[host] += 1
        if host == stuck:
            await asyncio.sleep(timeout)
            await give_up(frontier, ticket)
        else:
            await asyncio.sleep(latency)
            await finish(frontier, ticket)
        busy[host] -= 1
        done_at[host] = loop.time()
        idle.release()

    async with asyncio.TaskGroup() as group:
        while True:
            await idle.acquire()
            got = await frontier.pop(1)
            if not got:
                return done_at
            group.create_task(fetch(got[0]))


@virtual_clock
async def test_of_a_thousand_hosts_a_stuck_one_delays_no_other(tmp_path):
    async def hosts_done(path: Path, stuck: str) -> float:
        await asyncio.to_thread(path.mkdir)
        # As many at one host as there are places at all: the default on a loopback address.
        async with opened(path, per_host=32, fetch__concurrency=32) as frontier:
            start = asyncio.get_running_loop().time()
            await frontier.add([f"http://stuck.example/{n}" for n in range(100)])
            await frontier.add([f"http://h{n}.example/{page}" for n in range(999) for page in range(3)])
            done_at = await walk(frontier, 32, stuck, timeout=30, latency=0.5)
            assert len(done_at) == 1000
            return max(at for host, at in done_at.items() if host != "stuck.example") - start

    healthy = await hosts_done(tmp_path / "healthy", stuck="nobody")
    # One place of 32 is taken until the first time-out, and it never gets more than half.
    assert await hosts_done(tmp_path / "stuck", stuck="stuck.example") < healthy * 1.1 + 1


@virtual_clock
async def test_a_host_that_gets_stuck_at_full_speed_leaves_half_of_the_places(tmp_path):
    async with opened(tmp_path, per_host=32, fetch__concurrency=32) as frontier:
        await acquaint(frontier, "http://stuck.example/")
        await frontier.add([f"http://stuck.example/{n}" for n in range(100)])
        await frontier.add(pages("1"))
        held = [ticket for _ in range(9) for ticket in await asyncio.wait_for(frontier.pop(2), 1)]
        assert len(held) == 17
        assert Counter(ticket.url.split("/")[2] for ticket in held) == {"stuck.example": 16, "a.example": 1}


@virtual_clock
async def test_a_host_alone_gets_all_places(tmp_path):
    async with opened(tmp_path, per_host=32, fetch__concurrency=32) as frontier:
        await acquaint(frontier)
        await frontier.add(pages(*map(str, range(40))))
        assert len(await frontier.pop(32)) == 32
