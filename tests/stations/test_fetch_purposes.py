"""What a URL is asked for says what of its answer is wanted: all of a page, of an asset only the head."""

import asyncio

import pytest

from crawler.fetch.attempt import Deferred, Retry
from crawler.fetch.body import DRAIN_BYTES
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.rules.scope import Scope
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig

HEAD_ONLY = [Purpose.ASSET, Purpose.EXTERNAL]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def typed(media: str, body: bytes = b"body") -> bytes:
    return ok(body, f"Content-Type: {media}\r\n" if media else "X-Type: none\r\n").replace(
        b"" if media else b"Content-Type: text/html\r\n", b""
    )


# -- assets and external links -----------------------------------------------------------------


@pytest.mark.parametrize("purpose", HEAD_ONLY)
@pytest.mark.parametrize("media", ["image/png", "text/html", "application/x-whatever", ""])
async def test_of_an_asset_the_head_is_enough_whatever_its_type(tmp_path, purpose, media):
    async with (
        byte_server(always(typed(media, PNG))) as served,
        rig(tmp_path, served.url) as fetching,
    ):
        line = await fetching.ended(f"{served.url}/a", purpose=purpose)
        assert (line.outcome, line.kind, line.message) == (Outcome.OK, None, None)
        assert (line.status, line.content_type, line.bytes) == (200, media or None, len(PNG))
        assert (line.url, line.final_url) == (f"{served.url}/a", f"{served.url}/a")
        assert line.elapsed_ms is not None
        assert fetching.counters.bytes == 0
        assert served.heads[0].startswith("GET /a HTTP/1.1\r\n")


async def test_an_asset_is_asked_for_in_the_words_of_a_page(tmp_path):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        await fetching.page(f"{served.url}/")
        for purpose in Purpose:
            await fetching.fetch(f"{served.url}/", purpose=purpose)
        assert len(set(served.heads)) == 1


