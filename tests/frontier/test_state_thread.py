"""The thread that owns crawl.db: what is asked of it after its end is refused at once, never left waiting."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from crawler.frontier import rows
from crawler.frontier.state_thread import CrawlState
from crawler.frontier.view import FrontierView
from crawler.model.errors import StoreClosed, StoreFailed


@pytest.fixture(params=["closed", "closed twice"])
def closed(request, tmp_path):
    state = CrawlState(tmp_path)
    state.close()
    if request.param == "closed twice":
        state.close()
    return state


async def test_a_closed_state_refuses_to_be_called(closed):
    with pytest.raises(StoreClosed, match=r"crawl\.db is not open"):
        await asyncio.wait_for(closed.call(lambda db: None), 1)


@pytest.mark.timeout(5)
def test_a_closed_state_refuses_to_be_read(closed):
    with pytest.raises(StoreClosed, match=r"crawl\.db is not open"):
        closed.read(FrontierView.counts)


def test_whoever_calls_while_it_is_closed_gets_an_answer_or_a_refusal(tmp_path):
    for attempt in range(20):
        (tmp_path / str(attempt)).mkdir()
        state = CrawlState(tmp_path / str(attempt))
        begin = threading.Barrier(5)

        def ask(state=state, begin=begin) -> int:
            begin.wait()
            asked = 0
            while True:
                try:
                    state.read(FrontierView.counts)
                except StoreClosed:
                    return asked
                asked += 1

        with ThreadPoolExecutor(4) as threads:
            asking = [threads.submit(ask) for _ in range(4)]
            begin.wait()
            state.close()
            assert all(one.result(timeout=5) >= 0 for one in asking)


async def test_what_was_sent_is_done_also_when_nobody_waits_for_it_any_more(tmp_path):
    """What a frontier has handed over for saving is no longer in its memory."""
    state = await asyncio.to_thread(CrawlState, tmp_path)
    go_on = threading.Event()
    try:
        first = asyncio.create_task(state.call(lambda db: go_on.wait(5)))
        second = asyncio.create_task(state.call(lambda db: rows.set_meta(db, {"kept": "yes"})))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        go_on.set()
        await first
        assert (await asyncio.to_thread(state.read, FrontierView.meta))["kept"] == "yes"
    finally:
        await asyncio.to_thread(state.close)


def test_a_job_that_fails_leaves_no_half_of_a_transaction(tmp_path):
    def fails(db):
        rows.set_meta(db, {"half": "yes"})
        db.execute("SELECT missing")

    state = CrawlState(tmp_path)
    try:
        with pytest.raises(StoreFailed, match="no such column"):
            state.run(fails)
        assert state.read(FrontierView.meta) == {}
    finally:
        state.close()


def test_entries_are_noted_all_together_or_not_at_all(tmp_path):
    """A start that was killed between its settings and its state must not look like a damaged crawl."""
    state = CrawlState(tmp_path)
    try:
        with pytest.raises(StoreFailed):
            state.note({"settings": "{}", "state": object()})  # type: ignore[dict-item]  # SQLite refuses it
        assert state.read(FrontierView.meta) == {}
    finally:
        state.close()
