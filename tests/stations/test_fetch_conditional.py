"""Conditional requests, as they are sent, and what becomes of a 304."""

import pytest

from crawler.fetch.attempt import NotModified
from crawler.model.outcomes import Kind, Outcome
from crawler.model.page_version import PageVersion
from tests.stations.fetch_servers import always, by_target, byte_server, ok, rig

NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
DATE = "Mon, 21 Sep 2026 14:13:00 GMT"
EARLIER = PageVersion(1_790_000_000.0, '"a-gzip"', DATE, content_hash=b"x" * 16)


async def test_a_page_is_asked_for_if_it_has_changed(tmp_path):
    async with byte_server(always(NOT_MODIFIED)) as served, rig(tmp_path, served.url) as fetching:
        fetched = await fetching.fetch(f"{served.url}/", earlier=EARLIER)
        assert isinstance(fetched.result, NotModified)
        assert fetched.result.unchanged.at > EARLIER.fetched_at
        assert fetched.result.unchanged.elapsed_ms is not None
        head = served.heads[-1].lower()
        assert 'if-none-match: "a-gzip"\r\n' in head
        assert f"if-modified-since: {DATE}\r\n".lower() in head
        assert fetching.counters.bytes == 0


async def test_what_has_changed_is_read_as_ever(tmp_path):
    async with byte_server(always(ok(b"<p>new"))) as served, rig(tmp_path, served.url) as fetching:
        page = await fetching.page(f"{served.url}/", earlier=EARLIER)
        assert page.body == b"<p>new"
        assert page.ticket.earlier == EARLIER


@pytest.mark.parametrize("earlier", [None, PageVersion(1_790_000_000.0)])
async def test_a_304_to_somebody_who_asked_nothing_is_an_error(tmp_path, earlier):
    async with byte_server(always(NOT_MODIFIED)) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/", earlier=earlier)
        assert (line.outcome, line.kind, line.status) == (Outcome.ERROR, Kind.HTTP_STATUS, 304)
        assert "if-" not in served.heads[-1].lower()


async def test_a_condition_is_not_carried_along_a_redirect(tmp_path):
    """With cookies, a redirect is followed in place: its target is another URL, with another version."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
    answers = {"/a": moved, "/b": NOT_MODIFIED}
    async with (
        byte_server(by_target(answers)) as served,
        rig(tmp_path, served.url, session={"cookies": True}) as fetching,
    ):
        line = await fetching.ended(f"{served.url}/a", earlier=EARLIER)
        assert (line.kind, line.status) == (Kind.HTTP_STATUS, 304)
        assert ["if-none-match" in head.lower() for head in served.heads[-2:]] == [True, False]
