"""A parser that has its next batch before it is done with the one at work. Real processes."""

import asyncio
import gc
import multiprocessing
import random
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager

import pytest

from crawler.model.messages import Finished, Page
from crawler.parse.parse_task import _pages_at_once, parse_all
from crawler.parse.parser_process import IDLE, ParseJob
from crawler.parse.single_worker_pool import ParserSettings, ProcessParser
from crawler.plumbing.byte_queue import ByteQueue
from crawler.rules.scope import Scope
from crawler.trace.counters import Counters
from tests.stations import poison
from tests.stations.pages import html_page

JOB = ParseJob(scope=Scope(frozenset({"http://a.example"})), hash_seed=1)


def page(number: int, name: str = "good", size: int = 0) -> Page:
    return html_page(number, f"http://a.example/{name}-{number}", b"<p>x</p>".ljust(size))


@asynccontextmanager
async def started(timeout: float = 20.0) -> AsyncIterator[ProcessParser]:
    context = multiprocessing.get_context("forkserver")
    with ThreadPoolExecutor(1) as threads:
        settings = ParserSettings(context, JOB, poison.extract, timeout, 1 << 30, "INFO", lambda record: None)
        made = ProcessParser("parser-0", settings, threads)
        try:
            await asyncio.to_thread(made.start)
            yield made
        finally:
            await asyncio.to_thread(made.stop)


async def all_of(
    batch: list[Page], ahead: list[Page] | None, parser: ProcessParser, counters: Counters
) -> list[Finished]:
    found = [one async for _, some in parse_all(batch, parser, 2, counters, ahead) for one in some]
    return sorted(found, key=lambda one: one.ticket.id)


def numbers(results: list[Finished]) -> list[int]:
    return [one.ticket.id for one in results]


async def test_batches_come_back_in_the_order_in_which_they_were_given():
    batches = [[page(10 * n + m) for m in range(n % 4 + 1)] for n in range(12)]
    async with started() as parser:
        for batch, following in zip(batches, [*batches[1:], None], strict=True):
            assert numbers(await parser.parse(batch, following)) == [one.ticket.id for one in batch]


async def test_the_next_batch_is_parsed_while_nobody_calls_for_it():
    first, second = [page(1)], [page(2, "sleep")]
    async with started() as parser:
        await parser.parse(first, second)
        # A child that waits to be asked for it would never begin, nor end.
        while parser.progress[0] != 0.0:
            await asyncio.sleep(0.002)
        while parser.progress[0] == 0.0:
            await asyncio.sleep(0.002)
        assert numbers(await parser.parse(second)) == [2]


async def test_a_batch_that_was_parsed_long_before_it_is_called_for_is_not_late():
    first, second = [page(1)], [page(2)]
    async with started(timeout=2.0) as parser:
        await parser.parse(first, second)
        await asyncio.sleep(2.5)  # the writers were full
        assert [one.kind for one in await parser.parse(second)] == [None]


@pytest.mark.parametrize("name", ["segfault", "hang", "memory"])
async def test_a_page_that_kills_is_blamed_in_whichever_batch_it_is(name):
    counters = Counters()
    first, second, third = [page(1), page(2, name)], [page(3, name), page(4)], [page(5)]
    async with started(timeout=1.0 if name == "hang" else 20.0) as parser:
        results = await all_of(first, second, parser, counters)
        results += await all_of(second, third, parser, counters)
        results += await all_of(third, None, parser, counters)
    kind = poison.DEADLY[name]
    assert [(one.ticket.id, one.kind) for one in results] == [
        (1, None),
        (2, kind),
        (3, kind),
        (4, None),
        (5, None),
    ]


async def test_a_killed_parser_is_given_again_what_it_had_ahead():
    counters = Counters()
    first, second = [page(1, "sleep")], [page(2)]
    async with started() as parser:
        going = asyncio.ensure_future(all_of(first, second, parser, counters))
        await asyncio.sleep(poison.SLEEP / 2)
        parser.kill()
        assert [(one.ticket.id, one.kind) for one in await going] == [(1, None)]
        assert [(one.ticket.id, one.kind) for one in await all_of(second, None, parser, counters)] == [
            (2, None)
        ]
    assert counters.parser_restarts == 1


