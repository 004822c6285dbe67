"""What every frontier must do with targets: URLs that are asked for and are no pages of the crawl."""

import asyncio
import random

import pytest

from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Finished, Hop, HostFeedback, Links, Redirect, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from tests.clock import virtual_clock
from tests.frontier.frontiers import SITE, ask, done, lease_all, links, opened, pages

ASSET, PAGE = Purpose.ASSET, Purpose.PAGE
TARGETS = [Purpose.STYLESHEET, ASSET, Purpose.EXTERNAL, Purpose.PROBE]


def wanted(purpose: Purpose, *names: str) -> Links:
    return links(*pages(*names), purpose=purpose)


async def finish(frontier, ticket: Ticket, *found: Links, outcome: Outcome = Outcome.OK, **more) -> Finished:
    await frontier.fetched(ticket, HostFeedback())
    finished = done(ticket, outcome=outcome, also=found, **more)
    await frontier.finish(finished)
    return finished


async def start(frontier, *found: Links) -> None:
    """The seed is done, and leads to what was ``found``."""
    await frontier.add([SITE])
    (seed,) = await frontier.pop(1)
    finished = await finish(frontier, seed, *found)
    await frontier.commit([Commit(0, (finished,), {})])


async def walk(frontier, found: dict[str, list[Links]] | None = None) -> list[tuple[str, Purpose]]:
    """Finish all there is, one at a time and committed: the order, and what for."""
    order = []
    while tickets := await frontier.pop(1):
        (ticket,) = tickets
        name = ticket.url[len(SITE) :]
        order.append((name, ticket.purpose))
        finished = await finish(frontier, ticket, *(found or {}).get(name, []))
        await frontier.commit([Commit(len(order), (finished,), {"facts": len(order)})])
    assert (frontier.leased, frontier.targets_pending) == (0, 0)
    return order


# -- which row is whose ----------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", TARGETS)
@virtual_clock
async def test_targets_are_asked_once_and_count_for_nothing_that_is_said_of_pages(tmp_path, purpose):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(purpose, "a", "b"), wanted(PAGE, "p"))
        assert (frontier.known, frontier.pending, frontier.targets_pending) == (2, 3, 2)
        assert frontier.targets == {purpose.name.lower(): 2}
        order = await walk(frontier, {"p": [wanted(purpose, "b", "c")], "a": []})
        assert order == [("p", PAGE), ("a", purpose), ("b", purpose), ("c", purpose)]
        assert (frontier.known, frontier.pages, frontier.finished) == (2, 2, 5)
        counts = await ask(frontier, FrontierView.counts)
        assert (counts["ok"], counts["pending"]) == (2, 0)
        assert await ask(frontier, FrontierView.targets) == {
            purpose.name.lower(): {"ok": 3, "truncated": 0, "error": 0, "skipped": 0, "pending": 0}
        }
        assert not frontier.knows(SITE + "a")


@pytest.mark.parametrize("purpose", TARGETS)
@virtual_clock
async def test_a_target_that_is_known_as_anything_is_not_taken_in(tmp_path, purpose):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "a"), wanted(PAGE, "p"), wanted(Purpose.SITEMAP, "s"))
        assert await frontier.add(pages("a", "p", "s", ""), purpose) == 0
        assert await frontier.add(pages("n", "n"), purpose) == 1
        assert sorted(await walk(frontier)) == sorted(
            [("p", PAGE), ("s", Purpose.SITEMAP), ("a", ASSET), ("n", purpose)]
        )


@virtual_clock
async def test_what_one_page_names_as_both_is_a_page_whatever_comes_first(tmp_path):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "x"), wanted(Purpose.STYLESHEET, "x", "s"), wanted(PAGE, "x"))
        assert await walk(frontier) == [("x", PAGE), ("s", Purpose.STYLESHEET)]


@pytest.mark.parametrize("purpose", TARGETS)
@pytest.mark.parametrize("recorded", [PAGE, Purpose.SITEMAP])
@virtual_clock
async def test_a_page_that_waits_as_a_target_takes_its_row(tmp_path, purpose, recorded):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(purpose, "x", "y", "z"), wanted(PAGE, "p"))
        (p,) = await frontier.pop(1)
        await finish(frontier, p, wanted(recorded, "y"))
        assert (frontier.known, frontier.targets, frontier.pending) == (3, {purpose.name.lower(): 2}, 3)
        (y,) = await frontier.pop(1)
        assert (y.url, y.purpose, y.referrer) == (SITE + "y", recorded, SITE + "p")
        assert (y.depth, y.indexes) == ((2, 0) if recorded is PAGE else (1, 1))
        await frontier.flush()
        stored = await ask(
            frontier,
            lambda view: view._db.execute(
                "SELECT u.purpose, u.depth, u.indexes, r.url, count(*) OVER () FROM urls u"
                " JOIN urls r ON r.id = u.referrer WHERE u.url = ?",
                (y.url,),
            ).fetchall(),
        )
        assert stored == [(recorded, y.depth, y.indexes, SITE + "p", 1)]


