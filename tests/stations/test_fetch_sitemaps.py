"""Sitemaps on the wire: their own media types and size, their own scope, and what robots.txt says of them."""

from collections.abc import Sequence

import pytest

from crawler.config import Config
from crawler.fetch.attempt import Deferred
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.robots_cache import RobotsCache
from crawler.model.messages import Finished, Page, StoredRobots, Ticket
from crawler.model.outcomes import Kind, Purpose
from crawler.rules.scope import Scope
from crawler.trace.steps import Step
from tests.stations.fetch_servers import by_target, byte_server, ok, rig, scopes_of
from tests.stations.no_frontier import NoFrontier


def ticket(url: str, purpose: Purpose) -> Ticket:
    return Ticket(7, url, 1, 0, purpose=purpose)


@pytest.mark.parametrize(
    ("media", "wanted"),
    [
        ("application/xml", True),
        ("application/x-gzip", True),
        ("application/octet-stream", True),
        ("application/rss+xml; charset=utf-8", True),
        ("text/plain", True),
        ("image/png", False),
        ("application/pdf", False),
    ],
)
async def test_a_sitemap_has_types_of_its_own(tmp_path, media, wanted):
    answer = ok(b"\x1f\x8b...", f"Content-Type: {media}\r\n")
    async with byte_server(by_target({"/s": answer})) as served, rig(
        tmp_path, served.url, content_types=["text/html"]
    ) as fetching:  # fmt: skip
        result = (await fetching.fetch(f"{served.url}/s", purpose=Purpose.SITEMAP)).result
        assert isinstance(result, Page) is wanted
        if not wanted:
            assert isinstance(result, Finished)
            assert result.kind is Kind.CONTENT_TYPE
        assert (await fetching.ended(f"{served.url}/s")).kind is Kind.CONTENT_TYPE


async def test_a_sitemap_has_a_limit_of_its_own(tmp_path):
    config = Config(
        fetch={"max_body": 10, "retries": 0}, sitemaps={"max_bytes": 1024}, robots={"obey": False}
    )
    async with (
        byte_server(by_target({"/s": ok(b"x" * 2_000)})) as served,
        rig(tmp_path, served.url) as fetching,
    ):
        fetcher = Fetcher(
            config,
            scopes_of(Scope(frozenset())),
            fetching.backend,
            fetching.robots,
            NoFrontier(),
            tmp_path,
            fetching.counters,
        )
        for purpose, size in ((Purpose.PAGE, 10), (Purpose.SITEMAP, 1024)):
            page = (await fetcher.fetch(ticket(f"{served.url}/s", purpose), Step("fetch", "f"))).result
            assert isinstance(page, Page)
            assert (page.size, page.truncated) == (size, True)


async def test_redirects_of_a_sitemap_stay_where_sitemaps_may_lie(tmp_path):
    async with byte_server(by_target({})) as other:
        answers = {
            "/in": ok(b"", "Location: /moved\r\n", "301 Moved"),
            "/out": ok(b"", f"Location: {other.url}/\r\n", "301 Moved"),
        }
        async with byte_server(by_target(answers)) as served, rig(tmp_path, served.url) as fetching:
            scope = Scope(frozenset([served.url]), include=("/blog/",))
            fetcher = Fetcher(
                fetching.config,
                scopes_of(scope, scope.for_sitemaps([])),
                fetching.backend,
                fetching.robots,
                NoFrontier(),
                tmp_path,
                fetching.counters,
            )
            kinds = [
                (await fetcher.fetch(ticket(f"{served.url}{path}", purpose), Step("fetch", "f"))).result.kind
                for path, purpose in (
                    ("/in", Purpose.SITEMAP),
                    ("/in", Purpose.PAGE),
                    ("/out", Purpose.SITEMAP),
                )
            ]
            assert kinds == [Kind.REDIRECTED, Kind.OUT_OF_SCOPE, Kind.OUT_OF_SCOPE]


ROBOTS = b"Sitemap: /a.xml\nSitemap: http://o.example/b.xml#x\nSitemap: ftp://h/\nSitemap: /a.xml\n"


async def test_what_robots_txt_names_is_offered_before_anybody_acts_on_it(tmp_path):
    offered: list[list[str]] = []
    stored: dict[str, StoredRobots] = {}

    class Frontier(NoFrontier):
        async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
            assert purpose is Purpose.SITEMAP
            offered.append(list(urls))
            return len(urls)

        async def save_robots(self, origin: str, status: int, body: bytes) -> None:
            stored[origin] = StoredRobots(status, body)

        async def load_robots(self, origin: str) -> StoredRobots | None:
            return stored.get(origin)

    config = Config(fetch={"retries": 0}, robots={"obey": False}, sitemaps={"follow": True})
    answers = {"/robots.txt": ok(ROBOTS), "/a.xml": ok(b""), "/": ok()}
    async with byte_server(by_target(answers)) as served, rig(tmp_path, served.url) as fetching:
        named = [f"{served.url}/a.xml", "http://o.example/b.xml"]
        for _ in range(2):  # the second time as after a resume
            scopes = scopes_of(Scope(frozenset()), Scope(frozenset([served.url, "http://o.example"])))
            robots = RobotsCache(fetching.backend, config, scopes, Frontier())
            fetcher = Fetcher(
                config, scopes, fetching.backend, robots, Frontier(), tmp_path, fetching.counters
            )
            for path, purpose in (("/", Purpose.PAGE), ("/a.xml", Purpose.SITEMAP)):
                # A URL that was known before as a page is read as the sitemap that it is.
                page = ticket(f"{served.url}{path}", Purpose.PAGE)
                result = (await fetcher.fetch(page, Step("fetch", "f"))).result
                if isinstance(result, Deferred):  # robots.txt was asked for in its place
                    result = (await fetcher.fetch(page, Step("fetch", "f"))).result
                assert isinstance(result, Page)
                assert result.ticket.purpose is purpose
        assert offered == [named, named]
        assert served.targets.count("/robots.txt") == 1


async def test_an_unreachable_robots_txt_that_is_not_obeyed_stops_nothing(tmp_path):
    config = Config(fetch={"retries": 0}, robots={"obey": False}, sitemaps={"follow": True})
    answers = {"/robots.txt": ok(b"", status="503 Busy"), "/": ok()}
    async with byte_server(by_target(answers)) as served, rig(tmp_path, served.url) as fetching:
        scopes, frontier = scopes_of(Scope(frozenset([served.url]))), NoFrontier()
        robots = RobotsCache(fetching.backend, config, scopes, frontier)
        fetcher = Fetcher(config, scopes, fetching.backend, robots, frontier, tmp_path, fetching.counters)
        result = (await fetcher.fetch(ticket(f"{served.url}/", Purpose.PAGE), Step("fetch", "f"))).result
        assert isinstance(result, Page)
