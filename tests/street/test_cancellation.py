"""``async with Crawler(config)`` may be cancelled at every await, and leaves nothing behind.

That no thread and no process is left, every test checks (``tests/conftest.py``).
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

import pytest

from crawler import Config, Crawler
from crawler.model.errors import AlreadyFinished
from crawler.plumbing.file_lock import FileLock
from tests.crawls import urls
from tests.graph_server import graph_site


@pytest.fixture(scope="module")
def site():
    with graph_site(3) as running:
        yield running


def config(site, out, **parse: Any) -> Config:
    return Config(seeds=[site.url], out=out, parse={"workers": 1, **parse})


class Watched(Coroutine[Any, Any, Any]):
    """A coroutine, with a call each time that it awaits."""

    def __init__(self, crawl: Coroutine[Any, Any, Any], on_await: Callable[[], object]) -> None:
        self._crawl, self._on_await = crawl, on_await

    def send(self, answer: Any) -> Any:
        waiting = self._crawl.send(answer)
        self._on_await()
        return waiting

    def throw(self, *failure: Any) -> Any:
        waiting = self._crawl.throw(*failure)
        self._on_await()
        return waiting

    def close(self) -> None:
        self._crawl.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise NotImplementedError  # it is a task's


async def crawl_all(settings: Config) -> None:
    async with Crawler(settings) as crawl:
        async for _ in crawl:
            pass


async def struck(settings: Config, at: int, how: str) -> bool:
    """Crawl, and be cancelled when the crawl begins its await number ``at``; whether there were so many."""
    loop, judge = asyncio.get_running_loop(), asyncio.current_task()
    awaits = 0

    def on_await() -> None:
        nonlocal awaits
        awaits += 1
        doomed: set[asyncio.Task[Any]] = set()
        if awaits == at + 1 and how == "every task":  # as asyncio.run does at its end
            doomed = asyncio.all_tasks() - {judge}
        elif awaits == at + 1 or (awaits > at and how == "again and again"):
            doomed = {reader}
        for task in doomed:
            loop.call_soon(task.cancel)

    loop.set_task_factory(
        lambda loop, crawl, **keys: asyncio.Task(Watched(crawl, on_await), loop=loop, **keys)
    )
    reader = loop.create_task(crawl_all(settings))
    try:
        await asyncio.wait({reader})
    finally:
        loop.set_task_factory(None)
    assert asyncio.all_tasks() == {judge}
    if not reader.cancelled():
        reader.result()
    return awaits > at


def is_free(out) -> None:
    """Nobody holds the folder. Raises LockBusy."""
    if out.exists():
        lock = FileLock(out / "crawl.lock")
        lock.acquire(timeout=0.0)
        lock.release()


@pytest.mark.parametrize(
    ("how", "first", "step"),
    [("once", 0, 3), ("once", 1, 3), ("once", 2, 3), ("again and again", 0, 5), ("every task", 0, 3)],
)
async def test_cancelled_at_an_await_it_leaves_nothing_and_the_crawl_goes_on(
    site, tmp_path, how, first, step
):
    at = first
    while await struck(config(site, tmp_path / f"{at}"), at, how):
        out = tmp_path / f"{at}"
        await asyncio.to_thread(is_free, out)
        with suppress(AlreadyFinished):  # then it was cancelled behind its last page
            await crawl_all(config(site, out))
        assert dict(urls(out)) == dict.fromkeys(site.urls, 1), f"cancelled at await {at}"
        at += step
    assert at > 50
