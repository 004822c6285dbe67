"""What the frontier of one machine does beside the contract: it counts depths, and takes lost tails back."""

import asyncio
import random

import pytest

from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Finished, HostFeedback, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from tests.clock import virtual_clock
from tests.frontier.frontiers import (
    SITE,
    ask,
    done,
    finish,
    lease_all,
    opened,
    pages,
)


@virtual_clock
async def test_edges_are_saved_no_later_than_their_page_is_done(tmp_path):
    async with opened(tmp_path, scope__max_depth=9) as frontier:
        await frontier.add([SITE])
        (seed,) = await frontier.pop(1)
        finished = await finish(frontier, seed, *pages("a", "b"))
        saving = asyncio.create_task(frontier.flush())
        await asyncio.sleep(0)  # it has taken what waited, and has not answered yet
        await frontier.commit([Commit(1, (finished,), {})])
        assert set(await frontier.load_edges([seed.id])) == {seed.id}
        await saving


@virtual_clock
async def test_a_sink_that_lost_its_tail_takes_the_later_batches_back(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add(pages("1", "2", "3"))
        for n, ticket in enumerate(await lease_all(frontier), 1):
            finished = done(ticket)
            await frontier.finish(finished)
            await frontier.commit([Commit(n, (finished,), {"jsonl": n * 10, "sqlite": n})])
        cut = await frontier.reconcile({"jsonl": 25, "sqlite": 3})
        assert cut == {"jsonl": 20, "sqlite": 2}
    async with opened(tmp_path) as frontier:
        assert [ticket.url for ticket in await lease_all(frontier)] == pages("3")


def within(graph: dict[str, list[str]], start: str, most: int) -> set[str]:
    """What a breadth-first search finds at most ``most`` links from ``start``."""
    level, found = [start], {start}
    for _ in range(most):
        level = [url for page in level for url in graph[page] if url not in found]
        level = list(dict.fromkeys(level))
        found.update(level)
    return found


@virtual_clock
async def test_a_page_first_found_at_the_depth_limit_does_not_hide_what_lies_behind(tmp_path):
    graph = {
        SITE: pages("slow", "a"),
        SITE + "a": pages("b"),
        SITE + "b": pages("end"),
        SITE + "slow": pages("b"),
    }
    graph |= {SITE + "end": pages("far"), SITE + "far": []}
    async with opened(tmp_path, scope__max_depth=3) as frontier:
        await frontier.add([SITE])
        (seed,) = await frontier.pop(1)
        # By the long way: b is found at depth 2 by a; its link "end" at 3, whose link is too far.
        committed = [await finish(frontier, seed, SITE + "a")]
        for name in ("a", "b", "end"):
            (ticket,) = await frontier.pop(1)
            assert ticket.url == SITE + name
            committed.append(await finish(frontier, ticket, *graph[ticket.url]))
        assert await frontier.pop(1) == []
        assert (frontier.known, frontier.pending) == (4, 0)
        await frontier.commit([Commit(1, tuple(committed), {})])
        # Another seed with a shorter way to "end" brings "far" within reach.
        await frontier.add([SITE + "slow"])
        (slow,) = await frontier.pop(1)
        await finish(frontier, slow, SITE + "b")
        (far,) = await frontier.pop(1)
        assert (far.url, far.depth, frontier.known) == (SITE + "far", 3, 6)
    async with opened(tmp_path, scope__max_depth=3) as frontier:
        assert {ticket.url: ticket.depth for ticket in await lease_all(frontier)} == {
            SITE + "slow": 0,
            SITE + "far": 3,
        }


@pytest.mark.parametrize("seed", range(15))
@virtual_clock
async def test_a_depth_limit_reaches_what_a_breadth_first_search_reaches(tmp_path, seed):
    """Random speeds, retries, and a restart in the middle that forgets what was not committed."""
    chance = random.Random(seed)
    names = [f"{SITE}{n}" for n in range(120)]
    graph = {name: chance.sample(names, chance.randint(0, 3)) for name in names}
    finished: list[str] = []
    done_before: set[str] = set()
    for stop_after in (chance.randint(5, 40), 10**6):
        async with opened(tmp_path, per_host=6, scope__max_depth=4) as frontier:
            await frontier.add([names[0]])
            batch = 0

            async def worker(ticket: Ticket, frontier=frontier, stop_after=stop_after) -> None:
                nonlocal batch
                await asyncio.sleep(chance.random() * 10)
                if chance.random() < 0.2:
                    await frontier.fetched(ticket, HostFeedback())
                    await frontier.retry(ticket, chance.random() * 5)
                    return
                one = await finish(frontier, ticket, *graph[ticket.url])
                if chance.random() < 0.8 or stop_after == 10**6:
                    batch += 1
                    await frontier.commit([Commit(batch, (one,), {})])
                    finished.append(ticket.url)

            handed_out = 0
            async with asyncio.TaskGroup() as group:
                while handed_out < stop_after and (tickets := await frontier.pop(3)):
                    handed_out += len(tickets)
                    for ticket in tickets:
                        assert ticket.url not in done_before
                        group.create_task(worker(ticket))
        done_before = set(finished)
    assert sorted(finished) == sorted(within(graph, names[0], 4))


async def test_an_unreachable_sitemap_is_no_unreachable_seed(tmp_path):
    async with opened(tmp_path) as frontier:
        await frontier.add([SITE + "a.xml"], Purpose.SITEMAP)
        await frontier.add([SITE])
        first, second = await lease_all(frontier)
        lost = [Finished(first, Outcome.ERROR, Kind.DNS, b"{}"), Finished(second, Outcome.OK, None, b"{}")]
        for finished in lost:
            await frontier.finish(finished)
        await frontier.commit([Commit(1, tuple(lost), {})])

        def unreachable(view: FrontierView) -> str | None:
            return view.seeds_unreachable({Kind.DNS})

        assert await ask(frontier, unreachable) is None
        await frontier._state.call(
            lambda db: db.execute("UPDATE urls SET state = 3, kind = 'dns' WHERE purpose = 0")
        )
        assert await ask(frontier, unreachable) == f"{SITE} (dns)"
