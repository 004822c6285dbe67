"""What is asked for in a further generation, and what is taken over."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from crawler.config.scope_section import RecrawlConfig
from crawler.fetch.attempt import Deferred, Fetched, NotModified, Retry
from crawler.fetch.inflate import ACCEPT_ENCODING
from crawler.fetch.recrawling import RecrawlingFetcher
from crawler.model.errors import OutputError
from crawler.model.messages import Finished, HostFeedback, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.page_version import PageVersion
from crawler.model.rows import EarlierPage, Unchanged
from crawler.trace.steps import Step

URL = "http://a.example/"
AT, DAY = 1_790_000_000.0, 86_400.0
VERSION = PageVersion(AT, '"a"', "Mon, 21 Sep 2026 14:13:00 GMT", ACCEPT_ENCODING, b"x" * 16, 7)
FOUND = Unchanged(AT + DAY, 3.0)


def page(outcome: Outcome = Outcome.OK, version: PageVersion | None = VERSION) -> EarlierPage:
    kind = Kind.HTTP_STATUS if outcome is Outcome.ERROR else None
    return EarlierPage(URL, outcome, kind, 1, (0, 0, 0), None, None, None, version)


def ended(ticket: Ticket, record: bytes) -> Finished:
    return Finished(ticket, Outcome.OK, None, record)


class Memory:
    """The generation before, which has one page."""

    def __init__(
        self, known: EarlierPage | None, records: Callable[[], bytes | None] = lambda: b"old"
    ) -> None:
        self.known, self.records = known, records
        self.taken: list[Unchanged | None] = []

    async def find(self, url: str) -> EarlierPage | None:
        assert url == URL
        return self.known

    async def take_over(self, ticket: Ticket, page: EarlierPage, found: Unchanged | None) -> Finished | None:
        assert page is self.known
        self.taken.append(found)
        record = self.records()
        return None if record is None else ended(ticket, record)


class Server:
    """What stands in the place of the fetcher: answers 304 where it was asked for a condition."""

    def __init__(self, *, changes: bool = False) -> None:
        self.changes = changes
        self.asked: list[Ticket] = []

    async def fetch(self, ticket: Ticket, _step: Step) -> Fetched:
        self.asked.append(ticket)
        earlier = ticket.earlier
        if earlier is not None and (earlier.etag or earlier.last_modified) and not self.changes:
            return Fetched(NotModified(FOUND), HostFeedback(elapsed=0.5))
        return Fetched(ended(ticket, b"new"), HostFeedback(elapsed=0.5))


async def fetched(
    memory: Memory,
    server: Server,
    *,
    days: float = 1,
    comparable: bool = True,
    ticket: Any = None,
    **wanted: Any,
) -> Fetched:
    fetcher = RecrawlingFetcher(
        server, memory, RecrawlConfig(**wanted), is_comparable=comparable, now=lambda: AT + days * DAY
    )
    return await fetcher.fetch(ticket or Ticket(1, URL, 1, 0, generation=2), Step("fetch", "fetch-0"))


def record_of(found: Fetched) -> bytes:
    assert isinstance(found.result, Finished)
    return found.result.record


async def test_what_has_not_changed_is_taken_over_and_teaches_about_its_host():
    memory, server = Memory(page()), Server()
    found = await fetched(memory, server)
    assert record_of(found) == b"old"
    assert found.feedback == HostFeedback(elapsed=0.5)
    assert memory.taken == [FOUND]
    assert server.asked == [Ticket(1, URL, 1, 0, generation=2, earlier=VERSION)]


async def test_what_has_changed_is_new():
    memory = Memory(page())
    assert record_of(await fetched(memory, Server(changes=True))) == b"new"
    assert memory.taken == []


@pytest.mark.parametrize("known", [None, page(version=None)])
async def test_what_is_not_known_is_simply_asked_for(known):
    server = Server()
    assert record_of(await fetched(Memory(known), server, failed=True, older_than=10 * DAY)) == b"new"
    assert server.asked[0].earlier is None


async def test_records_that_are_made_in_another_way_by_now_are_not_taken_over():
    """But the content is still compared."""
    memory, server = Memory(page()), Server()
    assert record_of(await fetched(memory, server, comparable=False)) == b"new"
    assert server.asked[0].earlier == replace(VERSION, etag=None, last_modified=None)


async def test_validators_belong_to_the_codings_that_were_asked_for():
    """Apache's tag of what it codes is another one."""
    memory = Memory(page(version=replace(VERSION, accept_encoding="gzip, snappy")))
    server = Server()
    assert record_of(await fetched(memory, server)) == b"new"
    earlier = server.asked[0].earlier
    assert earlier is not None
    assert (earlier.etag, earlier.last_modified) == (None, None)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.TRUNCATED, Outcome.SKIPPED])
