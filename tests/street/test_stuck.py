"""Whole crawls with a child that stands still, or with too much memory: they end right, and in time."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable

import pytest

from crawler import Config, Crawler
from crawler.engine import watchers
from crawler.engine.stations import Stations
from crawler.model.errors import CrawlFailed
from crawler.parse.single_worker_pool import ProcessParser
from crawler.rules.limits import MIB, MemoryUse
from crawler.write.writer_thread import Heartbeat
from tests.crawls import summary, urls
from tests.graph_server import graph_site

PAGES = 150
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it needs SIGSTOP and /proc")


@pytest.fixture(scope="module")
def site():
    with graph_site(PAGES, delay=0.005) as running:
        yield running


@pytest.fixture(scope="module")
def slow_site():
    with graph_site(6, delay=0.2) as running:
        yield running


def config(site, out, **keys) -> Config:
    keys = {"fetch": {"concurrency": 4}, **keys}
    return Config(seeds=[site.url], out=out, **{"parse": {"workers": 2}, **keys})


async def crawl_with_a_stop(settings: Config, victim: Callable[[Stations], int | None]) -> None:
    """Crawl; at the first record, stop the process that ``victim`` names. The crawl must end in time."""
    stopped = False
    async with asyncio.timeout(30), Crawler(settings) as crawl:
        async for _ in crawl:
            assert crawl._stations is not None
            pid = None if stopped else victim(crawl._stations)
            if pid is not None:
                os.kill(pid, signal.SIGSTOP)
                stopped = True
    assert stopped
    assert crawl.report is not None
    assert (crawl.report.state, crawl.report.summary["ok"]) == ("finished", PAGES)


def a_parser(stations: Stations) -> int | None:
    return min(stations.parse_pool.pids(), default=None)


def the_writer(stations: Stations) -> int | None:
    return stations.committer.writer_pids()["jsonl"]


def judge(out, site) -> None:
    assert set(urls(out)) == site.urls
    assert set(urls(out).values()) == {1}


async def test_a_stopped_parser_is_found_by_its_page_s_deadline(site, tmp_path):
    settings = config(site, tmp_path, parse={"workers": 2, "timeout": 1.0}, watchdog={"stall": 1.0})
    await crawl_with_a_stop(settings, a_parser)
    judge(tmp_path, site)
    # No double kill: the watchdog, which comes later, had nothing left to do.
    assert summary(tmp_path)["parser_restarts"] == 1


async def test_a_stopped_parser_is_found_by_the_watchdog_when_all_else_fails(
    site, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(ProcessParser, "_seconds_left", lambda self: 60.0)
    settings = config(site, tmp_path, parse={"workers": 2, "timeout": 1.0}, watchdog={"stall": 1.0})
    await crawl_with_a_stop(settings, a_parser)
    judge(tmp_path, site)
    assert summary(tmp_path)["parser_restarts"] == 1
    (line,) = (record.getMessage() for record in caplog.records if "is stuck" in record.getMessage())
    assert line.startswith("parse is stuck: parser-")
    assert line.endswith("replacing it")


async def test_a_stopped_writer_is_found_by_its_heartbeat(site, tmp_path):
    await crawl_with_a_stop(config(site, tmp_path, watchdog={"stall": 1.0}), the_writer)
    judge(tmp_path, site)
    assert summary(tmp_path)["writer_restarts"] == 1


async def test_a_stopped_writer_is_found_by_the_watchdog_when_all_else_fails(
    site, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(Heartbeat, "beat", lambda self: setattr(self, "due", self.due + 60))
    await crawl_with_a_stop(config(site, tmp_path, watchdog={"stall": 1.0}), the_writer)
    judge(tmp_path, site)
    assert summary(tmp_path)["writer_restarts"] == 1
    assert "write is stuck: writer-jsonl" in caplog.text


async def test_a_slow_crawl_is_not_a_stuck_one(slow_site, tmp_path, caplog):
    settings = config(slow_site, tmp_path, politeness={"delay": 0.5}, watchdog={"stall": 1.0})
    async with Crawler(settings) as crawl:
        assert len([record async for record in crawl]) == 6
    assert "stuck" not in caplog.text
    found = summary(tmp_path)
    assert (found["parser_restarts"], found["writer_restarts"]) == (0, 0)


def test_every_bound_is_cut_to_its_share_of_the_ceiling():
    wanted = Config(limits={"memory": 256 * MIB}, fetch={"concurrency": 1000}, write={"max_unacked": MIB})
    cut = watchers.within_memory(wanted)
    assert (cut.limits.page_queue, cut.limits.finished_queue) == (32 * MIB, 16 * MIB)
    assert (cut.fetch.spool_above, cut.write.max_unacked) == (256 * MIB // 8000, MIB)
    assert cut.parse.max_memory == 256 * MIB // 3


def test_without_a_ceiling_it_is_a_third_of_the_machine(monkeypatch):
    monkeypatch.setattr(watchers, "machine_memory", lambda: 3 << 30)
    assert watchers.within_memory(Config()).limits.memory == 1 << 30
    monkeypatch.setattr(watchers, "machine_memory", lambda: None)
    assert watchers.within_memory(Config()).limits.memory is None


async def test_a_crawl_that_is_held_finishes_what_is_in_flight_and_goes_on(
    site, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    stations: list[Stations] = []
    held_with: list[int] = []

    def read(_pids: object) -> MemoryUse:
        in_flight = stations[0].in_flight if stations else 1
        held_with.append(in_flight)
        return MemoryUse(0, {}, (900 if in_flight else 100) * MIB)

    monkeypatch.setattr(watchers, "read_use", read)
    monkeypatch.setattr(watchers, "INTERVAL", 0.05)
    async with asyncio.timeout(30), Crawler(config(site, tmp_path, limits={"memory": 1000 * MIB})) as crawl:
        assert crawl._stations is not None
        stations.append(crawl._stations)
        assert len([record async for record in crawl]) == PAGES
    judge(tmp_path, site)
    assert 0 in held_with
    assert "no URL is leased until what is in flight is done" in caplog.text
    assert "leasing goes on" in caplog.text


async def test_a_crawl_that_needs_too_much_memory_says_so_and_goes_on_with_more(site, tmp_path):
    settings = config(site, tmp_path, politeness={"delay": 0.05}, limits={"memory": 256 * MIB})
    hoard = b""
    with pytest.raises(CrawlFailed, match=r"the memory ceiling is too low .*known URLs"):
        async with asyncio.timeout(30), Crawler(settings) as crawl:
            async for _ in crawl:
                hoard = hoard or b"x" * 280 * MIB
    assert crawl.report is not None
    assert (crawl.report.state, crawl.report.exit_code) == ("incomplete", 3)
    assert crawl.report.summary["pending"] > 0
    assert crawl.report.summary["peak_memory_bytes"] > 280 * MIB
    del hoard
    async with asyncio.timeout(30), Crawler(config(site, tmp_path, limits={"memory": 4096 * MIB})) as crawl:
        assert [record async for record in crawl]
    judge(tmp_path, site)
    assert 0 < summary(tmp_path)["peak_memory_bytes"] < 1024 * MIB
