"""Whole crawls into sinks that are slow, broken or full: they end, say why, and go on later."""

import asyncio

import pytest

from crawler import Config, Crawler
from crawler.model.errors import CrawlFailed
from crawler.sinks import SINKS
from tests import crawls
from tests.graph_server import graph_site
from tests.stations import odd_sinks

PAGES = 120


@pytest.fixture(scope="module")
def site():
    with graph_site(PAGES, delay=0.005) as running:
        yield running


def config(site, out, **write) -> Config:
    return Config(
        seeds=[site.url],
        out=out,
        parse={"workers": 1},
        write={"sinks": ["jsonl", "sqlite"], "batch_records": 8, "max_restarts": 1, **write},
        watchdog={"stall": 0.5},
    )


async def crawl(settings: Config) -> Crawler:
    async with asyncio.timeout(40), Crawler(settings) as crawl:
        async for _ in crawl:
            pass
    return crawl


def judge(out, site) -> None:
    assert set(crawls.urls(out)) == site.urls
    assert set(crawls.urls(out).values()) == {1}
    assert crawls.rows(out) == [record.url for record in crawls.records(out)]


@pytest.mark.parametrize(
    ("sink", "says"),
    [
        (odd_sinks.BrokenJsonl, "RuntimeError: a bug of this sink"),
        (odd_sinks.HangingJsonl, "its writer process died 2 times without progress"),
        (odd_sinks.DyingJsonl, "its writer process died 2 times without progress, at last by exit code 9"),
        (odd_sinks.SmallJsonl, "the file has reached the largest size that is allowed here"),
    ],
)
async def test_a_broken_sink_ends_the_crawl_and_the_next_run_completes_it(
    site, tmp_path, monkeypatch, sink, says
):
    with monkeypatch.context() as broken:
        broken.setitem(SINKS, "jsonl", sink)
        with pytest.raises(CrawlFailed) as failed:
            await crawl(config(site, tmp_path))
    assert f"{tmp_path / 'records.jsonl'} cannot be written: " in str(failed.value)
    assert says in str(failed.value)
    assert f"crawler resume {tmp_path}" in str(failed.value)
    assert crawls.summary(tmp_path)["state"] == "incomplete"
    await crawl(config(site, tmp_path))
    judge(tmp_path, site)


async def test_a_sink_that_cannot_be_closed_is_a_failure_and_the_next_run_only_closes_it(
    site, tmp_path, monkeypatch
):
    pages = site.under("closing")
    with monkeypatch.context() as broken:
        broken.setitem(SINKS, "jsonl", odd_sinks.NeverTidyJsonl)
        with pytest.raises(CrawlFailed, match=r"records\.jsonl cannot be written: its writer process died 2"):
            await crawl(config(pages, tmp_path))
    found = crawls.summary(tmp_path)
    assert (found["state"], found["ok"], found["pending"]) == ("incomplete", PAGES, 0)
    await crawl(config(pages, tmp_path))
    judge(tmp_path, pages)
    assert crawls.summary(tmp_path)["state"] == "finished"
    asked = await asyncio.to_thread(pages.asked)
    assert {asked[url] for url in pages.urls} == {1}


async def test_a_slow_sink_slows_the_crawl_and_nothing_else(site, tmp_path, monkeypatch):
    monkeypatch.setitem(SINKS, "sqlite", odd_sinks.SlowSqlite)
    await crawl(config(site, tmp_path))
    judge(tmp_path, site)
    assert crawls.summary(tmp_path)["writer_restarts"] == 0


async def test_a_file_that_another_program_saved_ends_the_next_run_as_incomplete(site, tmp_path):
    settings = config(site, tmp_path / "out", sinks=["jsonl"]).replace({"scope.max_pages": 20})
    await crawl(settings)
    path = settings.out / "records.jsonl"
    held = path.read_bytes()
    path.write_bytes(b'{"not": "ours"}' + held)
    with pytest.raises(CrawlFailed, match="was changed by somebody else"):
        await crawl(config(site, settings.out, sinks=["jsonl"]))
    path.write_bytes(held)
    await crawl(config(site, settings.out, sinks=["jsonl"]))
    assert set(crawls.urls(settings.out)) == site.urls