async def test_a_pool_that_breaks_while_its_child_works_costs_a_child_and_no_page():
    """The fork server died: the pool is of no use any more, while the child goes on with what it has."""
    counters = Counters()
    first, second = [page(1, "sleep")], [page(2, "sleep")]
    async with started() as parser:
        assert parser._executor is not None
        submit = parser._executor.submit
        lost: Future[int] = Future()

        def given_and_lost(*arguments: object) -> Future[int]:
            submit(*arguments)  # type: ignore[arg-type]
            return lost

        parser._executor.submit = given_and_lost  # type: ignore[method-assign,assignment]
        going = asyncio.ensure_future(all_of(first, second, parser, counters))
        await asyncio.sleep(poison.SLEEP / 2)
        lost.set_exception(BrokenProcessPool("its fork server died"))
        assert numbers(await going) == [1]
        began = time.monotonic()
        assert [one.kind for one in await all_of(second, None, parser, counters)] == [None]
        assert time.monotonic() - began < 10
    assert counters.parser_restarts == 1


async def test_a_lost_call_is_noticed_at_once():
    """The pool breaks before the child has it: nobody would ever take the batch out of the pipe."""
    counters = Counters()
    async with started() as parser:
        assert numbers(await all_of([page(1)], None, parser, counters)) == [1]
        await asyncio.sleep(IDLE + 0.2)  # the first call is back
        lost: Future[int] = Future()
        assert parser._executor is not None
        parser._executor.submit = lambda *_: lost  # type: ignore[method-assign]
        going = asyncio.ensure_future(all_of([page(2)], None, parser, counters))
        await asyncio.sleep(0.1)
        lost.set_exception(BrokenProcessPool("its fork server died"))
        async with asyncio.timeout(10):
            assert [one.kind for one in await going] == [None]
    assert counters.parser_restarts == 1


async def test_under_load_the_child_is_called_once():
    """Each call to and fro wakes two processes and three threads."""
    batches = [[page(1, "sleep")], [page(2)]]
    calls = 0
    async with started() as parser:
        assert parser._executor is not None
        submit = parser._executor.submit

        def counted(*arguments: object) -> Future[int]:
            nonlocal calls
            calls += 1
            return submit(*arguments)  # type: ignore[arg-type,return-value]

        parser._executor.submit = counted  # type: ignore[method-assign,assignment]
        for batch, following in zip(batches, [*batches[1:], None], strict=True):
            await parser.parse(batch, following)
        assert calls == 1
        await asyncio.sleep(IDLE + 0.2)  # nothing waits any more: the call comes back
        await parser.parse([page(9)])
        assert calls == 2


@pytest.mark.parametrize("seed", range(2))
async def test_the_call_comes_back_and_a_batch_is_on_its_way_at_the_same_moment(seed):
    """Nothing is lost, and nothing comes twice, whichever is first."""
    chance = random.Random(seed)
    batches = [[page(10 * n + m) for m in range(chance.choice([1, 1, 3]))] for n in range(1, 200)]
    calls = 0
    async with started(timeout=5.0) as parser:
        await parser.parse([page(0, "impatient")])
        last = parser._call
        for batch, following in zip(batches, [*batches[1:], None], strict=True):
            ahead = following if chance.random() < 0.3 else None
            assert numbers(await parser.parse(batch, ahead)) == [one.ticket.id for one in batch]
            calls, last = calls + (last is not parser._call), parser._call
            await asyncio.sleep(chance.uniform(0.0, 2 * poison.IMPATIENCE))
    assert 5 < calls < len(batches)


async def test_killed_while_it_has_nothing_to_do_a_parser_is_replaced_with_the_next_batch(caplog):
    counters = Counters()
    async with started() as parser:
        for number in (1, 2):
            assert numbers(await all_of([page(number)], None, parser, counters)) == [number]
            parser.kill()
            await asyncio.sleep(0.2)
        assert counters.parser_restarts == 1
    del parser
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_what_does_not_fit_into_the_pipe_is_sent_when_its_turn_comes():
    big = [[page(n, size=700_000 * n)] for n in (1, 2, 3)] + [[page(4)]]
    async with started() as parser:
        for batch, following in zip(big, [*big[1:], None], strict=True):
            assert numbers(await parser.parse(batch, following)) == [batch[0].ticket.id]
            sent = following if following and len(following[0].body) < 1_000_000 else None
            assert parser._sent is sent


async def test_a_busy_parser_leaves_enough_for_an_idle_one():
    queue: ByteQueue[int] = ByteQueue(100, lambda weight: weight)
    for weight in (1, 1, 1):
        await queue.put(weight)
    assert queue.take_spare(2, 50) == []
    await queue.put(1)
    assert queue.take_spare(2, 50) == [1, 1]
    await queue.put(60)
    await queue.put(30)
    assert queue.take_spare(5, 45) == [1, 1]
    assert queue.bytes == 90


def test_slow_pages_travel_alone_and_quick_ones_together():
    assert [_pages_at_once(seconds, 32) for seconds in (3.0, 0.1, 1 / 512, 0.0)] == [1, 1, 15, 32]