@pytest.mark.parametrize("size", [0, 10, DRAIN_BYTES])
@pytest.mark.parametrize("purpose", HEAD_ONLY)
async def test_a_short_body_is_drained_so_that_the_connection_is_kept(tmp_path, kept, purpose, size):
    async def in_two(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        head, gap, body = ok(bytes(size)).partition(b"\r\n\r\n")
        writer.write(head + gap)
        await asyncio.sleep(0.05)
        writer.write(body)

    async with byte_server(in_two) as served, rig(tmp_path, served.url) as fetching:
        for _ in range(3):
            line = await fetching.ended(f"{served.url}/a", purpose=purpose)
            assert (line.outcome, line.bytes) == (Outcome.OK, size)
        assert served.connections == (1 if kept else 3)


@pytest.mark.parametrize("size", [DRAIN_BYTES + 1, 10**12, None])
@pytest.mark.parametrize("purpose", HEAD_ONLY)
async def test_nobody_waits_for_a_long_body_or_one_of_unknown_length(tmp_path, purpose, size):
    length = "Transfer-Encoding: chunked" if size is None else f"Content-Length: {size}"

    async def head_alone(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        await asyncio.Event().wait()

    async with byte_server(head_alone) as served, rig(tmp_path, served.url) as fetching:
        async with asyncio.timeout(0.9):  # less than a body that is drained may take
            for _ in range(3):
                line = await fetching.ended(f"{served.url}/a", purpose=purpose)
                assert (line.outcome, line.bytes) == (Outcome.OK, size)
        assert served.connections == 3


@pytest.mark.parametrize("length", ["9" * 19, "9" * 30])
async def test_a_length_that_nobody_can_believe_is_none(tmp_path, length):
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        result = (await fetching.fetch(f"{served.url}/a", purpose=Purpose.ASSET)).result
        assert isinstance(result, Finished)
        assert b'"bytes":null' in result.record


async def test_the_time_of_a_page_is_to_its_last_byte_and_of_an_asset_to_its_head(tmp_path):
    async def slow(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        head, gap, body = ok(bytes(100)).partition(b"\r\n\r\n")
        writer.write(head + gap + body[:1])
        await asyncio.sleep(0.3)
        writer.write(body[1:])

    async with byte_server(slow) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert page.elapsed >= 0.3
        line = await fetching.ended(f"{served.url}/", purpose=Purpose.ASSET)
        assert line.elapsed_ms is not None
        assert line.elapsed_ms < 290
        line = await fetching.ended(f"{served.url}/", purpose=Purpose.EXTERNAL)
        assert line.elapsed_ms is not None
        assert line.elapsed_ms < 290


@pytest.mark.parametrize("purpose", [*HEAD_ONLY, Purpose.STYLESHEET])
async def test_failures_of_an_asset_are_those_of_a_page(tmp_path, purpose):
    answers = {
        "/robots.txt": ok(b"User-agent: *\nDisallow: /private\n"),
        "/busy": ok(b"", status="503 Busy"),
        "/later": ok(b"", "Retry-After: 7\r\n", status="429 Later"),
        "/private": ok(),
    }
    async with (
        byte_server(by_target(answers)) as served,
        rig(tmp_path, served.url, obey=True, retries=2) as fetching,
    ):
        line = await fetching.ended(f"{served.url}/missing", purpose=purpose)
        assert (line.outcome, line.kind, line.status) == (Outcome.ERROR, Kind.HTTP_STATUS, 404)
        assert (await fetching.ended(f"{served.url}/private", purpose=purpose)).kind is Kind.ROBOTS
        assert isinstance((await fetching.fetch(f"{served.url}/busy", purpose=purpose)).result, Retry)
        busy = await fetching.ended(f"{served.url}/busy", purpose=purpose, attempt=3)
        assert (busy.kind, busy.status) == (Kind.HTTP_STATUS, 503)
        later = await fetching.fetch_once(f"{served.url}/later", purpose=purpose)
        assert isinstance(later.result, Deferred)
        assert (later.feedback.retry_after, later.feedback.put_off) == (7, True)
        guarded = await fetching.ended("http://10.0.0.1/a", purpose=purpose)
        assert guarded.kind is Kind.FORBIDDEN_ADDRESS
        assert "/private" not in served.targets


# -- style sheets ------------------------------------------------------------------------------


@pytest.mark.parametrize("media", ["text/css", "TEXT/CSS; charset=utf-8", "", "*/*"])
async def test_a_style_sheet_is_read(tmp_path, media):
    async with byte_server(always(typed(media, b"a{b:url(c)}"))) as served, rig(
        tmp_path, served.url, content_types=["text/html"]
    ) as fetching:  # fmt: skip
        page = await fetching.page(f"{served.url}/a.css", purpose=Purpose.STYLESHEET)
        assert (page.body, page.sniffed) == (b"a{b:url(c)}", None)
        assert page.ticket.purpose is Purpose.STYLESHEET


@pytest.mark.parametrize("media", ["text/css", "TEXT/CSS; charset=utf-8"])
async def test_an_asset_that_is_a_style_sheet_is_read_too(tmp_path, media):
    """A page may load ahead what another one uses."""
    async with (
        byte_server(always(typed(media, b"a{b:url(c)}"))) as served,
        rig(tmp_path, served.url) as fetching,
    ):
        page = await fetching.page(f"{served.url}/a.css", purpose=Purpose.ASSET)
        assert page.body == b"a{b:url(c)}"
        line = await fetching.ended(f"{served.url}/a.css", purpose=Purpose.EXTERNAL)
        assert line.outcome is Outcome.OK


@pytest.mark.parametrize("media", ["text/html", "text/plain", "image/png"])
async def test_what_is_called_something_else_is_no_style_sheet_to_be_read(tmp_path, media):
    async with byte_server(always(typed(media))) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/a.css", purpose=Purpose.STYLESHEET)
        assert (line.outcome, line.kind, line.status) == (Outcome.OK, None, 200)
        assert (line.content_type, line.bytes) == (media, 4)


async def test_a_style_sheet_has_the_limit_of_a_page(tmp_path):
    answer = typed("text/css", b"x" * 5_000)
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url, max_body=10) as fetching:
        page = await fetching.page(f"{served.url}/a.css", purpose=Purpose.STYLESHEET)
        assert (page.size, page.truncated) == (10, True)


# -- probes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", ["text/html; charset=utf-8", "application/xhtml+xml", ""])
async def test_the_page_that_stands_for_what_is_missing_is_read(tmp_path, media):
    body = b"<!doctype html><p>nothing here"
    async with byte_server(always(typed(media, body))) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/x", purpose=Purpose.PROBE)
        assert page.body == body
        assert page.certificate_ends is None


@pytest.mark.parametrize("media", ["image/png", "text/plain", ""])
async def test_anything_else_that_stands_for_what_is_missing_is_not(tmp_path, media):
    async with byte_server(always(typed(media, PNG))) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/x", purpose=Purpose.PROBE)
        assert (line.outcome, line.kind, line.status, line.message) == (Outcome.OK, None, 200, None)


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "500 Broken", "503 Busy"])
async def test_a_probe_is_one_question(tmp_path, status):
    answer = always(ok(b"", status=status))
    async with byte_server(answer) as served, rig(tmp_path, served.url, retries=5) as fetching:
        line = await fetching.ended(f"{served.url}/x", purpose=Purpose.PROBE)
        assert (line.kind, line.status) == (Kind.HTTP_STATUS, int(status[:3]))
        assert len(served.heads) == 1


