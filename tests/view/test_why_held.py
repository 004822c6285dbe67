"""A crawl that its live page holds back says so in its trace, and ``--why`` tells it."""

import asyncio
import json

import pytest

from crawler.plumbing.starter_thread import off_loop
from tests import crawls
from tests.view.watched import served, settings, watched

PAGES = 60


async def test_what_the_live_page_allows_is_in_the_trace_and_judged(tmp_path):
    async with served(PAGES, 0.05) as site:
        config = settings(site, tmp_path / "out", fetch={"concurrency": 8}, trace={"write": True})
        async with watched(config) as live:
            assert await live.post("concurrency?n=2") == (200, {"ok": True})
            await live.until(concurrency=2)
            await live.post("pause")
            await asyncio.sleep(0.4)
            await live.post("resume")
            assert len([record async for record in live.crawl]) == PAGES + PAGES // 10
    done = await off_loop(lambda: crawls.crawl("trace", tmp_path / "out", "--why", "--json"))
    found = json.loads(done.stdout)
    assert (found["limit"], found["at_once"]) == ("held", 8)
    shares = {each["at_once"]: each["share"] for each in found["allowed"]}
    assert set(shares) == {0, 2}
    assert shares[2] > 0.5
    assert sum(shares.values()) == pytest.approx(1.0, abs=0.15)
    assert found["turns"]["held"] > 0.5
