"""Successes: what a page carries, which types are read, and what X-Robots-Tag does."""

import asyncio
import time

import pytest

from crawler.model.messages import Page
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import Served, always, by_target, byte_server, ok, rig

# -- pages -----------------------------------------------------------------------------------


async def test_a_page_says_all_that_the_parser_needs(tmp_path):
    body = "<p>grüß".encode()
    answer = ok(body, "Content-Type: text/html; charset=utf-8\r\nX-A: 1\r\nx-a: 2\r\n")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        before = time.time()
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
        assert before <= page.fetched_at <= time.time()
        assert page.elapsed > 0
        assert exchange.feedback.elapsed > 0
        assert not exchange.feedback.failed
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
