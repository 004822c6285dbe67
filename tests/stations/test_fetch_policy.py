"""What becomes of each answer: statuses, redirects, retries, types, cookies; and what goes on the wire."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from crawler.fetch.fetcher import Retry
from crawler.fetch.wire import as_received, cookie_header
from crawler.model.messages import Finished, Hop, Page
from crawler.model.outcomes import Kind, Outcome
from crawler.rules.scope import Scope
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig

# -- pages -----------------------------------------------------------------------------------


async def test_a_page_says_all_that_the_parser_needs(tmp_path):
    body = "<p>grüß".encode()
    answer = ok(body, "Content-Type: text/html; charset=utf-8\r\nX-A: 1\r\nx-a: 2\r\n")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        before = datetime.now(UTC)
        exchange = await fetching.fetch(f"{served.url}/a", referrer="http://r/", attempt=2)
        page = exchange.result
        assert isinstance(page, Page)
        assert (page.status, page.body, page.size, page.body_path) == (200, body, len(body), None)
        assert page.headers == (
            ("content-length", str(len(body))),
            ("content-type", "text/html; charset=utf-8"),
            ("x-a", "1"),
            ("x-a", "2"),
        )
        assert page.content_type == "text/html; charset=utf-8"
        assert (page.truncated, page.follow) == (False, True)
        assert page.ticket.attempt == 2
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", page.fetched_at)
        at = datetime.fromisoformat(page.fetched_at)
        assert before - timedelta(milliseconds=1) <= at <= datetime.now(UTC)
        assert page.elapsed_ms == round(page.elapsed_ms, 1) > 0
        assert exchange.pushback.elapsed > 0
        assert not exchange.pushback.failed
        counters = fetching.counters
        assert (counters.requests, counters.bytes, dict(counters.statuses)) == (1, len(body), {200: 1})


@pytest.mark.parametrize("status", ["204 No Content", "205 Reset Content", "200 OK"])
async def test_a_success_without_content_is_an_empty_page(tmp_path, status):
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert (page.body, page.size, page.content_type) == (b"", 0, None)


@pytest.mark.parametrize(
    ("media", "read"),
    [
        ("text/html", True),
        ("TEXT/HTML; charset=x", True),
        ("application/atom+xml", True),
        ("application/ld+json", True),
        ("text/x-unheard-of", True),
        ("", True),
        ("image/svg+xml", True),
        ("image/png", False),
        ("application/octet-stream", False),
        ("video/mp4", False),
    ],
)
async def test_types_that_are_read(tmp_path, media, read):
    async with (
        byte_server(always(ok(b"body", f"Content-Type: {media}\r\n"))) as served,
        rig(tmp_path, served.url) as fetching,
    ):
        if read:
            assert (await fetching.page(f"{served.url}/")).body == b"body"
        else:
            line = await fetching.ended(f"{served.url}/")
            assert (line.outcome, line.kind) == (Outcome.SKIPPED, Kind.CONTENT_TYPE)
            assert (line.status, line.content_type, line.bytes) == (200, media, None)


async def test_an_endless_download_of_another_type_stops_after_the_headers(tmp_path):
    async def endless(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
        await asyncio.Event().wait()

    async with byte_server(endless) as served, rig(tmp_path, served.url, timeout=20) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.CONTENT_TYPE
        assert line.elapsed_ms is not None
        assert line.elapsed_ms < 10_000


@pytest.mark.parametrize(
    ("headers", "obey", "follow"),
    [
        ("", True, True),
        ("X-Robots-Tag: noindex, nofollow\r\n", True, False),
        ("X-Robots-Tag: noindex\r\nX-Robots-Tag: NONE\r\n", True, False),
        ("X-Robots-Tag: otherbot: nofollow\r\n", True, True),
        ("X-Robots-Tag: crawler: nofollow\r\n", True, False),
        ("X-Robots-Tag: nofollow\r\n", False, True),
    ],
)
async def test_x_robots_tag(tmp_path, headers, obey, follow):
    site = by_target({"/": ok(headers=headers)})
    async with byte_server(site) as served, rig(tmp_path, served.url, obey=obey) as fetching:
        assert (await fetching.page(f"{served.url}/")).follow is follow


# -- statuses and retries --------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["404 Not Found", "410 Gone", "403 Forbidden", "300 Choices", "501 Never", "999 Odd"]
)
async def test_a_refusal_is_recorded_at_once(tmp_path, status):
    answer = ok(b"<p>sorry", status=status)
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url, retries=3) as fetching:
        line = await fetching.ended(f"{served.url}/gone", referrer="http://r/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.HTTP_STATUS)
        assert (line.url, line.final_url, line.status) == (
            f"{served.url}/gone",
            f"{served.url}/gone",
            int(status[:3]),
        )
        assert (line.depth, line.referrer, line.attempts) == (2, "http://r/", 1)
        assert (line.bytes, line.content_type, line.redirects) == (None, "text/html", ())
        assert line.message is not None
        assert line.message.startswith(f"The server answered {status[:3]}")
        assert dict(fetching.counters.statuses) == {int(status[:3]): 1}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_passing_trouble_is_tried_again_and_then_recorded(tmp_path, status):
    answer = ok(b"", status=f"{status} Trouble")
    async with (
        byte_server(always(answer)) as served,
        rig(tmp_path, served.url, retries=2, backoff=8.0) as fetching,
    ):
        for attempt, delay in ((1, 4.0), (2, 8.0)):
            exchange = await fetching.fetch(f"{served.url}/", attempt=attempt)
            assert isinstance(exchange.result, Retry)
            assert (exchange.result.delay, exchange.result.kind) == (delay, Kind.HTTP_STATUS)
            assert exchange.result.ticket.attempt == attempt
            assert exchange.pushback.failed is (status == 429 or status >= 500)
        line = await fetching.ended(f"{served.url}/", attempt=3)
        assert (line.outcome, line.kind, line.status, line.attempts) == (
            Outcome.ERROR,
            Kind.HTTP_STATUS,
            status,
            3,
        )


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7", 7.0),
        ("100000", 30.0),
        ("garbage", None),
        ("-5", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 30.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
@pytest.mark.parametrize("attempt", [1, 2])
async def test_retry_after_rests_the_whole_lane(tmp_path, asked, waits, attempt):
    answer = ok(b"", f"Retry-After: {asked}\r\n", "503 Busy")
    async with (
        byte_server(always(answer)) as served,
        rig(tmp_path, served.url, retries=1, backoff=2.0, retry_after_max=30.0) as fetching,
    ):
        exchange = await fetching.fetch(f"{served.url}/", attempt=attempt)
        assert exchange.pushback.retry_after == waits
        if attempt == 1:
            assert isinstance(exchange.result, Retry)
            assert exchange.result.delay == max(1.0, waits or 0.0)
        else:
            assert isinstance(exchange.result, Finished)


async def test_retry_after_of_a_page_that_is_merely_missing_rests_nobody(tmp_path):
    answer = ok(b"", "Retry-After: 9\r\n", "404 Not Found")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.fetch(f"{served.url}/")).pushback.retry_after is None


async def test_a_connection_that_breaks_is_tried_again(tmp_path):
    async def close(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with byte_server(close) as served, rig(tmp_path, served.url, retries=1, backoff=3) as fetching:
        exchange = await fetching.fetch(f"{served.url}/")
        assert isinstance(exchange.result, Retry)
        assert (exchange.result.delay, exchange.result.kind) == (1.5, Kind.RESET)
        assert (await fetching.ended(f"{served.url}/", attempt=2)).kind is Kind.RESET


# -- redirects -------------------------------------------------------------------------------


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


async def test_a_redirect_to_itself_with_a_cookie_is_followed_once_in_place(tmp_path):
    async def wall(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        cookies = "Set-Cookie: a=1; Path=/; HttpOnly\r\nSet-Cookie: b=two words\r\n"
        asked = "Cookie: a=1; b=two words\r\n" in head
        writer.write(ok() if asked else ok(b"", f"Location: /wall\r\n{cookies}", "302 Found"))
        await writer.drain()

    async with byte_server(wall) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/wall")
        assert page.status == 200
        assert served.targets == ["/wall", "/wall"]
        assert (fetching.counters.requests, served.connections) == (2, 1)
        # The next ticket knows nothing of that cookie.
        await fetching.page(f"{served.url}/wall")
        assert ["Cookie" in head for head in served.heads] == [False, True, False, True]


async def test_a_cookie_wall_that_never_opens_is_a_loop(tmp_path):
    answer = ok(b"", "Location: /\r\nSet-Cookie: n=1\r\n", "302 Found")
    async with byte_server(by_target({"/": answer})) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.REDIRECT_LOOP)
        assert len(served.heads) == 2


async def test_the_target_is_checked_against_the_scope(tmp_path):
    answer = ok(b"", "Location: /private/x\r\n", "301 Moved")
    async with byte_server(always(answer)) as served:
        scope = Scope(frozenset({served.url}), exclude=("/private/",))
        async with rig(tmp_path, served.url, scope=scope) as fetching:
            line = await fetching.ended(f"{served.url}/")
            assert (line.kind, line.final_url) == (Kind.OUT_OF_SCOPE, f"{served.url}/private/x")


# -- the wire --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    ["/", "/?", "/a?", "/a??", "/a%2Fb%41?c=%zz&d=+%20", "//a//b", "/a|b[c]^`?x=|[]^`", "/;a,b=~'()*!$@:"],
)
async def test_not_one_character_of_a_url_changes(tmp_path, target):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        await fetching.page(served.url + target)
        assert served.targets == [target]


async def test_what_is_sent_along(tmp_path):
    async with (
        byte_server(by_target({"/": ok(headers="Set-Cookie: a=b\r\n")})) as served,
        rig(tmp_path, served.url, user_agent="tester/1.0 (+http://me.test/)") as fetching,
    ):
        for _ in range(2):
            await fetching.page(f"{served.url}/")
        for head in served.heads:
            assert head.startswith("GET / HTTP/1.1\r\n")
            assert f"Host: {served.url.removeprefix('http://')}\r\n" in head
            assert "User-Agent: tester/1.0 (+http://me.test/)\r\n" in head
            assert "Accept: text/html" in head
            assert "Cookie" not in head
            assert "Referer" not in head
        assert served.connections == 1


async def test_proxy_settings_of_the_environment_are_not_read(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        await fetching.page(f"{served.url}/")


def test_header_bytes_become_text():
    assert as_received([(b"X-A", "ü".encode()), (b"X-A", b"\xfc")]) == (("x-a", "ü"), ("x-a", "ü"))
    assert as_received([(b"Location", b"/\xfc?\xc3\xbc")]) == (("location", "/%FC?%C3%BC"),)
    assert as_received([(b"Location", "/ü".encode())]) == (("location", "/ü"),)


def test_cookies_are_sent_back_without_their_attributes():
    assert cookie_header(["a=1; Path=/", " b = 2 ;Secure", "", ";x"]) == "a=1; b = 2"
