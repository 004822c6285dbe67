"""The parse pool: what a page, or a kill from outside, can do to it. Real processes."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from crawler.config import Config
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import decode
from crawler.parse.captured_output import MAX_CHARACTERS, MAX_LINES
from crawler.parse.parse_pool import ParsePool
from crawler.parse.parse_task import MAX_KILLS, PageParser, parse_task
from crawler.parse.parser_process import ParseJob
from crawler.plumbing.byte_queue import ByteQueue
from crawler.rules.scope import Scope
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations import poison
from tests.stations.no_frontier import NoFrontier
from tests.stations.pages import html_page

SITE = "http://a.example/"
JOB = ParseJob(
    scope=Scope(frozenset({"http://a.example"})),
    hash_seed=1,
    keep_text=False,
    obey_robots=True,
    user_agent="crawler",
    extract=None,
)
METHODS = ["forkserver", "spawn"]


def page(number: int, name: str = "good", body: bytes = b"") -> Page:
    body = body or b"<title>t</title><p>text <a href=next>n</a>"
    return html_page(number, f"{SITE}{name}-{number}", body)


@asynccontextmanager
async def street(pages: list[Page], *, method: str = "forkserver", **config) -> AsyncIterator[list[Finished]]:
    """Parse ``pages`` at the other end of a queue, while the block runs and until all are done."""
    options = {"workers": 2, "timeout": 1.0, "max_memory": 300_000_000} | config
    logged: list[dict[str, Any]] = []
    pool = ParsePool(
        Config(parse=options, processes={"start_method": method}), JOB, poison.extract, logged.append
    )
    pool.start()
    queue: ByteQueue[Page] = ByteQueue(1 << 24, lambda p: p.weight)
    street.queue = queue
    results: list[Finished] = []
    street.parsers, street.pool, street.logged, street.counters = [], pool, logged, Counters()
    street.fetched_again = []

    class Frontier(NoFrontier):
        async def retry(self, ticket: Ticket, delay: float) -> None:
            street.fetched_again.append((ticket.id, delay))

        async def finish(self, finished: Finished) -> None:
            results.append(finished)

    frontier = Frontier()
    written: ByteQueue[Finished] = ByteQueue(1 << 30, lambda f: f.weight)
    parsing = {"batch_pages": 8, "batch_bytes": 1 << 18, "max_crashes": 2}
    settings = Config(fetch={"retries": 2}, parse=parsing)

    async def station(number: int) -> None:
        @asynccontextmanager
        async def noted() -> AsyncIterator[PageParser]:
            async with pool.parser(number) as parser:
                street.parsers.append(parser)
                yield parser

        step = Step("parse", f"parser-{number}")
        await parse_task(queue, written, frontier, noted(), settings, step, street.counters)

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(pool.workers):
                group.create_task(station(number))
            for one in pages:
                await queue.put(one)
            yield results
            queue.close()
    finally:
        await asyncio.to_thread(pool.close)


def kinds(results: list[Finished]) -> dict[str, Kind | None]:
    return {decode(one.record).url[len(SITE) :]: one.kind for one in results}


@pytest.mark.parametrize("method", METHODS)
async def test_pages_are_parsed_in_child_processes(method):
    async with street([page(n) for n in range(40)], method=method) as results:
        pass
    assert sorted(one.ticket.id for one in results) == list(range(40))
    assert all(one.outcome is Outcome.OK and one.links for one in results)


@pytest.mark.parametrize("executor", ["thread", "inline"])
async def test_the_same_code_runs_on_other_models(executor):
    async with street([page(n) for n in range(10)], executor=executor) as results:
        pass
    async with street([page(n) for n in range(10)]) as in_processes:
        pass
    assert sorted(one.record for one in results) == sorted(one.record for one in in_processes)


@pytest.mark.parametrize(
    ("name", "method"),
    [(name, "forkserver") for name in poison.DEADLY]
    + [(name, "spawn") for name in ("segfault", "hang", "memory")],
)
async def test_a_poison_page_costs_one_page(name, method):
    kind = poison.DEADLY[name]
    pages = [page(n) for n in range(30)]
    pages[11] = page(11, name)
    # Only those that are meant to be timed out may run into a time-out, however slow the machine.
    seconds = 0.4 if kind is Kind.PARSE_TIMEOUT else 20.0
    async with street(pages, method=method, timeout=seconds) as results:
        pass
    found = kinds(results)
    assert len(found) == 30
    assert {url: k for url, k in found.items() if k is not None} == {f"{name}-11": kind}
    message = next(decode(one.record).message for one in results if one.ticket.id == 11)
    assert message
    assert len(street.pool.pids()) == 0


@pytest.mark.parametrize("name", poison.HARMLESS)
async def test_a_failing_extract_function_is_noted_and_not_fatal(name):
    async with street([page(0), page(1, name)]) as results:
        pass
    records = {one.ticket.id: decode(one.record) for one in results}
    assert records[0].extracted == {"length": 6}
    assert (records[1].outcome, records[1].extracted) == (Outcome.OK, None)
    assert (records[1].message or "").startswith(poison.HARMLESS[name])
    assert street.counters.parser_restarts == 0


@pytest.mark.parametrize("name", sorted(poison.LOUD))
async def test_what_a_page_prints_is_logged_and_bounded(name, capfd):
    async with street([page(0, name), page(1), page(2, name)], timeout=20.0, workers=1) as results:
        pass
    assert [decode(one.record).extracted for one in results] == [{"length": 6}] * 3
    assert capfd.readouterr() == ("", "")
    said = [one for one in street.logged if one["level"] < 30 or one["name"] == "py.warnings"]
    assert sum(len(one["message"]) for one in said) <= 2 * MAX_CHARACTERS
    assert len(said) <= 2 * MAX_LINES
    cut = [one["message"] for one in street.logged if "says too much" in one["message"]]
    # What goes past Python goes nowhere; a warning is given once for each line of code.
    assert len(cut) == {"print-outside": 0, "warn": 1}.get(name, 2)
    if name == "print-lines":
        assert [one["message"] for one in said][:2] == [f"{n} \\ud800 is no character" for n in range(2)]
        assert {one["process"] for one in said} == {"parser-0"}


async def test_a_page_that_hangs_does_not_hold_back_those_that_came_with_it():
    pages = [page(n, "hang" if n == 3 else "good") for n in range(8)]
    async with street(pages, timeout=1.5, workers=1) as results:
        while len(results) < 7:
            await asyncio.sleep(0.01)
        seen = kinds(results)
        first_of_all = street.counters.parser_restarts
    assert set(seen) == {f"good-{n}" for n in range(8) if n != 3}
    assert first_of_all == 1
    assert kinds(results)["hang-3"] is Kind.PARSE_TIMEOUT


@pytest.mark.parametrize("executor", ["process", "thread"])
async def test_a_page_whose_file_is_gone_is_fetched_again_at_most_as_often_as_others(executor, tmp_path):
    def spooled(number: int, attempt: int = 1) -> Page:
        plain = page(number)
        ticket = replace(plain.ticket, attempt=attempt)
        path = str(tmp_path / f"{number}.body")
        return replace(plain, ticket=ticket, pieces=(), body_path=path)

    there = tmp_path / "1.body"
    await asyncio.to_thread(there.write_bytes, page(1).body)
    pages = [page(0), spooled(1), spooled(2), spooled(3, attempt=2), spooled(4, attempt=3), page(5)]
    async with street(pages, executor=executor, workers=1) as results:
        pass
    assert {one.ticket.id: one.kind for one in results} == {
        0: None,
        1: None,
        4: Kind.PARSE_CRASH,
        5: None,
    }
    assert street.fetched_again == [(2, 0.0), (3, 0.0)]
    assert (street.counters.retries, street.counters.parsed) == (2, 4)
    (message,) = (decode(one.record).message or "" for one in results if one.kind)
    assert message.startswith("the file with its body could not be read: FileNotFoundError")
    assert not await asyncio.to_thread(there.exists)


async def test_a_page_larger_than_the_pipe_passes():
    body = b"<p>" + b"x" * 5_000_000
    async with street([page(1, body=body)]) as results:
        pass
    assert decode(results[0].record).text_length == 5_000_000


@pytest.mark.parametrize("seed", range(3))
async def test_kills_from_outside_cost_no_page_and_blame_nobody(seed):
    chance = random.Random(seed)
    pages = [page(n, body=b"<p>" + b"<a href=%d>x</a>" % n * 3000) for n in range(200)]
    async with street(pages, timeout=10.0) as results:
        for _ in range(6):
            await asyncio.sleep(0.02 + 0.1 * chance.random())
            for parser in street.parsers[:1]:
                parser.kill()
    assert sorted(one.ticket.id for one in results) == list(range(200))
    assert all(one.kind is None for one in results)


async def kill_at_work(times: int) -> None:
    """SIGKILL to the pool's one parser, each time when it is at its first page."""
    pid = 0
    for _ in range(times):
        pid = await at_its_first_page(pid)
        os.kill(pid, signal.SIGKILL)


