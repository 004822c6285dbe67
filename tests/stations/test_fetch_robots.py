"""robots.txt before anything else: asked for once, obeyed, kept; redirects on the way to it."""

import asyncio

import pytest

from crawler.fetch.attempt import Deferred
from crawler.fetch.robots_cache import KEEP_SECONDS, MAX_REDIRECTS
from crawler.model.messages import Finished, Page, StoredRobots
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import (
    FORBID,
    Clock,
    Served,
    always,
    by_target,
    byte_server,
    ok,
    rig,
    robots_site,
)
from tests.stations.no_frontier import NoFrontier


async def test_what_it_forbids_is_not_requested(tmp_path):
    async with robots_site(tmp_path, ok(FORBID)) as (served, fetching):
        exchange = await fetching.fetch(f"{served.url}/private")
        assert isinstance(exchange.result, Finished)
        assert (exchange.result.outcome, exchange.result.kind) == (Outcome.SKIPPED, Kind.ROBOTS)
        line = await fetching.ended(f"{served.url}/private")
        assert (line.status, line.elapsed_ms, line.message) == (None, None, "robots.txt does not allow it.")
        assert line.fetched_at.endswith("Z")
        assert served.targets == ["/robots.txt"]
        assert fetching.counters.requests == 1


async def test_what_it_allows_is_fetched_and_it_is_asked_for_once(tmp_path):
    async with robots_site(tmp_path, ok(FORBID)) as (served, fetching):
        for _ in range(3):
            exchange = await fetching.fetch(f"{served.url}/")
            assert isinstance(exchange.result, Page)
            assert exchange.feedback.crawl_delay == 2.0
        assert served.targets == ["/robots.txt", "/", "/", "/"]
        assert fetching.counters.requests == 4


async def test_robots_txt_is_a_request_so_the_page_waits_for_its_turn(tmp_path):
    async with robots_site(tmp_path, ok(FORBID)) as (served, fetching):
        both = [await fetching.fetch_once(f"{served.url}{path}") for path in ("/", "/private")]
        assert isinstance(both[0].result, Deferred)
        # The second one finds robots.txt in memory: its host was not asked for it.
        assert [(one.feedback.asked, one.feedback.crawl_delay) for one in both] == [(True, 2.0), (False, 2.0)]
        assert served.targets == ["/robots.txt"]
        assert (await fetching.fetch_once(f"{served.url}/")).feedback.elapsed > 0


async def test_who_waits_for_another_ones_robots_txt_asked_nobody(tmp_path):
    async with robots_site(tmp_path, ok(FORBID)) as (served, fetching):
        results = await asyncio.gather(*(fetching.fetch_once(f"{served.url}/") for _ in range(5)))
        assert all(isinstance(exchange.result, Deferred) for exchange in results)
        assert sorted(exchange.feedback.asked for exchange in results) == [False] * 4 + [True]


async def test_redirects_on_the_way_to_it_wait_for_their_turn(tmp_path):
    waited = []

    class Frontier(NoFrontier):
        async def turn(self, url: str) -> None:
            waited.append(url)

    moved = ok(b"", "Location: /rules\r\n", "301 Moved")
    async with robots_site(tmp_path, moved, frontier=Frontier()) as (served, fetching):
        await fetching.fetch(f"{served.url}/")
        assert waited == [f"{served.url}/rules"]


async def test_crawl_delay_is_capped(tmp_path):
    async with robots_site(tmp_path, ok(b"User-agent: *\nCrawl-delay: 9999")) as (served, fetching):
        assert (await fetching.fetch(f"{served.url}/")).feedback.crawl_delay == 60.0


async def test_it_is_not_asked_for_when_it_is_not_obeyed(tmp_path):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.fetch(f"{served.url}/")).feedback.crawl_delay is None
        assert served.targets == ["/"]


async def test_many_workers_ask_once(tmp_path):
    async with robots_site(tmp_path, ok(FORBID)) as (served, fetching):
        results = await asyncio.gather(*(fetching.fetch(f"{served.url}/") for _ in range(20)))
        assert all(isinstance(exchange.result, Page) for exchange in results)
        assert served.targets.count("/robots.txt") == 1


async def test_when_the_one_who_asks_is_cancelled_the_next_one_asks(tmp_path):
    async def slow_once(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if len(served.heads) == 1:
            await asyncio.Event().wait()
        writer.write(ok(FORBID) if " /robots.txt " in head else ok())
        await writer.drain()

    async with (
        byte_server(slow_once) as served,
        rig(tmp_path, served.url, obey=True, timeout=20) as fetching,
    ):
        first = asyncio.ensure_future(fetching.fetch(f"{served.url}/"))
        while not served.heads:
            await asyncio.sleep(0)
        others = [asyncio.ensure_future(fetching.fetch(f"{served.url}/")) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        for exchange in await asyncio.gather(*others):
            assert isinstance(exchange.result, Page)
        assert served.targets.count("/robots.txt") == 2


async def test_each_origin_is_asked(tmp_path):
    async with (
        byte_server(by_target({"/robots.txt": ok(FORBID), "/private": ok()})) as strict,
        byte_server(by_target({"/private": ok()})) as open_,
        rig(tmp_path, strict.url, open_.url, obey=True) as fetching,
    ):
        assert (await fetching.ended(f"{strict.url}/private")).kind is Kind.ROBOTS
        assert (await fetching.page(f"{open_.url}/private")).status == 200


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "401 Who", "410 Gone"])
async def test_none_there_allows_everything(tmp_path, status):
    async with robots_site(tmp_path, ok(FORBID, status=status)) as (served, fetching):
        assert (await fetching.page(f"{served.url}/private")).status == 200


