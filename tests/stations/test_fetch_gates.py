"""Gates: pages that are shown only to who comes with a cookie that a redirect has set."""

import asyncio

import pytest

from crawler.model.messages import Finished, Hop
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import Answer, Served, always, by_target, byte_server, ok, rig
from tests.stations.no_frontier import NoFrontier

KEPT = {"cookies": True}


def to(location: str, headers: str = "", status: str = "302 Found") -> bytes:
    return ok(b"", f"Location: {location}\r\n{headers}", status)


def gate(cookie: str = "seen=1", back: str | None = None) -> Answer:
    """Every page leads to /check unless the cookie is there; that sets it and leads ``back``, or there."""

    async def answer(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        path, _, asked = head.split(" ", 2)[1].partition("?")
        if path == "/check":
            writer.write(to(back or asked, f"Set-Cookie: {cookie}; Path=/\r\n"))
        elif f"Cookie: {cookie}\r\n" in head:
            writer.write(ok(f"<title>{path}".encode()))
        else:
            writer.write(to(f"/check?{path}" if back is None else "/check"))
        await writer.drain()

    return answer


async def test_a_hop_that_changes_a_cookie_is_followed_in_the_same_ticket(tmp_path, kept):
    async with byte_server(gate(back="/")) as served, rig(tmp_path, served.url, session=KEPT) as fetching:
        first = (await fetching.fetch(f"{served.url}/")).result
        assert isinstance(first, Finished)
        assert first.kind is Kind.REDIRECTED
        assert first.redirect is not None
        assert first.redirect.url == f"{served.url}/check"
        page = await fetching.page(first.redirect.url, redirects=first.redirect.hops)
        assert (page.status, page.body) == (200, b"<title>/")
        assert (page.ticket.url, page.final_url, page.url) == (f"{served.url}/check", *[f"{served.url}/"] * 2)
        hops = (Hop(f"{served.url}/", 302, "/check"), Hop(f"{served.url}/check", 302, "/"))
        assert page.ticket.redirects == hops
        assert served.targets == ["/", "/check", "/"]
        # Behind the gate all pages are read at once.
        assert (await fetching.page(f"{served.url}/b")).final_url is None


async def test_so_is_each_page_with_a_gate_of_its_own(tmp_path):
    async with byte_server(gate()) as served, rig(tmp_path, served.url, session=KEPT) as fetching:
        page = await fetching.page(f"{served.url}/check?/deep/page")
        assert page.final_url == f"{served.url}/deep/page"
        assert page.body == b"<title>/deep/page"


async def test_a_gate_that_was_passed_already_is_tried_again_and_the_page_read(tmp_path):
    """The cookie has ended, or was lost with an earlier run, and the gate is known by now."""

    class Frontier(NoFrontier):
        def knows(self, url: str) -> bool:
            return url.endswith("/check")

    async with (
        byte_server(gate(back="/")) as served,
        rig(tmp_path, served.url, session=KEPT, frontier=Frontier()) as fetching,
    ):
        page = await fetching.page(f"{served.url}/b")
        assert (page.body, page.final_url) == (b"<title>/b", None)
        assert served.targets == ["/b", "/check", "/b"]
        assert page.ticket.redirects == (Hop(f"{served.url}/b", 302, "/check"),)


@pytest.mark.parametrize(
    "known", [ok(), ok(b"", status="500 Oops"), to("/else"), to("/else", "Set-Cookie: a=1; Max-Age=0\r\n")]
)
async def test_a_known_page_that_is_no_gate_changes_nothing(tmp_path, known):
    class Frontier(NoFrontier):
        def knows(self, url: str) -> bool:
            return url.endswith("/known")

    async with (
        byte_server(by_target({"/old": to("/known"), "/known": known})) as served,
        rig(tmp_path, served.url, session=KEPT, frontier=Frontier()) as fetching,
    ):
        line = await fetching.ended(f"{served.url}/old")
        assert (line.outcome, line.kind, line.status) == (Outcome.SKIPPED, Kind.REDIRECTED, 302)
        assert (line.final_url, line.redirects) == (f"{served.url}/known", ())
        assert served.targets == ["/old", "/known"]


async def test_a_known_gate_that_does_not_open_ends_as_a_redirect_to_it(tmp_path):
    class Frontier(NoFrontier):
        def knows(self, url: str) -> bool:
            return url.endswith("/check")

    site = by_target({"/b": to("/check"), "/check": to("/", "Set-Cookie: seen=1\r\n")})
    async with (
        byte_server(site) as served,
        rig(tmp_path, served.url, session=KEPT, frontier=Frontier()) as fetching,
    ):
        line = await fetching.ended(f"{served.url}/b")
        assert (line.kind, line.final_url, line.redirects) == (Kind.REDIRECTED, f"{served.url}/check", ())
        assert served.targets == ["/b", "/check", "/b"]


async def test_without_cookies_a_gate_stays_shut(tmp_path):
    async with byte_server(gate(back="/")) as served, rig(tmp_path, served.url) as fetching:
        hop = Hop(f"{served.url}/", 302, "/check")
        line = await fetching.ended(f"{served.url}/check", redirects=(hop,))
        assert (line.kind, line.redirects) == (Kind.REDIRECT_LOOP, (hop,))


async def test_a_gate_with_another_cookie_each_time_ends_at_max_redirects(tmp_path):
    async def new_each_time(served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(to("/", f"Set-Cookie: n={len(served.heads)}\r\n"))
        await writer.drain()

    for session in (KEPT, None):
        async with (
            byte_server(new_each_time) as served,
            rig(tmp_path, served.url, session=session, max_redirects=4) as fetching,
        ):
            line = await fetching.ended(f"{served.url}/")
            assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.TOO_MANY_REDIRECTS)
            assert len(served.heads) == 5


@pytest.mark.parametrize("session", [KEPT, None])
@pytest.mark.parametrize(
    "cookie",
    [
        "old=; Max-Age=0",
        "old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=1; Path=/elsewhere",
        "a=1; Domain=other.test",
        "__Host-a=1",
        "=",
    ],
)
async def test_a_cookie_that_is_over_or_for_elsewhere_is_not_sent_back(tmp_path, cookie, session):
    answer = to("/wall", f"Set-Cookie: {cookie}\r\n")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url, session=session) as fetching:
        line = await fetching.ended(f"{served.url}/wall")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.REDIRECT_LOOP)
        assert not any("Cookie:" in head for head in served.heads)