async def test_only_what_failed(outcome):
    memory, server = Memory(page(outcome)), Server()
    found = await fetched(memory, server, failed=True)
    assert (record_of(found), server.asked, memory.taken) == (b"old", [], [None])
    assert not found.feedback.asked
    failed = Memory(page(Outcome.ERROR))
    await fetched(failed, server, failed=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("wanted", [{"failed": True}, {"older_than": 7 * DAY}])
async def test_nothing_is_left_out_whose_record_would_be_another_by_now(wanted):
    """As where a recrawl is resumed, and the extract function was edited in between."""
    memory, server = Memory(page()), Server()
    assert record_of(await fetched(memory, server, comparable=False, **wanted)) == b"new"
    assert (len(server.asked), memory.taken) == (1, [])


@pytest.mark.parametrize(("days", "is_asked"), [(6.99, False), (7.0, True), (30, True)])
async def test_only_what_is_older(days, is_asked):
    server = Server()
    assert record_of(await fetched(Memory(page()), server, days=days, older_than=7 * DAY)) == b"old"
    assert len(server.asked) is int(is_asked)
    await fetched(Memory(page(Outcome.ERROR)), failing := Server(), days=days, older_than=7 * DAY)
    assert len(failing.asked) == 1


async def test_both_wishes_together_ask_for_either():
    server = Server()
    await fetched(Memory(page()), server, days=30, older_than=7 * DAY, failed=True)
    assert len(server.asked) == 1


async def test_a_page_whose_record_is_not_there_any_more_comes_whole():
    memory, server = Memory(page(), lambda: None), Server()
    fetcher = RecrawlingFetcher(server, memory, RecrawlConfig(), is_comparable=True)
    ticket, step = Ticket(1, URL, 1, 0), Step("fetch", "fetch-0")
    first = await fetcher.fetch(ticket, step)
    assert first == Fetched(Deferred(ticket), HostFeedback(elapsed=0.5))
    assert record_of(await fetcher.fetch(ticket, step)) == b"new"
    assert [asked.earlier is None for asked in server.asked] == [False, True]


async def test_left_out_it_comes_whole_at_once():
    memory, server = Memory(page(), lambda: None), Server(changes=True)
    assert record_of(await fetched(memory, server, failed=True)) == b"new"


async def test_damaged_records_are_told_once(caplog):
    def damaged() -> bytes | None:
        raise OutputError("records.jsonl cannot be read")

    memory = Memory(page(), damaged)
    fetcher = RecrawlingFetcher(Server(), memory, RecrawlConfig(), is_comparable=True)
    with caplog.at_level(logging.WARNING):
        for number in (1, 2, 3):
            found = await fetcher.fetch(Ticket(number, URL, 1, 0), Step("fetch", "fetch-0"))
            assert isinstance(found.result, Deferred)
    assert [record.getMessage() for record in caplog.records] == [
        "pages are fetched anew whose records cannot be read: records.jsonl cannot be read"
    ]


async def test_a_retry_stays_one():
    class Failing(Server):
        async def fetch(self, ticket: Ticket, _step: Step) -> Fetched:
            return Fetched(Retry(1.0, Kind.TIMEOUT), HostFeedback(failed=True))

    assert isinstance((await fetched(Memory(page()), Failing())).result, Retry)


@pytest.mark.parametrize("purpose", [Purpose.ASSET, Purpose.EXTERNAL, Purpose.STYLESHEET, Purpose.PROBE])
async def test_what_is_not_recorded_is_asked_for_as_ever(purpose):
    server = Server()
    await fetched(Memory(page()), server, failed=True, ticket=Ticket(1, URL, 1, 0, purpose=purpose))
    assert server.asked[0].earlier is None