async def test_a_probe_that_nobody_answers_is_not_repeated(tmp_path):
    async with byte_server(always(ok())) as served:
        url = served.url
    async with rig(tmp_path, url, retries=5) as fetching:
        assert (await fetching.ended(f"{url}/x", purpose=Purpose.PROBE)).kind is Kind.CONNECT


async def test_a_probe_is_put_off_like_a_page(tmp_path):
    answer = always(ok(b"", status="429 Later"))
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        exchange = await fetching.fetch_once(f"{served.url}/x", purpose=Purpose.PROBE)
        assert isinstance(exchange.result, Deferred)


# -- redirects ---------------------------------------------------------------------------------

NEARBY = [Purpose.STYLESHEET, Purpose.ASSET, Purpose.PROBE]


@pytest.mark.parametrize("purpose", [*NEARBY, Purpose.EXTERNAL])
async def test_a_redirect_of_an_asset_ends_it_and_hands_on_its_target(tmp_path, purpose):
    """Whatever the crawl includes; not what it excludes."""
    answers = {
        "/in": ok(b"", "Location: /static/a\r\n", "301 Moved"),
        "/out": ok(b"", "Location: /logout\r\n", "301 Moved"),
        "/loop": ok(b"", "Location: /loop\r\n", "301 Moved"),
    }
    async with byte_server(by_target(answers)) as served:
        scope = Scope(frozenset([served.url]), include=("/blog/",), exclude=("/logout",))
        async with rig(tmp_path, served.url, scope=scope) as fetching:
            result = (await fetching.fetch(f"{served.url}/in", purpose=purpose)).result
            assert isinstance(result, Finished)
            assert (result.outcome, result.kind) == (Outcome.SKIPPED, Kind.REDIRECTED)
            assert result.redirect is not None
            assert result.redirect.url == f"{served.url}/static/a"
            assert [hop.status for hop in result.redirect.hops] == [301]
            assert result.ticket.purpose is purpose
            assert (await fetching.ended(f"{served.url}/out", purpose=purpose)).kind is Kind.OUT_OF_SCOPE
            assert (await fetching.ended(f"{served.url}/loop", purpose=purpose)).kind is Kind.REDIRECT_LOOP
            page = await fetching.ended(f"{served.url}/in")
            assert page.kind is Kind.OUT_OF_SCOPE


@pytest.mark.parametrize("purpose", NEARBY)
async def test_an_asset_that_is_redirected_elsewhere_ends_there(tmp_path, purpose):
    answer = always(ok(b"", "Location: https://elsewhere.test/a\r\n", "302 Found"))
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        result = (await fetching.fetch(f"{served.url}/a", purpose=purpose)).result
        assert isinstance(result, Finished)
        assert (result.kind, result.redirect, result.links) == (Kind.OUT_OF_SCOPE, None, ())


async def test_the_redirect_of_an_external_link_may_lead_anywhere(tmp_path):
    answer = always(ok(b"", "Location: https://third.test/a\r\n", "302 Found"))
    async with byte_server(answer) as served, rig(tmp_path, served.url) as fetching:
        result = (await fetching.fetch(f"{served.url}/a", purpose=Purpose.EXTERNAL)).result
        assert isinstance(result, Finished)
        assert result.redirect is not None
        assert result.redirect.url == "https://third.test/a"


async def test_a_sitemap_is_still_read_whatever_it_is_called(tmp_path):
    async with byte_server(always(typed("text/plain", PNG))) as served, rig(
        tmp_path, served.url
    ) as fetching:  # fmt: skip
        result = (await fetching.fetch(f"{served.url}/s", purpose=Purpose.SITEMAP)).result
        assert isinstance(result, Page)
