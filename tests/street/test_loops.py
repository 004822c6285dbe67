"""Whole crawls with ``fetch.loops`` above 1: what comes of them is what one loop brings, whatever dies."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from crawler import Config, Crawler
from crawler.engine.stations import Stations
from crawler.fetch import loop_thread
from crawler.fetch.loops_pool import FetchLoops
from crawler.model.record import Record
from crawler.rules.partition import partition
from crawler.watch.memory_reading import descendants
from tests import crawls
from tests.graph_server import GraphSite, graph_site
from tests.street.test_politeness import DELAY, SLACK, Answer, server

PAGES, HOSTS = 40, 5
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture(scope="module")
def sites() -> Iterator[list[GraphSite]]:
    """Several origins, in more than one of two partitions."""
    with ExitStack() as stack:
        running = [stack.enter_context(graph_site(PAGES, seed=n, delay=0.01)) for n in range(HOSTS)]
        while len({partition(site.url.rstrip("/"), 256) % 2 for site in running}) == 1:
            running.append(stack.enter_context(graph_site(PAGES, delay=0.01)))
        yield running


def config(sites, out, loops: int = 2, **keys) -> Config:
    fetch = {"loops": loops, "concurrency": 8, **keys.pop("fetch", {})}
    return Config(seeds=[site.url for site in sites], out=out, fetch=fetch, parse={"workers": 1}, **keys)


def fetchers(stations: Stations | None) -> FetchLoops:
    assert stations is not None
    assert stations.fetch_loops is not None
    return stations.fetch_loops


def essence(records: list[Record]) -> dict[str, tuple[object, ...]]:
    """What does not depend on who came first."""
    return {one.url: (one.outcome, one.kind, one.status, one.title, one.links, one.bytes) for one in records}


def every_url(sites) -> set[str]:
    return set().union(*(site.urls for site in sites))


async def test_several_origins_give_the_same_records_however_many_loops(sites, tmp_path):
    found = {}
    for loops in (1, 2, 3):
        async with Crawler(config(sites, tmp_path / str(loops), loops)) as crawl:
            records = [record async for record in crawl]
        assert len(records) == len(every_url(sites))
        found[loops] = essence(records)
        assert crawl.report is not None
        assert crawl.report.summary["requests"] == len(records) + len(sites)  # robots.txt
    assert found[1].keys() == every_url(sites)
    assert found[1] == found[2] == found[3]


@pytest.mark.skipif(sys.platform != "linux", reason="it needs /proc")
async def test_status_names_the_fetch_processes_and_the_memory_watcher_counts_them(sites, tmp_path):
    named, counted = set(), set()
    async with Crawler(config(sites, tmp_path)) as crawl:
        async for _ in crawl:
            stations = crawl._stations
            pids = fetchers(stations).pids()
            assert len(pids) == 2
            counted |= pids & set(await asyncio.to_thread(descendants, os.getpid()))
            named |= {step["pid"] for step in json.loads(stations.live_text())["steps"] if fetches(step)}
            if named == counted == pids:
                break
            await asyncio.sleep(0.02)
    assert named == counted == pids


def fetches(step) -> bool:
    return step["stage"] == "fetch" and step["step"] in {"handed over", "wait for the answer"}


async def test_killed_fetch_processes_cost_nothing_but_what_they_were_fetching(sites, tmp_path):
    before = await asyncio.to_thread(asked, sites)
    kills = 0
    async with Crawler(config(sites, tmp_path)) as crawl:
        records = []
        async for record in crawl:
            records.append(record)
            if len(records) % 25 == 0 and (pids := sorted(fetchers(crawl._stations).pids())):
                kill(pids[kills % len(pids)])
                kills += 1
    assert Counter(record.url for record in records) == Counter(every_url(sites))
    assert {record.outcome for record in records} == {"ok"}
    assert set(crawls.urls(tmp_path).values()) == {1}
    assert crawl.report is not None
    assert 1 <= crawl.report.summary["fetcher_restarts"] <= kills
    again = sum((await asyncio.to_thread(asked, sites) - before).values()) - len(records)
    assert again <= 8 * kills


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it is dead already, and that is not known yet
        os.kill(pid, signal.SIGKILL)


def asked(sites) -> Counter[str]:
    counts: Counter[str] = Counter()
    for site in sites:
        counts += Counter({url: n for url, n in site.asked().items() if url in site.urls})
    return counts


async def test_a_fetch_process_that_stands_still_is_replaced(sites, tmp_path, monkeypatch):
    monkeypatch.setattr(loop_thread, "SILENT_LOOKS", 2)
    stopped = None
    async with asyncio.timeout(40), Crawler(config(sites, tmp_path)) as crawl:
        async for _ in crawl:
            if stopped is None:
                stopped = min(fetchers(crawl._stations).pids())
                os.kill(stopped, signal.SIGSTOP)
    assert crawl.report is not None
    assert crawl.report.summary["fetcher_restarts"] == 1
    assert crawls.urls(tmp_path) == Counter(every_url(sites))


def test_processes_that_die_again_and_again_come_through(sites, tmp_path, monkeypatch):
    monkeypatch.setenv("CRAWLER_FAULT", "fetcher:before_answer:30:kill")
    done = run(sites, tmp_path)
    assert done.returncode == 0, done.stderr
    assert crawls.urls(tmp_path) == Counter(every_url(sites))
    assert crawls.summary(tmp_path)["fetcher_restarts"] >= len(every_url(sites)) // 30 // 2
    assert "(exit code -9) and is replaced" in done.stderr


def run(sites, out, *more, loops: int = 2):
    seeds = [site.url for site in sites]
    return crawls.crawl("run", *seeds, "-o", out, "--no-progress", "--set", f"fetch.loops={loops}", *more)


def test_when_every_process_dies_the_urls_say_so_and_the_crawl_ends(sites, tmp_path, monkeypatch):
    monkeypatch.setenv("CRAWLER_FAULT", "fetcher:before_fetch:1:kill")
    done = run(sites[:1], tmp_path)
    assert "Traceback" not in done.stderr
    (line,) = crawls.records(tmp_path)
    assert (line.outcome, line.kind) == ("error", "fetch_crash")
    assert line.message == "The fetch process died 5 times while it was fetched."
    assert done.returncode == 3


def test_a_stopped_crawl_goes_on_with_another_number_of_loops(sites, tmp_path):
    running = crawls.start(
        "run", *(site.url for site in sites), "-o", tmp_path, "--no-progress", "--set", "fetch.loops=2"
    )
    crawls.wait_for_records(tmp_path)
    os.killpg(running.pid, signal.SIGINT)
    _, stderr = running.communicate(timeout=20)
    assert running.returncode == 130, stderr
    crawls.wait_for_empty_group(running.pid, 5)
    some = set(crawls.urls(tmp_path))
    assert 0 < len(some) < len(every_url(sites))
    done = run(sites, tmp_path, loops=3)
    assert done.returncode == 0, done.stderr
    assert crawls.urls(tmp_path) == Counter(every_url(sites))


async def test_a_host_is_not_asked_faster_while_its_fetch_processes_die(tmp_path, monkeypatch):
    def answer(host: str, path: str, times: int) -> Answer:
        links = "".join(f'<a href="/{n}">{n}</a>' for n in range(12))
        return 0.4, "200 OK", "", "User-agent: *\n" if path == "/robots.txt" else links

    monkeypatch.setenv("CRAWLER_FAULT", "fetcher:before_answer:6:kill")
    sock = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{sock.getsockname()[1]}"
    async with server(answer, sock) as log:
        done = await asyncio.to_thread(
            crawls.crawl, "run", f"http://{host}/", "-o", tmp_path, "--no-progress",
            "--set", "fetch.loops=2", "--per-host", 2, "--delay", DELAY,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert crawls.urls(tmp_path) == Counter([f"http://{host}/", *(f"http://{host}/{n}" for n in range(12))])
    assert crawls.summary(tmp_path)["fetcher_restarts"] >= 2
    assert sum(log.paths(host).values()) > 14  # something was asked for again
    assert log.gap(host) >= DELAY - SLACK