async def test_it_is_kept_for_a_day(tmp_path):
    clock = Clock()
    async with robots_site(tmp_path, ok(FORBID), now=clock) as (served, fetching):
        for seconds, times in ((0, 1), (KEEP_SECONDS - 1, 1), (1, 2)):
            clock.now += seconds
            await fetching.ended(f"{served.url}/private")
            assert served.targets.count("/robots.txt") == times


async def test_it_is_read_to_its_limit_and_half_a_line_forbids_nothing(tmp_path):
    # The default limit falls between "Disallow: /" and "private".
    head = b"User-agent: *\nDisallow: /private\n"
    text = head + b"#" * (524_288 - len(head) - 12) + b"\nDisallow: /private-too\n"
    assert text[:524_288].endswith(b"Disallow: /")
    async with robots_site(tmp_path, ok(text)) as (served, fetching):
        assert (await fetching.page(f"{served.url}/")).status == 200
        assert (await fetching.ended(f"{served.url}/private")).kind is Kind.ROBOTS


# -- redirects -------------------------------------------------------------------------------


async def test_redirects_are_followed_even_to_another_host(tmp_path):
    async with byte_server(by_target({"/rules": ok(FORBID)})) as other:
        moved = ok(b"", f"Location: {other.url}/rules\r\n", "301 Moved")
        async with robots_site(tmp_path, moved, allow_addresses=["127.0.0.1"]) as (served, fetching):
            assert (await fetching.ended(f"{served.url}/private")).kind is Kind.ROBOTS
            assert other.targets == ["/rules"]


@pytest.mark.parametrize(
    ("location", "requests"),
    [("Location: /robots.txt\r\n", MAX_REDIRECTS + 1), ("", 1), ("Location: ftp://x/\r\n", 1)],
)
async def test_redirects_that_lead_nowhere_mean_that_there_is_none(tmp_path, location, requests):
    async with robots_site(tmp_path, ok(b"", location, "302 Found")) as (served, fetching):
        assert (await fetching.page(f"{served.url}/private")).status == 200
        assert served.targets.count("/robots.txt") == requests


@pytest.mark.parametrize(("hops", "obeyed"), [(MAX_REDIRECTS, True), (MAX_REDIRECTS + 1, False)])
async def test_five_redirects_are_followed(tmp_path, hops, obeyed):
    pages = {
        "/robots.txt" if n == 0 else f"/{n}": ok(b"", f"Location: /{n + 1}\r\n", "301 Moved")
        for n in range(hops)
    }
    pages |= {f"/{hops}": ok(FORBID), "/private": ok()}
    async with byte_server(by_target(pages)) as served, rig(tmp_path, served.url, obey=True) as fetching:
        result = (await fetching.fetch(f"{served.url}/private")).result
        assert isinstance(result, Finished) is obeyed


# -- kept between runs -----------------------------------------------------------------------


async def test_what_was_stored_is_not_asked_for(tmp_path):
    asked = []

    class Frontier(NoFrontier):
        async def load_robots(self, origin: str) -> StoredRobots:
            asked.append(origin)
            return StoredRobots(200, FORBID)

    async with robots_site(tmp_path, ok(b""), frontier=Frontier()) as (served, fetching):
        for _ in range(2):
            assert (await fetching.ended(f"{served.url}/private")).kind is Kind.ROBOTS
        assert asked == [served.url]
        assert served.targets == []


HOUR = 3_600


@pytest.mark.parametrize(
    ("age", "seconds", "is_asked"),
    [
        (23 * HOUR, HOUR - 1, False),
        (23 * HOUR, HOUR, True),
        (24 * HOUR, 0, True),
        (47 * HOUR, 0, True),
        (-1, 0, True),  # the clock was set back: nobody knows how old it is
    ],
)
async def test_what_was_stored_stands_for_a_day_from_when_it_was_fetched(tmp_path, age, seconds, is_asked):
    clock = Clock()

    class Frontier(NoFrontier):
        async def load_robots(self, origin: str) -> StoredRobots:
            return StoredRobots(200, FORBID, age)

    async with robots_site(tmp_path, ok(FORBID), frontier=Frontier(), now=clock) as (served, fetching):
        await fetching.ended(f"{served.url}/private")
        clock.now += seconds
        await fetching.ended(f"{served.url}/private")
        assert served.targets.count("/robots.txt") == is_asked


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
async def test_what_was_answered_is_stored(tmp_path, status):
    stored = []

    class Frontier(NoFrontier):
        async def save_robots(self, *saved: object) -> None:
            stored.append(saved)

    async with robots_site(tmp_path, ok(FORBID, status=status), frontier=Frontier()) as (served, fetching):
        await fetching.fetch(f"{served.url}/")
        body = FORBID if status == "200 OK" else b""
        assert stored == [(served.url, int(status[:3]), body)]


async def test_a_failure_is_not_stored(tmp_path):
    """Would catch a 502 that is kept as the robots.txt of the host: the frontier here refuses to store."""

    class Frontier(NoFrontier):
        async def save_robots(self, *saved: object) -> None:
            raise AssertionError(saved)

    async with robots_site(tmp_path, ok(b"", status="502 Bad"), frontier=Frontier()) as (served, fetching):
        await fetching.ended(f"{served.url}/")
