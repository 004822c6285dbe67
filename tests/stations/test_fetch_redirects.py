"""Redirects: each ends its URL and hands its target on, unless it must not be followed."""

import asyncio

import pytest

from crawler.model import facts
from crawler.model.messages import Finished, Hop
from crawler.model.outcomes import Kind, Outcome
from crawler.rules.scope import Scope
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_ends_its_url_and_hands_on_its_target(tmp_path, status):
    answer = ok(b"", "Location: ../new?x#frag\r\n", f"{status} Moved")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        hop = Hop("http://before/", 301, "/old")
        exchange = await fetching.fetch(f"{served.url}/old/", redirects=(hop,))
        assert isinstance(exchange.result, Finished)
        target = f"{served.url}/new?x"
        assert exchange.result.redirect is not None
        assert exchange.result.redirect.url == target
        assert exchange.result.redirect.hops == (hop, Hop(f"{served.url}/old/", status, "../new?x#frag"))
        line = await fetching.ended(f"{served.url}/old/", redirects=(hop,))
        assert (line.outcome, line.kind) == (Outcome.SKIPPED, Kind.REDIRECTED)
        assert (line.status, line.final_url, line.redirects) == (status, target, (hop,))
        assert len(served.heads) == 2  # the target itself was not asked for


@pytest.mark.parametrize(
    ("location", "fragment"),
    [
        ("/new#frag", "frag"),
        ("/new#caf\u00e9", "caf%C3%A9"),
        ("/new#", ""),
        ("/new", None),
        ("/new%23x", None),
    ],
)
async def test_the_fragment_that_a_redirect_names_is_noted(tmp_path, location, fragment):
    answer = ok(b"", f"Location: {location}\r\n", "302 Found")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        ended = (await fetching.fetch(f"{served.url}/old")).result
        assert isinstance(ended, Finished)
        noted = facts.decode(ended.facts).references if ended.facts else []
        assert [(one.fragment, one.line) for one in noted] == ([] if fragment is None else [(fragment, 0)])


@pytest.mark.parametrize(
    ("location", "outcome", "kind"),
    [
        ("/", Outcome.ERROR, Kind.REDIRECT_LOOP),
        ("/before", Outcome.ERROR, Kind.REDIRECT_LOOP),
        ("http://elsewhere.test/", Outcome.SKIPPED, Kind.OUT_OF_SCOPE),
        ("ftp://elsewhere.test/", Outcome.ERROR, Kind.BAD_REDIRECT),
        ("http://[bad", Outcome.ERROR, Kind.BAD_REDIRECT),
        (None, Outcome.ERROR, Kind.BAD_REDIRECT),
        ("/fourth", Outcome.ERROR, Kind.TOO_MANY_REDIRECTS),
    ],
)
async def test_redirects_that_are_not_followed(tmp_path, location, outcome, kind):
    header = "" if location is None else f"Location: {location}\r\n"
    async with (
        byte_server(always(ok(b"", header, "302 Found"))) as served,
        rig(tmp_path, served.url) as fetching,
    ):
        hops = tuple(Hop(f"{served.url}/{name}", 302, "") for name in ("before", "b", "c"))
        if kind is Kind.TOO_MANY_REDIRECTS:
            hops *= 4
        exchange = await fetching.fetch(f"{served.url}/", redirects=hops)
        assert isinstance(exchange.result, Finished)
        assert exchange.result.redirect is None
        line = await fetching.ended(f"{served.url}/", redirects=hops)
        assert (line.outcome, line.kind, line.status) == (outcome, kind, 302)
        assert line.message


async def test_a_redirect_to_itself_with_a_cookie_is_followed_once_in_place(tmp_path, kept):
    async def wall(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        cookies = "Set-Cookie: a=1; Path=/; HttpOnly\r\nSet-Cookie: b=two words\r\n"
        asked = "Cookie: a=1; b=two words\r\n" in head
        writer.write(ok() if asked else ok(b"", f"Location: /wall\r\n{cookies}", "302 Found"))
        await writer.drain()

    async with byte_server(wall) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/wall")
        assert page.status == 200
        assert served.targets == ["/wall", "/wall"]
        assert (fetching.counters.requests, served.connections) == (2, 1 if kept else 2)
        # The next ticket knows nothing of that cookie.
        await fetching.page(f"{served.url}/wall")
        assert ["Cookie" in head for head in served.heads] == [False, True, False, True]


async def test_a_cookie_wall_that_never_opens_is_a_loop(tmp_path):
    answer = ok(b"", "Location: /\r\nSet-Cookie: n=1\r\n", "302 Found")
    async with byte_server(by_target({"/": answer})) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.REDIRECT_LOOP)
        assert len(served.heads) == 2


@pytest.mark.parametrize(
    "cookie", [b"a=1\r\n b=2", b"a=1\rGET /x", b"a=\xff\xfe", b"a=1\x01\t2", b"\n a=1", b"a=\0"]
)
async def test_a_cookie_is_never_sent_back_as_another_header(tmp_path, cookie):
    """Folded lines and bare line ends may reach the value; whatever becomes of it, it is one outcome."""
    answer = b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: " + cookie + b"\r\nContent-Length: 0\r\n\r\n"
    async with byte_server(by_target({"/": answer})) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.outcome is Outcome.ERROR
        assert line.kind in (Kind.REDIRECT_LOOP, Kind.FRAMING)
        lines = [line for head in served.heads for line in head.split("\r\n")]
        assert not [line for line in lines if line.startswith((" ", "GET /x", "b=2", "a=1"))]


async def test_the_target_is_checked_against_the_scope(tmp_path):
    answer = ok(b"", "Location: /private/x\r\n", "301 Moved")
    async with byte_server(always(answer)) as served:
        scope = Scope(frozenset({served.url}), exclude=("/private/",))
        async with rig(tmp_path, served.url, scope=scope) as fetching:
            line = await fetching.ended(f"{served.url}/")
            assert (line.kind, line.final_url) == (Kind.OUT_OF_SCOPE, f"{served.url}/private/x")
