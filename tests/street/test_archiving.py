"""Payloads in files change hands from fetch to commit: none is missed on the way, and none is left behind."""

import asyncio
import hashlib
import os
import shutil
import tempfile
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import msgspec
import pytest

from crawler import Config, Crawler
from crawler.engine import lifecycle
from crawler.sinks import SINKS
from tests import crawls
from tests.graph_server import graph_site
from tests.stations.odd_sinks import AnswersJsonl

PAGES = 60


def marker(url: str) -> Path:
    """The file that says that a parser has died of this site."""
    return Path(tempfile.gettempdir()) / f"crawler-test-died-{urlsplit(url).port}"


def extract(page):
    """Run in the parse processes: the first one that has this page dies at it."""
    if page.url.endswith("/30") and not marker(page.url).exists():
        marker(page.url).touch()
        os._exit(9)


@pytest.fixture(scope="module")
def site():
    with graph_site(PAGES, delay=0.005) as running:
        yield running
        marker(running.url).unlink(missing_ok=True)


@pytest.fixture
def left(monkeypatch):
    """What was in the spool folder, each time that it was removed."""
    found: list[list[str]] = []
    remove = shutil.rmtree

    def noting(path: Path, **options: bool) -> None:
        if path.exists():
            found.append([file.name for file in path.iterdir()])
        remove(path, **options)

    monkeypatch.setattr(lifecycle, "shutil", SimpleNamespace(rmtree=noting))
    return found


async def crawl(site, out: Path, spool_above: int, most: int | None = None) -> Crawler:
    config = Config(
        seeds=[site.url],
        out=out,
        fetch={"spool_above": spool_above},
        parse={"workers": 2, "extract": "tests.street.test_archiving:extract"},
        politeness={"per_host": 1 if most else 32},
        write={"sinks": ["jsonl", "sqlite"], "batch_records": 4},
    )
    number = 0
    async with asyncio.timeout(60), Crawler(config) as crawl:
        async for _ in crawl:
            number += 1
            if number == most:
                break
    return crawl


def judge(site, out: Path) -> None:
    lines = [msgspec.json.decode(line) for line in (out / "records.jsonl").read_bytes().splitlines()]
    assert sorted(line["url"] for line in lines) == sorted(site.urls)
    for line in lines:
        ((url, digest),) = line["said"]
        assert (url, len(digest)) == (line["url"], 64)
        if url in site.staying:  # others tell how often they were asked for
            with urllib.request.urlopen(url) as answer:
                assert digest == hashlib.sha256(answer.read()).hexdigest()
    assert not (out / "spool").exists()


@pytest.mark.parametrize("spool_above", [1, 1_000_000])
async def test_answers_outlive_a_writer_and_a_parser_that_die(site, tmp_path, monkeypatch, left, spool_above):
    monkeypatch.setitem(SINKS, "jsonl", AnswersJsonl)
    marker(site.url).unlink(missing_ok=True)
    await crawl(site, tmp_path, spool_above)
    await asyncio.to_thread(judge, site, tmp_path)
    assert (tmp_path / "died").exists()
    assert marker(site.url).exists()
    summary = crawls.summary(tmp_path)
    assert (summary["writer_restarts"], summary["parser_restarts"]) == (1, 1)
    assert left == [[]]  # each was removed when it was committed


async def test_a_crawl_that_is_left_early_goes_on_and_leaves_nothing(site, tmp_path, monkeypatch):
    monkeypatch.setitem(SINKS, "jsonl", AnswersJsonl)
    await crawl(site, tmp_path, 1, most=2)
    assert not (tmp_path / "spool").exists()
    await crawl(site, tmp_path, 1)
    await asyncio.to_thread(judge, site, tmp_path)