async def test_a_page_alone_with_which_parsers_are_killed_from_outside_is_not_blamed():
    async with street([page(1, "sleep")], workers=1, timeout=60.0) as results:
        await kill_at_work(MAX_KILLS - 1)
        while not results:
            await asyncio.sleep(0.01)
    assert kinds(results) == {"sleep-1": None}
    assert street.counters.parser_restarts == MAX_KILLS - 1


async def test_a_page_that_is_always_alone_with_killed_parsers_is_given_up_and_not_called_a_crash():
    async with street([page(1, "hang"), page(2)], workers=1, timeout=60.0) as results:
        pid = await at_its_first_page()
        os.kill(pid, signal.SIGKILL)  # in company
        while len(results) < 2:
            new = next(iter(street.pool.pids()), 0)
            if new not in (0, pid) and street.pool.progress_of(new)[:1] == (0.0,):
                pid = new
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
    assert kinds(results) == {"hang-1": Kind.PARSE_KILLED, "good-2": None}
    (message,) = (decode(one.record).message for one in results if one.kind)
    assert message == (
        "the parse process was killed from outside by SIGKILL, 10 times: the page is given up, and may be"
        " innocent"
    )


async def test_kills_from_outside_and_crashes_are_counted_apart():
    async with street([page(1, "abort-later")], workers=1, timeout=60.0) as results:
        await kill_at_work(5)
    assert kinds(results) == {"abort-later-1": Kind.PARSE_CRASH}
    assert street.counters.parser_restarts == 5 + 2


