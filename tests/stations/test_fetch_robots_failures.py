"""robots.txt that cannot be had: the server is in trouble, or nobody answers at all."""

import asyncio

from crawler.fetch.fetcher import Retry
from crawler.fetch.robots_cache import KEEP_FAILURE_SECONDS
from crawler.model.messages import Page
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import FORBID, Clock, Served, byte_server, ok, rig, robots_site


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

    async def recovering(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0) if " /robots.txt " in head else ok())
        await writer.drain()

    clock = Clock()
    async with (
        byte_server(recovering) as served,
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


async def test_retry_after_of_a_failing_robots_txt_counts(tmp_path):
    busy = ok(b"", "Retry-After: 120\r\n", "503 Busy")
    clock = Clock()
    async with robots_site(tmp_path, busy, now=clock, retries=1) as (served, fetching):
        exchange = await fetching.fetch(f"{served.url}/")
        assert isinstance(exchange.result, Retry)
        assert (exchange.result.delay, exchange.feedback.retry_after) == (120.0, 120.0)
        for seconds, times in ((119, 1), (1, 2)):
            clock.now += seconds
            await fetching.fetch(f"{served.url}/")
            assert served.targets.count("/robots.txt") == times
