"""The thread that owns crawl.db: what is asked of it after its end is refused at once, never left waiting."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from crawler.frontier import rows
from crawler.frontier.store_thread import StoreThread
from crawler.model.errors import StoreClosed


@pytest.fixture(params=["never started", "stopped", "stopped twice"])
def closed(request, tmp_path):
    store = StoreThread(tmp_path / "crawl.db")
    if request.param != "never started":
        store.start()
        store.stop()
    if request.param == "stopped twice":
        store.stop()
    return store


async def test_a_closed_store_refuses_to_be_called(closed):
    with pytest.raises(StoreClosed, match=r"crawl\.db is not open"):
        await asyncio.wait_for(closed.call(rows.counts), 1)


@pytest.mark.timeout(5)
def test_a_closed_store_refuses_to_run(closed):
    with pytest.raises(StoreClosed, match=r"crawl\.db is not open"):
        closed.run(rows.counts)


def test_whoever_calls_while_it_is_stopped_gets_an_answer_or_a_refusal(tmp_path):
    for attempt in range(20):
        store = StoreThread(tmp_path / f"{attempt}.db")
        store.start()
        begin = threading.Barrier(5)

        def ask(store=store, begin=begin) -> int:
            begin.wait()
            asked = 0
            while True:
                try:
                    store.run(rows.counts)
                except StoreClosed:
                    return asked
                asked += 1

        with ThreadPoolExecutor(4) as threads:
            asking = [threads.submit(ask) for _ in range(4)]
            begin.wait()
            store.stop()
            assert all(one.result(timeout=5) >= 0 for one in asking)