async def test_a_replaced_parser_costs_no_page_and_blames_nobody():
    pages = [page(n, body=b"<p>" + b"<a href=%d>x</a>" % n * 3000) for n in range(200)]
    async with street(pages, timeout=10.0) as results:
        replaced = 0
        while replaced < 4:
            await asyncio.sleep(0.05)
            for pid in list(street.pool.pids())[:1]:
                replaced += street.pool.replace(pid, Kind.PARSE_MEMORY, "too much memory")
    assert sorted(one.ticket.id for one in results) == list(range(200))
    assert all(one.kind is None for one in results)


async def test_a_page_alone_with_which_parsers_are_replaced_again_and_again_is_blamed():
    async with street([page(1, "hang"), page(2)], timeout=60.0, workers=1) as results:
        seen: set[int] = set()
        while len(results) < 2:  # in company, and then twice alone
            await asyncio.sleep(0.02)
            for pid in street.pool.pids() - seen:
                progress = street.pool.progress_of(pid)
                # The good page takes some milliseconds: on a slow machine it would be caught twice, too.
                if progress[:1] == (0.0,) and time.monotonic() - progress[1] > 0.5:
                    seen.add(pid)
                    assert street.pool.replace(pid, Kind.PARSE_MEMORY, "too much memory")
    assert kinds(results) == {"hang-1": Kind.PARSE_MEMORY, "good-2": None}
    (blamed,) = (decode(one.record).message for one in results if one.kind)
    assert blamed == "too much memory"


async def test_an_idle_parser_is_replaced_when_the_next_page_comes():
    async with street([page(1)], workers=1) as results:
        while not results:
            await asyncio.sleep(0.01)
        (pid,) = street.pool.pids()
        assert street.pool.replace(pid, Kind.PARSE_MEMORY, "too much memory")
        assert not street.pool.replace(1, Kind.PARSE_MEMORY, "no child of ours")
        await street.queue.put(page(2))
        while len(results) < 2:
            await asyncio.sleep(0.01)
        assert street.pool.pids() != {pid}
    assert kinds(results) == {"good-1": None, "good-2": None}


async def at_its_first_page(old: int = 0) -> int:
    """The pid of the pool's one parser, another than ``old``, once it is at a page."""
    while True:
        pid = next(iter(street.pool.pids()), 0)
        if pid != old and street.pool.progress_of(pid)[:1] == (0.0,):
            return pid
        await asyncio.sleep(0.01)


async def test_progress_is_seen_from_outside():
    async with street([page(1, "hang")], workers=1, timeout=60.0):
        first = await at_its_first_page()
        assert street.pool.progress_of(-1) == ()
        street.pool.replace(first, Kind.PARSE_TIMEOUT, "did not get on")
        second = await at_its_first_page(first)
        assert street.pool.progress_of(first) == ()
        street.pool.replace(second, Kind.PARSE_TIMEOUT, "did not get on")


async def test_a_cancelled_street_leaves_no_child():
    started = time.monotonic()
    with pytest.raises(BaseExceptionGroup):
        async with street([page(1, "hang")], timeout=60.0):
            await asyncio.sleep(0.5)
            raise RuntimeError("something else failed")
    assert time.monotonic() - started < 10


async def test_what_a_parser_logs_is_heard_without_an_extract_function_too():
    logged: list[dict[str, Any]] = []
    config = Config(parse={"workers": 1}, log={"level": "DEBUG"})
    pool = ParsePool(config, JOB, None, logged.append)
    pool.start()
    async with pool.parser(0) as parser:
        assert [one.kind for one in await parser.parse([page(1)])] == [None]
        assert f"ready, pid {parser.pid}" in {one["message"] for one in logged}
    await asyncio.to_thread(pool.close)


async def test_children_that_nobody_came_for_end_with_the_pool():
    """As when a crawl is stopped before it begins; that none is left is checked after every test."""
    pool = ParsePool(Config(parse={"workers": 2}), JOB, None, print)
    pool.start()
    async with pool.parser(0) as parser:
        assert parser.pid is not None
        assert parser.pid in pool.pids()
    await asyncio.to_thread(pool.close)
    assert pool.pids() == set()
