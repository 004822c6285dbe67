"""robots.txt that cannot be had: the server is in trouble, or nobody answers at all."""

import asyncio

import pytest

from crawler.fetch.attempt import Deferred, Retry
from crawler.fetch.robots_cache import KEEP_FAILURE_SECONDS
from crawler.model.messages import Page
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import (
    FORBID,
    Clock,
    Served,
    byte_server,
    ok,
    rig,
    robots_in_turn,
    robots_site,
)


async def test_a_server_in_trouble_forbids_everything_and_says_so(tmp_path):
    async with robots_site(tmp_path, ok(b"", status="503 Busy")) as (served, fetching):
        exchange = await fetching.fetch(f"{served.url}/")
        assert exchange.feedback.failed
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind, line.status) == (Outcome.SKIPPED, Kind.ROBOTS, None)
        assert line.message == "robots.txt was answered with 503, so nothing may be fetched there."
        assert set(served.targets) == {"/robots.txt"}


async def test_a_host_that_does_not_answer_is_recorded_as_what_it_is(tmp_path):
    async def close(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with byte_server(close) as served, rig(tmp_path, served.url, obey=True) as fetching:
        exchange = await fetching.fetch(f"{served.url}/")
        assert exchange.feedback.failed
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.RESET)
        assert line.message is not None
        assert line.message.startswith("robots.txt could not be fetched: the server closed")
        assert set(served.targets) == {"/robots.txt"}


async def test_a_dead_host_is_an_error_of_its_own_kind(tmp_path):
    async with rig(tmp_path, "http://127.0.0.1:1/", obey=True) as fetching:
        line = await fetching.ended("http://127.0.0.1:1/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.CONNECT)
        assert line.message == (
            "robots.txt could not be fetched: no connection could be made: Connection refused."
        )


async def test_a_failure_is_asked_about_again_but_not_for_every_url(tmp_path):
    answers = [ok(b"", status="500 Oops"), ok(b"", status="500 Oops"), ok(FORBID)]

    clock = Clock()
    async with (
        byte_server(robots_in_turn(*answers)) as served,
        rig(tmp_path, served.url, obey=True, retries=2, backoff=4.0, now=clock) as fetching,
    ):
        # The retry comes when the failure no longer stands, and that is longer each time.
        for attempt, stands in ((1, 4.0), (2, 8.0)):
            for _ in range(3):
                result = (await fetching.fetch(f"{served.url}/", attempt=attempt)).result
                assert isinstance(result, Retry)
                assert (result.delay, result.kind) == (stands, Kind.ROBOTS)
            assert served.targets == ["/robots.txt"] * attempt
            clock.now += stands
        assert isinstance((await fetching.fetch(f"{served.url}/", attempt=3)).result, Page)
        assert served.targets == ["/robots.txt"] * 3 + ["/"]


async def test_a_failure_never_stands_for_long(tmp_path):
    clock = Clock()
    async with robots_site(tmp_path, ok(b"", status="500 Oops"), now=clock, retries=20) as (served, fetching):
        for attempt in range(1, 16):
            result = (await fetching.fetch(f"{served.url}/", attempt=attempt)).result
            assert isinstance(result, Retry)
            clock.now += KEEP_FAILURE_SECONDS
        assert served.targets.count("/robots.txt") == 15


@pytest.mark.parametrize("busy_max", [600, 0])
@pytest.mark.parametrize("status", ["503 Busy", "429 Enough"])
async def test_retry_after_of_a_failing_robots_txt_counts(tmp_path, status, busy_max):
    busy = ok(b"", "Retry-After: 120\r\n", status)
    clock = Clock()
    async with robots_site(tmp_path, busy, now=clock, retries=1, busy_max=busy_max) as (served, fetching):
        exchange = await fetching.fetch(f"{served.url}/")
        assert isinstance(exchange.result, Deferred if busy_max and status.startswith("429") else Retry)
        assert (exchange.result.delay, exchange.feedback.retry_after) == (120.0, 120.0)
        for seconds, times in ((119, 1), (1, 2)):
            clock.now += seconds
            await fetching.fetch(f"{served.url}/")
            assert served.targets.count("/robots.txt") == times


async def test_a_robots_txt_that_is_put_off_closes_nothing_but_asks_again(tmp_path):
    """429 for robots.txt: no page is asked for meanwhile, and none has an attempt counted."""
    answers = [ok(b"", "Retry-After: 5\r\n", "429 Enough"), ok(b"", status="429 Enough"), ok(FORBID)]

    clock = Clock()
    async with (
        byte_server(robots_in_turn(*answers)) as served,
        rig(tmp_path, served.url, obey=True, retries=0, now=clock) as fetching,
    ):
        given: dict[str, float] = {}
        for stands in (5.0, 1.0):
            exchange = await fetching.fetch_once(f"{served.url}/", **given)
            assert isinstance(exchange.result, Deferred)
            assert exchange.feedback.put_off
            assert exchange.result.delay >= stands
            assert exchange.result.ticket.attempt == 1
            given = {"refused_since": exchange.result.ticket.refused_since or 0.0}
            clock.now += exchange.result.delay
        assert isinstance((await fetching.fetch(f"{served.url}/", **given)).result, Page)
        assert served.targets == ["/robots.txt"] * 3 + ["/"]
        assert (await fetching.ended(f"{served.url}/private")).kind is Kind.ROBOTS


async def test_a_robots_txt_that_is_put_off_for_ever_ends_its_pages_and_says_so(tmp_path):
    clock = Clock()
    busy = ok(b"", "Retry-After: 40\r\n", "429 Enough")
    async with robots_site(tmp_path, busy, now=clock, busy_max=100) as (served, fetching):
        since = clock.now
        while isinstance(
            (again := (await fetching.fetch_once(f"{served.url}/", refused_since=since)).result), Deferred
        ):
            clock.now += again.delay
        assert clock.now - since <= 100
        line = await fetching.ended(f"{served.url}/", refused_since=since)
        assert (line.outcome, line.kind) == (Outcome.SKIPPED, Kind.ROBOTS)
        assert line.message is not None
        assert "robots.txt was answered with 429" in line.message
        assert "the 100 s of fetch.busy_max" in line.message
        assert set(served.targets) == {"/robots.txt"}


async def test_one_that_cannot_be_read_says_so_when_it_closes_its_origin(tmp_path):
    garbled = ok(b"no gzip at all", "Content-Encoding: gzip\r\n")
    async with robots_site(tmp_path, garbled) as (served, fetching):
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.ENCODING)
        assert line.message is not None
        assert line.message.startswith("robots.txt could not be read, so nothing may be fetched there: ")
        assert set(served.targets) == {"/robots.txt"}
