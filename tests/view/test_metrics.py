"""The metrics: what Prometheus reads is what the picture says, and what the documentation names."""

import re
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from crawler.view.live.metrics import STATES, exposition
from tests.view.pictures import picture
from tests.view.watched import served, settings, watched

DOCS = Path(__file__).parents[2] / "docs" / "live.md"
ROW = re.compile(r"^\| `(crawler_\w+)(?:\{(\w+)\})?` \| (counter|gauge) \|", re.MULTILINE)


def test_they_are_those_of_the_documentation():
    found = {}
    for family in text_string_to_metric_families(exposition(picture(1)).decode()):
        labels = {name for sample in family.samples for name in sample.labels}
        assert len(labels) <= 1, family.name
        is_counter = family.type == "counter"
        name = family.name + ("_total" if is_counter else "")
        found[name] = (family.type, labels.pop() if labels else "")
        assert family.documentation.endswith(".")
    assert found == {name: (kind, label) for name, label, kind in ROW.findall(DOCS.read_text("utf-8"))}


async def test_they_say_what_the_picture_says(tmp_path):
    async with served() as site, watched(settings(site, tmp_path)) as live:
        assert len([record async for record in live.crawl]) == 66
        await live.until(in_flight=0)
        async with live.session.get("/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            text = await answer.text()
        found = await live.picture()
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for end in ("ok", "truncated", "error", "skipped"):
        assert values["crawler_urls_total", end] == found["counts"][end]
    assert values["crawler_urls_pending",] == 0
    assert values["crawler_requests_total",] == found["requests"] == site.asked
    assert values["crawler_fetched_bytes_total",] == found["bytes"]
    assert values["crawler_responses_total", "404"] == 6
    assert values["crawler_kinds_total", "http_status"] == 6
    assert values["crawler_queue_capacity_bytes", "page"] == found["queues"][0]["capacity"]
    assert [values["crawler_state", state] for state in STATES].count(1.0) == 1


async def test_without_the_extra_it_is_said_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "crawler.view.live.metrics")
    async with served() as site, watched(settings(site, tmp_path)) as live:
        async with live.session.get("/metrics") as answer:
            assert answer.status == 501
            assert "crawler[metrics]" in await answer.text()
        assert len([record async for record in live.crawl]) == 66