@virtual_clock
async def test_a_page_that_was_handed_out_as_a_target_has_a_row_of_its_own(tmp_path):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "done", "leased"))
        (first,) = await frontier.pop(1)
        await finish(frontier, first)
        (leased,) = await frontier.pop(1)
        await frontier.fetched(leased, HostFeedback())
        await frontier.add(pages("done", "leased"))
        assert (frontier.known, frontier.targets) == (3, {"asset": 2})
        assert {t.url: t.purpose for t in await lease_all(frontier)} == dict.fromkeys(
            pages("done", "leased"), PAGE
        )


@virtual_clock
async def test_a_redirect_makes_a_page_of_a_target_too_and_its_target_has_its_purpose(tmp_path):
    hops = (Hop(SITE + "p", 301, "/x"),)
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "x", "moved"), wanted(PAGE, "p"))
        (p,) = await frontier.pop(1)
        await finish(frontier, p, outcome=Outcome.SKIPPED, redirect=Redirect(SITE + "x", hops))
        (x,) = await frontier.pop(1)
        assert (x.url, x.purpose, x.redirects, x.depth) == (SITE + "x", PAGE, hops, 1)
        await finish(frontier, x)
        (moved,) = await frontier.pop(1)
        hops = (Hop(moved.url, 302, "/there"),)
        await finish(frontier, moved, outcome=Outcome.SKIPPED, redirect=Redirect(SITE + "there", hops))
        (there,) = await frontier.pop(1)
        assert (there.url, there.purpose, there.redirects) == (SITE + "there", ASSET, hops)
        # A target that leads to what is known leads to nothing new.
        await finish(frontier, there, outcome=Outcome.SKIPPED, redirect=Redirect(SITE + "x", hops))
        assert (await frontier.pop(1), frontier.known) == ([], 3)


@virtual_clock
async def test_a_target_that_waits_for_another_try_becomes_a_page_with_its_attempts(tmp_path):
    async with opened(tmp_path) as frontier:
        loop = asyncio.get_running_loop()
        await start(frontier, wanted(ASSET, "x"))
        (x,) = await frontier.pop(1)
        await frontier.fetched(x, HostFeedback())
        await frontier.retry(x, 60.0)
        assert frontier.targets_pending == 1
        before = loop.time()
        await frontier.add(pages("x"))
        assert (frontier.known, frontier.targets_pending, frontier.pending) == (2, 0, 1)
        (again,) = await frontier.pop(1)
        assert (again.id, again.purpose, again.attempt) == (x.id, PAGE, 2)
        assert loop.time() - before == pytest.approx(60, abs=0.1)


@virtual_clock
async def test_a_target_whose_text_is_on_disk_becomes_a_page_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.lanes.MAX_TICKETS", 2)
    monkeypatch.setattr("crawler.frontier.leasing.LOAD_AHEAD", 3)
    names = [f"t{n}" for n in range(30)]
    later = {names[0]: [wanted(PAGE, *names[2:6], *names[20:])]}
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, *names))
        order = await walk(frontier, later)
    assert order[:1] == [(names[0], ASSET)]
    assert sorted(order[1:]) == sorted(
        (name, PAGE if name in {*names[2:6], *names[20:]} else ASSET) for name in names[1:]
    )


@virtual_clock
async def test_a_text_read_from_disk_is_read_again_when_its_row_became_a_page_meanwhile(tmp_path):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "x"))
        frontier._lanes.tickets.clear()
        read = frontier.load_tickets
        frontier_knew = []

        async def slow(ids):
            found = await read(ids)
            if not frontier_knew:
                frontier_knew.append(await frontier.add(pages("x")))
            return found

        frontier.load_tickets = slow
        (x,) = await frontier.pop(1)
        assert (x.purpose, frontier_knew) == (PAGE, [1])


