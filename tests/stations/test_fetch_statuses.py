"""Statuses that are no success: recorded at once, or tried again, and what Retry-After does."""

import asyncio

import pytest

from crawler.fetch.attempt import Deferred, Retry
from crawler.model import record
from crawler.model.messages import Finished
from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import Clock, Served, always, byte_server, ok, rig


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
        rig(tmp_path, served.url, retries=2, backoff=8.0, busy_max=0) as fetching,
    ):
        for attempt, delay in ((1, 4.0), (2, 8.0)):
            exchange = await fetching.fetch(f"{served.url}/", attempt=attempt)
            assert isinstance(exchange.result, Retry)
            assert (exchange.result.delay, exchange.result.kind) == (delay, Kind.HTTP_STATUS)
            assert exchange.feedback.failed is (status == 429 or status >= 500)
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
@pytest.mark.parametrize("busy_max", [0, 60])
@pytest.mark.parametrize("status", ["429 Enough", "503 Busy"])
async def test_retry_after_rests_the_whole_lane(tmp_path, asked, waits, attempt, status, busy_max):
    answer = ok(b"", f"Retry-After: {asked}\r\n", status)
    async with (
        byte_server(always(answer)) as served,
        rig(
            tmp_path, served.url, retries=1, backoff=2.0, retry_after_max=30.0, busy_max=busy_max
        ) as fetching,
    ):
        exchange = await fetching.fetch(f"{served.url}/", attempt=attempt)
        assert exchange.feedback.retry_after == waits
        is_put_off = status.startswith("429")
        assert exchange.feedback.put_off is is_put_off
        if is_put_off and busy_max:
            assert isinstance(exchange.result, Deferred)
            assert (exchange.result.ticket.attempt, exchange.result.delay) == (attempt, waits or 0.0)
        elif attempt == 1:
            assert isinstance(exchange.result, Retry)
            assert exchange.result.delay == max(1.0, waits or 0.0)
        else:
            assert isinstance(exchange.result, Finished)


async def test_retry_after_of_a_page_that_is_merely_missing_rests_nobody(tmp_path):
    answer = ok(b"", "Retry-After: 9\r\n", "404 Not Found")
    async with byte_server(always(answer)) as served, rig(tmp_path, served.url) as fetching:
        assert (await fetching.fetch(f"{served.url}/")).feedback.retry_after is None


async def test_a_connection_that_breaks_is_tried_again(tmp_path):
    async def close(_served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with byte_server(close) as served, rig(tmp_path, served.url, retries=1, backoff=3) as fetching:
        exchange = await fetching.fetch(f"{served.url}/")
        assert isinstance(exchange.result, Retry)
        assert (exchange.result.delay, exchange.result.kind) == (1.5, Kind.RESET)
        assert (await fetching.ended(f"{served.url}/", attempt=2)).kind is Kind.RESET


@pytest.mark.parametrize(
    ("asked", "times"), [("", 6), ("Retry-After: 30\r\n", 4), ("Retry-After: 101\r\n", 1)]
)
async def test_a_page_that_is_put_off_for_ever_ends_in_time_and_says_so(tmp_path, asked, times):
    answer = ok(b"", asked, "429 Enough")
    clock = Clock()
    async with (
        byte_server(always(answer)) as served,
        rig(tmp_path, served.url, now=clock, busy_max=100, retries=2) as fetching,
    ):
        began, since = clock.now, None
        while True:
            result = (await fetching.fetch_once(f"{served.url}/", refused_since=since, alone=True)).result
            if not isinstance(result, Deferred):
                break
            since = result.ticket.refused_since
            assert since == began
            clock.now += max(result.delay, 10.0)  # its lane rests, too
        assert clock.now - began <= 100
        assert len(served.heads) == times
        assert isinstance(result, Finished)
        line = record.decode(result.record)
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.HTTP_STATUS)
        assert (line.status, line.attempts) == (429, 1)
        assert line.message == (
            "The server answered 429 (Too Many Requests)."
            " So it was for longer than the 100 s of fetch.busy_max."
        )
