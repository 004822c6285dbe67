"""A parse process, or the fork server below it, dies while parsers are started or wait."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crawler.model.messages import Finished, Page
from crawler.parse.page_facts import PageNotes
from crawler.parse.parse_task import parse_all
from crawler.parse.parser_process import ParseJob
from crawler.parse.single_worker_pool import ParserSettings, ProcessParser
from crawler.plumbing.fork_server_process import PRELOADED, PRELOADED_FOR_FACTS, start_fork_server
from crawler.rules.scope import Scope
from crawler.trace.counters import Counters
from tests.stations import poison
from tests.stations.pages import html_page

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
TIMEOUT = 20.0
"""Seconds that a page may take: what is lost must be noticed long before."""
JOB = ParseJob(
    scope=Scope(frozenset({"http://a.example"})),
    hash_seed=1,
    keep_text=False,
    obey_robots=True,
    user_agent="crawler",
    extract=None,
)


@asynccontextmanager
async def parser(method: str) -> AsyncIterator[ProcessParser]:
    """A parser that is not started yet."""
    with ThreadPoolExecutor(1) as threads:
        made = ProcessParser(
            "parser-0",
            ParserSettings(
                multiprocessing.get_context(method),
                JOB,
                poison.extract,
                TIMEOUT,
                1 << 30,
                "INFO",
                lambda record: None,
            ),
            threads,
        )
        try:
            yield made
        finally:
            await asyncio.to_thread(made.stop)


async def all_of(one: Page, parser: ProcessParser, counters: Counters) -> list[Finished]:
    """What becomes of one page."""
    return [finished async for _, some in parse_all([one], parser, 2, counters) for finished in some]


def page(number: int) -> Page:
    return html_page(number, f"http://a.example/{number}", b"<title>t</title>" + b"<p>text" * 2000)


def kill_fork_server() -> None:
    from multiprocessing import forkserver

    start_fork_server()
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)


@pytest.mark.parametrize("notes_facts", [True, False])
def test_the_fork_server_imports_what_notes_facts_where_that_is_wanted(monkeypatch, notes_facts):
    asked: list[str] = []
    # Another test of this process may have had its fork server import more.
    monkeypatch.setattr("crawler.plumbing.fork_server_process.preloaded_modules", list)
    monkeypatch.setattr("multiprocessing.forkserver.set_forkserver_preload", asked.extend)
    monkeypatch.setattr("multiprocessing.forkserver.ensure_running", lambda: None)
    start_fork_server(notes_facts=notes_facts)
    assert PageNotes.__module__ in PRELOADED_FOR_FACTS
    assert asked[-1] == (PRELOADED_FOR_FACTS if notes_facts else PRELOADED)[-1]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
async def test_a_parser_that_dies_while_it_starts_is_started_again(method):
    """Or loses its fork server: then it lives, but nobody will ever hear of it, so it must not live on."""
    first: list[int] = []

    def kill_the_first() -> None:
        deadline = time.monotonic() + 20
        while not first and time.monotonic() < deadline:
            first.extend(child.pid for child in multiprocessing.active_children() if child.pid)
            time.sleep(0.001)
        if method == "forkserver":
            kill_fork_server()
        else:
            os.kill(first[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_the_first)
    async with parser(method) as one:
        killer.start()
        await asyncio.to_thread(one.start)
        await asyncio.to_thread(killer.join)
        assert len(first) == 1
        if one.pid == first[0]:  # it was ready before its fork server died
            pytest.skip("the child was faster than the kill")
        # A child of a dead fork server is reaped by whoever inherits it.
        assert await asyncio.to_thread(has_ended, first[0])


def has_ended(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


async def test_a_batch_whose_token_never_reaches_the_child_is_parsed_by_another():
    """The pool breaks with its fork server, between the batch's two ways to the child, which lives on."""
    async with parser("forkserver") as one:
        await asyncio.to_thread(one.start)

        def submit(*_: object) -> Future[int]:
            lost: Future[int] = Future()
            threading.Timer(0.05, lost.set_exception, [BrokenProcessPool("its fork server died")]).start()
            return lost

        one._executor.submit = submit
        started, counters = time.monotonic(), Counters()
        results = await all_of(page(1), one, counters)
        assert [finished.kind for finished in results] == [None]
        assert counters.parser_restarts == 1
        assert time.monotonic() - started < TIMEOUT / 2


async def test_killed_together_with_its_fork_server_again_and_again_a_parser_costs_no_page():
    """How it ended, nobody can learn then."""
    sleeps = html_page(1, "http://a.example/sleep-1", b"<p>text")
    async with parser("forkserver") as one:
        await asyncio.to_thread(one.start)
        counters = Counters()
        going = asyncio.ensure_future(all_of(sleeps, one, counters))
        for restarts in range(3):
            while counters.parser_restarts < restarts or one.pid is None or one.progress[0] != 0.0:
                await asyncio.sleep(0.01)
            pid = one.pid
            await asyncio.to_thread(kill_fork_server)
            os.kill(pid, signal.SIGKILL)
            while one.pid == pid:
                await asyncio.sleep(0.01)
        assert [finished.kind for finished in await going] == [None]
        assert counters.parser_restarts == 3


@pytest.mark.parametrize("seed", range(3))
async def test_without_its_fork_server_a_parser_is_replaced_and_no_page_is_blamed(seed):
    async with parser("forkserver") as one:
        await asyncio.to_thread(one.start)
        started, counters = time.monotonic(), Counters()
        results = []
        for number in range(12):
            if number % 4 == seed:
                await asyncio.to_thread(kill_fork_server)
            results += await all_of(page(number), one, counters)
        assert [finished.kind for finished in results] == [None] * 12
        assert counters.parser_restarts
        assert time.monotonic() - started < TIMEOUT


FORGETFUL = """
import asyncio, multiprocessing
from concurrent.futures import ThreadPoolExecutor
from tests.stations.test_parse_ahead import JOB, page, ParserSettings, ProcessParser

context = multiprocessing.get_context("forkserver")
settings = ParserSettings(context, JOB, None, 20.0, 1 << 30, "INFO", print)
parser = ProcessParser("parser-0", settings, ThreadPoolExecutor(1))
parser.start()
assert len(asyncio.run(parser.parse([page(1)]))) == 1
"""


def test_a_program_that_forgets_its_parser_ends():
    """The interpreter waits for every call that an executor has been given."""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", FORGETFUL], cwd=root, timeout=20, check=True)
