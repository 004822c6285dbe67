"""A further generation: its database, what it knows of the one before, and how unchanged pages lead on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from crawler.config import Config
from crawler.frontier.earlier_thread import EarlierGeneration
from crawler.frontier.next_generation import make_database
from crawler.frontier.schema import SCHEMA_VERSION, WITHOUT_PAGES
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView, generations, open_view
from crawler.model import record
from crawler.model.errors import OutputError
from crawler.model.messages import Commit, Finished, Hop, HostFeedback, Links, Redirect, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.page_version import PageVersion
from crawler.model.rows import Unchanged
from crawler.rules.dedup import fingerprint, fingerprints
from crawler.sinks.jsonl import JsonlSink

SITE, SEED = "http://a.example/", 7
AT = 1_790_000_000.0


def links(*urls: str, purpose: Purpose = Purpose.PAGE) -> Links:
    return Links("\n".join(urls).encode(), fingerprints(urls, SEED), purpose)


def done(ticket: Ticket, *led: Links, outcome: Outcome = Outcome.OK, **more: Any) -> Finished:
    kind = {Outcome.OK: None, Outcome.ERROR: Kind.HTTP_STATUS, Outcome.SKIPPED: Kind.REDIRECTED}[outcome]
    line = record.encode(
        record.of_ticket(
            ticket, outcome, kind, title=ticket.url, fetched_at="2026-01-01T00:00:00.000Z", status=200
        )
    )
    version = (
        None if outcome is Outcome.ERROR else PageVersion(AT, f'"{ticket.url}"', None, "gzip", b"c" * 16, 5)
    )
    return Finished(ticket, outcome, kind, line, led, **({"version": version} | more))


class Crawling:
    """One generation, crawled by hand."""

    def __init__(self, out: Path, frontier: Any, earlier: EarlierGeneration | None) -> None:
        self.out, self.frontier, self.earlier = out, frontier, earlier
        self._batch, self._position = 0, 0

    async def tickets(self, most: int = 9) -> dict[str, Ticket]:
        found = await self.frontier.pop(most)
        for ticket in found:
            await self.frontier.fetched(ticket, HostFeedback())
        return {ticket.url.removeprefix(SITE): ticket for ticket in found}

    async def all_tickets(self) -> dict[str, Ticket]:
        """All that wait."""
        found: dict[str, Ticket] = {}
        while self.frontier.pending:
            found |= await self.tickets()
        return found

    async def commit(self, *finished: Finished) -> None:
        """As the writers would: the records, then the commit."""
        for one in finished:
            await self.frontier.finish(one)
        generation = self.frontier.generation
        with (self.out / JsonlSink.file_of(generation)).open("ab") as file:
            file.writelines(one.record + b"\n" for one in finished if one.ticket.purpose.is_recorded)
            self._position = file.tell()
        self._batch += 1
        await self.frontier.commit([Commit(self._batch, finished, {"jsonl": self._position})])


@asynccontextmanager
async def crawling(out: Path, generation: int = 1, **scope: Any) -> AsyncIterator[Crawling]:
    earlier = None
    if generation > 1:
        where = JsonlSink, out / JsonlSink.file_of(generation - 1)
        await asyncio.to_thread(make_database, out, generation, {"generation": str(generation)}, {}, SEED)
        earlier = await asyncio.to_thread(EarlierGeneration, out, generation, SEED, where, None)
    state = await asyncio.to_thread(CrawlState, out)
    config = Config(politeness={"per_host": 9, "delay": 0.0, "throttle": False}, scope=scope)
    frontier = state.frontier(config, SEED, generation, earlier)
    try:
        await frontier.restore()
        yield Crawling(out, frontier, earlier)
    finally:
        await asyncio.to_thread(state.close)
        if earlier is not None:
            await asyncio.to_thread(earlier.close)


async def crawl_once(out: Path, **scope: Any) -> None:
    """``/`` links to a, b and the image i; a redirects to c; b fails."""
    async with crawling(out, **scope) as crawl:
        await crawl.frontier.add([SITE])
        found = await crawl.tickets()
        both = links(SITE + "a", SITE + "b"), links(SITE + "i", purpose=Purpose.ASSET)
        await crawl.commit(done(found[""], *both, links_out_of_scope=3, login="Log in"))
        hop = Redirect(SITE + "c", (Hop(SITE + "a", 301, "/c"),))
        while found := await crawl.tickets():
            for name, ticket in found.items():
                if name == "a":
                    await crawl.commit(done(ticket, outcome=Outcome.SKIPPED, redirect=hop))
                else:
                    await crawl.commit(done(ticket, outcome=Outcome.ERROR if name == "b" else Outcome.OK))


async def take_over(crawl: Crawling, ticket: Ticket, found: Unchanged | None = None) -> Finished:
    assert crawl.earlier is not None
    page = await crawl.earlier.find(ticket.url)
    assert page is not None
    finished = await crawl.earlier.take_over(ticket, page, found)
    assert finished is not None
    return finished


async def test_pages_that_are_taken_over_lead_on_as_they_did(tmp_path):
    await crawl_once(tmp_path)
    async with crawling(tmp_path, 2) as crawl:
        await crawl.frontier.add([SITE])
        root = (await crawl.tickets())[""]
        assert root.generation == 2
        taken = await take_over(crawl, root, Unchanged(AT + 60, 12.5))
        line = record.decode(taken.record)
        assert (line.title, line.generation, line.unchanged) == (SITE, 2, True)
        assert (line.fetched_at, line.elapsed_ms) == (record.timestamp(AT + 60), 12.5)
        assert (taken.links_out_of_scope, taken.login) == (3, "Log in")
        assert taken.version == PageVersion(
            AT + 60, f'"{SITE}"', None, "gzip", b"c" * 16, 5, is_unchanged=True
        )
        await crawl.commit(taken)
        found = await crawl.all_tickets()
        purposes = {name: ticket.purpose for name, ticket in found.items()}
        assert purposes == {"a": Purpose.PAGE, "b": Purpose.PAGE, "i": Purpose.ASSET}
        moved = await take_over(crawl, found["a"])  # not asked for
        assert record.decode(moved.record).fetched_at == "2026-01-01T00:00:00.000Z"
        await crawl.commit(moved, done(found["b"]), done(found["i"]))
        last = await crawl.tickets()
        assert last["c"].redirects == (Hop(SITE + "a", 301, "/c"),)
        await crawl.commit(done(last["c"]))
        assert await crawl.frontier.pop(1) == []


async def test_a_third_generation_has_it_from_the_second(tmp_path):
    await crawl_once(tmp_path)
    for generation in (2, 3, 4):
        async with crawling(tmp_path, generation) as crawl:
            await crawl.frontier.add([SITE])
            urls: list[str] = []
            while found := await crawl.tickets():
                urls += sorted(found)
                for name, ticket in found.items():
                    is_taken = name not in ("b", "i")
                    await crawl.commit(await take_over(crawl, ticket) if is_taken else done(ticket))
            assert sorted(urls) == ["", "a", "b", "c", "i"]


async def test_depths_are_right_where_pages_are_taken_over(tmp_path):
    """A page that is taken over has no URLs of its links; they are looked up all the same."""
    await crawl_once(tmp_path, max_depth=1)
    async with crawling(tmp_path, 2, max_depth=1) as crawl:
        await crawl.frontier.add([SITE])
        root = (await crawl.tickets())[""]
        await crawl.commit(await take_over(crawl, root))
        found = await crawl.all_tickets()
        assert {name: ticket.depth for name, ticket in found.items()} == {"a": 1, "b": 1, "i": 1}


async def test_links_that_nobody_knows_by_their_fingerprint_are_left_out(tmp_path):
    await crawl_once(tmp_path)
    async with crawling(tmp_path, 2) as crawl:
        await crawl.frontier.add([SITE])
        root = (await crawl.tickets())[""]
        marks = fingerprints([SITE + "nobody", SITE + "a", SITE], SEED)
        await crawl.commit(done(root, Links(fingerprints=marks)))
        assert set(await crawl.all_tickets()) == {"a"}
        assert await crawl.earlier.urls_of([fingerprint(SITE + "nobody", SEED)]) == {}


async def test_what_did_not_end_is_not_known(tmp_path):
    async with crawling(tmp_path) as crawl:
        await crawl.frontier.add([SITE])
        await crawl.commit(done((await crawl.tickets())[""], links(SITE + "waits")))
    async with crawling(tmp_path, 2) as crawl:
        found = await asyncio.gather(
            *(crawl.earlier.find(url) for url in (SITE, SITE + "waits", SITE + "x", SITE))
        )
        assert [page is not None for page in found] == [True, False, False, True]


async def test_nothing_of_the_generation_before_is_changed(tmp_path):
    await crawl_once(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    async with crawling(tmp_path, 2) as crawl:
        await crawl.frontier.add([SITE])
        await crawl.commit(await take_over(crawl, (await crawl.tickets())[""]))
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: after.get(name) for name in before} == before
    assert set(after) - set(before) == {"crawl@2.db", "records@2.jsonl"}


async def test_a_half_made_database_is_nobodys(tmp_path):
    await crawl_once(tmp_path)
    await asyncio.to_thread((tmp_path / ".crawl@2.db.new").write_bytes, b"half a database")
    assert await asyncio.to_thread(generations, tmp_path) == [1]
    await asyncio.to_thread(make_database, tmp_path, 2, {"generation": "2"}, {"sqlite": 5}, SEED)
    assert await asyncio.to_thread(generations, tmp_path) == [1, 2]

    def look() -> None:
        with open_view(tmp_path) as view:
            assert (view.generation, view.positions(), view.counts()["pending"]) == (2, {"sqlite": 5}, 0)
        with open_view(tmp_path, 1) as view:
            assert view.counts()["ok"] == 2

    await asyncio.to_thread(look)


async def test_a_generation_that_is_not_there_is_refused(tmp_path):
    def opened(generation: int) -> None:
        with open_view(tmp_path, generation):
            pass

    with pytest.raises(OutputError, match="holds no crawl"):
        await asyncio.to_thread(opened, 1)
    await crawl_once(tmp_path)
    with pytest.raises(OutputError, match=r"has no generation 3; allowed: only 1$"):
        await asyncio.to_thread(opened, 3)
    await asyncio.to_thread(make_database, tmp_path, 2, {"generation": "2"}, {}, SEED)
    with pytest.raises(OutputError, match=r"has no generation 3; allowed: 1 to 2$"):
        await asyncio.to_thread(opened, 3)


def make_older(out: Path) -> None:
    """Its database as the version before had written it."""
    with closing(sqlite3.connect(out / "crawl.db")) as db:
        db.executescript(f"DROP TABLE pages; PRAGMA user_version = {WITHOUT_PAGES};")


def rows_of(out: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(out / "crawl.db")) as db:
        return db.execute(query).fetchall()


async def test_a_crawl_of_the_schema_before_is_taken_over(tmp_path):
    """It knows which URLs there are, but nothing by which they could be compared."""
    await crawl_once(tmp_path)
    await asyncio.to_thread(make_older, tmp_path)
    async with crawling(tmp_path, 2) as crawl:
        page = await crawl.earlier.find(SITE)
        assert (page.outcome, page.version) == (Outcome.OK, None)
        assert await crawl.earlier.take_over(Ticket(1, SITE, 1, 0), page, None) is None
        changes = await asyncio.to_thread(crawl.earlier.changes, is_whole=True)
        assert changes["gone"] == 2


async def test_an_unfinished_crawl_of_the_schema_before_goes_on(tmp_path):
    await crawl_once(tmp_path)
    await asyncio.to_thread(make_older, tmp_path)
    state = await asyncio.to_thread(CrawlState, tmp_path)
    assert await asyncio.to_thread(state.read, FrontierView.generation.fget) == 1
    await asyncio.to_thread(state.close)
    assert await asyncio.to_thread(rows_of, tmp_path, "SELECT count(*) FROM pages") == [(0,)]
    assert await asyncio.to_thread(rows_of, tmp_path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


async def test_what_changed_is_counted(tmp_path):
    async with crawling(tmp_path) as crawl:
        await crawl.frontier.add([SITE])
        names = ["same", "edited", "deleted", "unlinked", "moved", "failing", "was_failing"]
        await crawl.commit(done((await crawl.tickets())[""], links(*(SITE + name for name in names))))
        found = await crawl.all_tickets()
        failing = done(found.pop("was_failing"), outcome=Outcome.ERROR)
        await crawl.commit(failing, *(done(ticket) for ticket in found.values()))
    async with crawling(tmp_path, 2) as crawl:
        await crawl.frontier.add([SITE])
        names = ["same", "edited", "deleted", "moved", "failing", "was_failing", "fresh"]
        root = (await crawl.tickets())[""]
        changed = PageVersion(AT, content_hash=b"d" * 16, near_hash=-1_234_567_890_123)
        await crawl.commit(done(root, links(*(SITE + name for name in names)), version=changed))
        found = await crawl.all_tickets()
        gone = record.encode(
            record.of_ticket(found["deleted"], Outcome.ERROR, None, status=410, fetched_at="")
        )
        await crawl.commit(
            await take_over(crawl, found["same"]),
            done(found["edited"], version=changed),
            Finished(found["deleted"], Outcome.ERROR, Kind.HTTP_STATUS, gone),
            done(found["moved"], outcome=Outcome.SKIPPED),
            done(found["failing"], outcome=Outcome.ERROR),
            done(found["was_failing"]),
            done(found["fresh"]),
        )
        whole = await asyncio.to_thread(crawl.earlier.changes, is_whole=True)
        assert whole == {
            "unchanged": 1,
            "cosmetic": 0,
            "changed": 3,  # the root, edited, moved
            "new": 2,
            "gone": 2,
            "gone_urls": [
                {"url": SITE + "deleted", "why": "410"},
                {"url": SITE + "unlinked", "why": "linked no more"},
            ],
        }
        part = await asyncio.to_thread(crawl.earlier.changes, is_whole=False)
        assert part["gone_urls"] == [{"url": SITE + "deleted", "why": "410"}]
