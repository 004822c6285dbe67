"""The station: each ticket's slot is given back exactly once, early, and whatever became of the ticket."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from crawler.fetch.attempt import Deferred, Fetched, Retry
from crawler.fetch.fetch_task import fetch_task
from crawler.model.messages import Finished, HostFeedback, Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations.no_frontier import NoFrontier


def ticket(number: int) -> Ticket:
    return Ticket(id=number, url=f"http://h/{number}", lane=1, depth=0)


def page(of: Ticket, body_path: str | None = None) -> Page:
    return Page(of, 200, (), (b"x" * 500,), body_path, 500, None, 0.0, 0.001)


def finished(of: Ticket) -> Finished:
    return Finished(of, Outcome.SKIPPED, Kind.ROBOTS, b"{}")


class Bench(NoFrontier):
    """One worker between queues, with everything it calls written down."""

    def __init__(self, outcome: Any, page_room: int = 10**6) -> None:
        self.tickets: ByteQueue[Ticket] = ByteQueue(10**6, lambda _: 1)
        self.pages: ByteQueue[Page] = ByteQueue(page_room, lambda page: page.weight)
        self.finished: ByteQueue[Finished] = ByteQueue(10**6, lambda finished: finished.weight)
        self.calls: list[tuple[str, int, object]] = []
        self.counters = Counters()
        self.step = Step("fetch", "fetch-0")
        self._outcome = outcome

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        assert step is self.step
        step.enter("read", ticket.url)
        await asyncio.sleep(0)
        result = self._outcome(ticket)
        if isinstance(result, BaseException):
            raise result
        return Fetched(result, HostFeedback(elapsed=1.5))

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None:
        self.calls.append(("fetched", ticket.id, feedback.elapsed))

    async def retry(self, ticket: Ticket, delay: float) -> None:
        self.calls.append(("retry", ticket.id, delay))

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        self.calls.append(("put back", ticket.id, delay))

    async def finish(self, finished: Finished) -> None:
        self.calls.append(("finish", finished.ticket.id, finished.kind))

    async def run(self) -> None:
        await fetch_task(
            self.tickets,
            self.pages,
            self.finished,
            self,
            self,  # type: ignore[arg-type]
            self.step,
            self.counters,
        )


async def test_each_result_goes_where_it_belongs():
    results = {1: page, 2: finished, 3: lambda _: Retry(2.5, Kind.RESET), 4: lambda of: Deferred(of, 1.5)}
    bench = Bench(lambda of: results[of.id](of))
    for number in results:
        await bench.tickets.put(ticket(number))
    bench.tickets.close()
    await bench.run()
    assert (await bench.pages.get()).ticket.id == 1
    assert bench.calls == [
        ("fetched", 1, 1.5),
        ("fetched", 2, 1.5),
        ("finish", 2, Kind.ROBOTS),
        ("fetched", 3, 1.5),
        ("retry", 3, 2.5),
        ("fetched", 4, 1.5),
        ("put back", 4, 1.5),
    ]
    assert (bench.counters.fetched, bench.counters.retries) == (4, 1)
    assert (bench.step.step, bench.step.url) == ("idle", None)


async def test_it_ends_when_its_queue_is_closed():
    bench = Bench(page)
    worker = asyncio.ensure_future(bench.run())
    await asyncio.sleep(0)
    bench.tickets.close()
    await worker
    assert bench.calls == []


async def test_the_slot_is_free_before_it_waits_for_room_in_the_page_queue():
    bench = Bench(page, page_room=10)
    for number in (1, 2):
        await bench.tickets.put(ticket(number))
    bench.tickets.close()
    worker = asyncio.ensure_future(bench.run())
    while len(bench.calls) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not worker.done()
    assert bench.calls == [("fetched", 1, 1.5), ("fetched", 2, 1.5)]
    assert bench.step.step == "wait for a parser"
    await bench.pages.get()
    await worker


@pytest.mark.parametrize("failure", [ZeroDivisionError(), asyncio.CancelledError()])
async def test_the_slot_is_free_even_after_a_failure(failure):
    bench = Bench(lambda _: failure)
    await bench.tickets.put(ticket(1))
    with pytest.raises(type(failure)):
        await bench.run()
    assert bench.calls == [("fetched", 1, 0.0)]


@pytest.mark.parametrize("end", ["cancel", "close"])
async def test_a_page_that_is_not_handed_over_leaves_no_file(tmp_path: Path, end: str):
    spooled = tmp_path / "2.body"
    bench = Bench(lambda of: page(of, str(spooled) if of.id == 2 else None), page_room=10)
    await asyncio.to_thread(spooled.write_bytes, b"x")
    for number in (1, 2):
        await bench.tickets.put(ticket(number))
    worker = asyncio.ensure_future(bench.run())
    while len(bench.calls) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    if end == "cancel":
        worker.cancel()
    else:
        bench.pages.close()
    with pytest.raises(asyncio.CancelledError if end == "cancel" else QueueClosed):
        await worker
    assert not await asyncio.to_thread(spooled.exists)
    assert [call[:2] for call in bench.calls] == [("fetched", 1), ("fetched", 2)]