# -- order -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["breadth_first", "depth_first"])
@virtual_clock
async def test_targets_of_a_lane_come_after_its_pages_and_as_they_were_found(tmp_path, order):
    async with opened(tmp_path, frontier__order=order) as frontier:
        await start(frontier, wanted(ASSET, "1", "2"), wanted(PAGE, "p"))
        found = {"p": [wanted(PAGE, "q"), wanted(ASSET, "3")], "q": [wanted(Purpose.STYLESHEET, "4")]}
        assert [name for name, _ in await walk(frontier, found)] == ["p", "q", "1", "2", "3", "4"]


@virtual_clock
async def test_while_pages_wait_for_another_try_targets_are_asked(tmp_path):
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, "a"), wanted(PAGE, "p"))
        (p,) = await frontier.pop(1)
        await frontier.fetched(p, HostFeedback())
        await frontier.retry(p, 60.0)
        assert await walk(frontier) == [("a", ASSET), ("p", PAGE)]


@virtual_clock
async def test_a_crowd_of_targets_leaves_memory_for_pages(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.frontier.lanes.MAX_TICKETS", 20)
    async with opened(tmp_path) as frontier:
        await start(frontier, wanted(ASSET, *map(str, range(100))), wanted(PAGE, "p", "q"))
        kept = [ticket.purpose for ticket in frontier._lanes.tickets.values()]
        assert (kept.count(PAGE), kept.count(ASSET)) == (2, 8)


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_host", [1, 4])
@virtual_clock
async def test_at_max_pages_pages_stay_pending_and_all_targets_are_asked(tmp_path, per_host):
    limit = {"scope__max_pages": 2, "per_host": per_host}
    found = {"p": [wanted(ASSET, "1"), wanted(PAGE, "r")], "1": [wanted(ASSET, "2")]}
    async with opened(tmp_path, **limit) as frontier:
        await start(frontier, wanted(ASSET, "0", "late"), wanted(PAGE, "p", "q"))
        assert await walk(frontier, found) == [
            ("p", PAGE), ("0", ASSET), ("late", ASSET), ("1", ASSET), ("2", ASSET)
        ]  # fmt: skip
        assert (frontier.pages, frontier.pending) == (2, 2)
    async with opened(tmp_path, **limit) as frontier:
        assert (await frontier.pop(9), frontier.pending) == ([], 2)
    async with opened(tmp_path, **limit | {"scope__max_pages": 3}) as frontier:
        assert [name for name, _ in await walk(frontier)] == ["q"]


@virtual_clock
async def test_a_page_that_was_skipped_leaves_its_room_to_another_among_targets(tmp_path):
    async with opened(tmp_path, scope__max_pages=2) as frontier:
        await start(frontier, wanted(ASSET, *"12345678"), wanted(PAGE, "p", "q", "r"))
        (p,) = await frontier.pop(1)
        assert [ticket.purpose for ticket in await frontier.pop(2)] == [ASSET, ASSET]
        await finish(frontier, p, outcome=Outcome.SKIPPED)
        (q,) = await frontier.pop(1)
        assert q.url == SITE + "q"
        await finish(frontier, q)
        rest = [t.url[len(SITE) :] for t in [*await frontier.pop(1), *await frontier.pop(9)]]
        assert rest == ["3", "4"]


@virtual_clock
async def test_a_crawl_stopped_at_max_pages_asks_the_targets_that_were_left_when_it_goes_on(tmp_path):
    async with opened(tmp_path, scope__max_pages=1) as frontier:
        await start(frontier, wanted(ASSET, "a", "b"), wanted(PAGE, "p"))
    async with opened(tmp_path, scope__max_pages=1) as frontier:
        assert (frontier.pages, frontier.done_before, frontier.targets) == (1, 1, {"asset": 2})
        assert await walk(frontier) == [("a", ASSET), ("b", ASSET)]
        assert frontier.pending == 1


@virtual_clock
async def test_targets_have_no_depth_that_could_be_too_deep(tmp_path):
    async with opened(tmp_path, scope__max_depth=1) as frontier:
        deep = [wanted(PAGE, "deep"), wanted(ASSET, "a"), wanted(Purpose.STYLESHEET, "s")]
        found = {"p": deep, "s": [wanted(ASSET, "of-s")]}
        await start(frontier, wanted(PAGE, "p"))
        assert await walk(frontier, found) == [
            ("p", PAGE), ("s", Purpose.STYLESHEET), ("a", ASSET), ("of-s", ASSET)
        ]  # fmt: skip
        assert (frontier.known, frontier.targets) == (2, {"stylesheet": 1, "asset": 2})


@pytest.mark.parametrize("page_first", [True, False])
@virtual_clock
async def test_a_page_too_deep_is_asked_as_the_target_that_it_is_as_well(tmp_path, page_first):
    named = [wanted(PAGE, "x"), wanted(ASSET, "x")]
    first, second = named if page_first else named[::-1]
    async with opened(tmp_path, scope__max_depth=1) as frontier:
        await start(frontier, wanted(PAGE, "p", "q"))
        assert await walk(frontier, {"p": [first], "q": [second]}) == [
            ("p", PAGE), ("q", PAGE), ("x", ASSET)
        ]  # fmt: skip
        assert (frontier.known, frontier.pending) == (3, 0)


@virtual_clock
async def test_a_target_that_becomes_a_page_brings_what_lies_behind_it_as_near_as_it_is(tmp_path):
    found = {"p": [wanted(PAGE, "x")], "x": [wanted(PAGE, "y")], "y": [wanted(PAGE, "z")]}
    async with opened(tmp_path, scope__max_depth=3) as frontier:
        await start(frontier, wanted(ASSET, "x", "i"), wanted(PAGE, "p"))
        order = await walk(frontier, found)
        assert order == [("p", PAGE), ("x", PAGE), ("y", PAGE), ("i", ASSET)]
    async with opened(tmp_path, scope__max_depth=3) as frontier:
        assert (frontier.known, frontier.pending, frontier._depths.of(3)) == (4, 0, 2)


@virtual_clock
async def test_a_host_that_puts_every_target_off_does_not_make_the_crawl_incomplete(tmp_path):
    async with opened(tmp_path, fetch__busy_max=10.0) as frontier:
        elsewhere = [f"http://b.example/{n}" for n in range(3)]
        await start(frontier, links(*elsewhere, purpose=Purpose.EXTERNAL))
        (first,) = await frontier.pop(1)
        await frontier.fetched(first, HostFeedback(retry_after=60.0, elapsed=0.1, failed=True, put_off=True))
        await frontier.finish(Finished(first, Outcome.ERROR, Kind.HTTP_STATUS, b"{}"))
        assert (await frontier.pop(1), frontier.given_up, frontier.targets_pending) == ([], [], 2)


# -- kills -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(15))
@virtual_clock
async def test_after_any_kills_every_page_is_a_page_and_every_target_is_asked(tmp_path, seed):
    """A random graph in which a URL may be named as both, by whoever comes first; batches are lost."""
    chance = random.Random(seed)
    names = [f"n{n}" for n in range(60)]
    graph = {
        name: (chance.sample(names, chance.randint(0, 3)), chance.sample(names, chance.randint(0, 3)))
        for name in names
    }
    reachable, todo = {""}, [""]
    graph[""] = (names[:2], names[2:6])
    while todo:
        for name in graph[todo.pop()][0]:
            if name not in reachable:
                reachable.add(name)
                todo.append(name)
    named = {name for page in reachable for name in graph[page][1]} - reachable
    committed: list[tuple[str, Purpose]] = []
    batch = 0
    for stop_after in (chance.randint(2, 30), chance.randint(2, 40), 10**6):
        async with opened(tmp_path, per_host=5) as frontier:
            await frontier.add([SITE])

            async def worker(ticket: Ticket, frontier=frontier, stop_after=stop_after) -> None:
                nonlocal batch
                await asyncio.sleep(chance.random() * 10)
                if chance.random() < 0.2:
                    await frontier.fetched(ticket, HostFeedback())
                    await frontier.retry(ticket, chance.random() * 5)
                    return
                name = ticket.url[len(SITE) :]
                found = graph[name] if ticket.purpose is PAGE else ([], [])
                finished = await finish(frontier, ticket, wanted(ASSET, *found[1]), wanted(PAGE, *found[0]))
                if chance.random() < 0.7 or stop_after == 10**6:
                    batch += 1
                    committed.append((name, ticket.purpose))
                    await frontier.commit([Commit(batch, (finished,), {})])

            handed_out = 0
            async with asyncio.TaskGroup() as group:
                while handed_out < stop_after and (tickets := await frontier.pop(3)):
                    handed_out += len(tickets)
                    for ticket in tickets:
                        group.create_task(worker(ticket))
            known, targets = frontier.known, frontier.targets
    assert len(committed) == len(set(committed))
    assert {name for name, purpose in committed if purpose is PAGE} == reachable
    asked = {name for name, purpose in committed if purpose is ASSET}
    assert named <= asked <= named | reachable
    async with opened(tmp_path) as frontier:
        assert (await frontier.pop(1), frontier.known, frontier.targets) == ([], known, targets)
        assert known == len(reachable)
        assert targets.get("asset", 0) == len(asked)