async def test_each_hop_is_checked_again(tmp_path):
    """Scope, robots.txt and the lane's turn, as for any other request."""
    waited = []

    class Frontier(NoFrontier):
        async def turn(self, url: str) -> None:
            waited.append(url)

    cookie = "Set-Cookie: seen=1\r\n"
    robots = ok(b"User-agent: *\nDisallow: /private\n", "Content-Type: text/plain\r\n")
    site = by_target(
        {
            "/robots.txt": robots,
            "/a": to("/b", cookie),
            "/b": ok(),
            "/c": to("/private", "Set-Cookie: c=1\r\n"),
            "/d": to("http://127.0.0.1:9/", "Set-Cookie: d=1\r\n"),
        }
    )
    async with (
        byte_server(site) as served,
        rig(tmp_path, served.url, session=KEPT, frontier=Frontier(), obey=True) as fetching,
    ):
        assert (await fetching.page(f"{served.url}/a")).final_url == f"{served.url}/b"
        assert waited == [f"{served.url}/b"]
        line = await fetching.ended(f"{served.url}/c")
        assert (line.kind, line.final_url) == (Kind.ROBOTS, f"{served.url}/private")
        line = await fetching.ended(f"{served.url}/d")
        assert (line.kind, line.final_url) == (Kind.OUT_OF_SCOPE, "http://127.0.0.1:9/")
        assert served.targets == ["/robots.txt", "/a", "/b", "/c", "/d"]


async def test_what_is_behind_a_gate_ends_under_the_first_url(tmp_path):
    site = by_target({"/a": to("/gone", "Set-Cookie: seen=1\r\n")})
    async with byte_server(site) as served, rig(tmp_path, served.url, session=KEPT) as fetching:
        line = await fetching.ended(f"{served.url}/a")
        assert (line.url, line.final_url) == (f"{served.url}/a", f"{served.url}/gone")
        assert (line.kind, line.status) == (Kind.HTTP_STATUS, 404)
        assert [hop.url for hop in line.redirects] == [f"{served.url}/a"]
