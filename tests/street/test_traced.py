"""A whole crawl that is traced: each URL's way is there, from its lease to its commit, on every model."""

import json
import sqlite3
from contextlib import closing

import pytest

from crawler import Config, Crawler
from crawler.engine.stations import Stations
from crawler.lab.site.site_process import SiteProcess
from crawler.model.outcomes import Activity
from crawler.parse.parse_pool import ParsePool
from crawler.plumbing.byte_queue import ByteQueue
from crawler.trace.steps import Step, Steps
from crawler.write.ledger import Ledger
from tests import crawls, traces
from tests.graph_server import graph_site

ROOM = 2_000_000
"""Nanoseconds: what a span may stand out of the time in which it must lie."""


def row_ids(out) -> dict[int, str]:
    """The URLs of ``crawl.db`` that are done, by row id."""
    with closing(sqlite3.connect(out / "crawl.db")) as db:
        return dict(db.execute("SELECT id, url FROM urls WHERE state BETWEEN 1 AND 4"))


@pytest.fixture(scope="module", params=["process", "thread", "inline"])
def crawled(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param) / "out"
    with SiteProcess() as site:
        done = crawls.crawl(
            "run", site.url, "-c", crawls.ROOT / "config.toml", "-o", out, "--no-progress", "--trace",
            "--executor", request.param, "--workers", 2, "--sink", "jsonl", "--sink", "sqlite",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return request.param, out, traces.read(out / "trace.pftrace")


def test_every_committed_url_has_its_whole_flow(crawled):
    model, out, trace = crawled
    done = row_ids(out)
    assert len(done) == crawls.summary(out)["discovered"]
    names = {one.flows[0]: one.notes["url"] for one in trace.named("lease")}
    parser = {"process": "parser-", "thread": "parse_", "inline": "main"}[model]
    for item, url in done.items():
        flow = trace.of(item)
        assert names[item] == url
        assert (flow[0].name, flow[0].track) == ("lease", "lease")
        assert (flow[-1].name, flow[-1].track, flow[-1].ends.count(item)) == (Activity.COMMIT, "commit", 1)
        steps = [(one.track, one.name) for one in flow]
        assert any(track.startswith("fetch-") for track, _ in steps)
        assert ("finished_queue", "waiting") in steps
        for sink in ("jsonl", "sqlite"):
            assert steps.count((f"writer-{sink}", Activity.WRITE)) == 1
            assert steps.count((f"writer-{sink}", Activity.SYNC)) == 1
        parsed = [one for one in flow if one.name == Activity.PARSE]
        assert len(parsed) <= 1
        if parsed:
            assert parsed[0].track.startswith(parser)
            assert "page_queue" in [track for track, _ in steps]
            assert parsed[0].where is not None
            assert parsed[0].where[:2] == ("parse/work.py", "Parser.parse")
    pages = sum(record.outcome == "ok" for record in crawls.records(out))
    assert len([one for one in trace.named(Activity.PARSE) if one.flows]) >= pages


def test_the_spans_of_children_lie_where_the_main_process_waited_for_them(crawled):
    _, _, trace = crawled
    for item in {flow for one in trace.named("lease") for flow in one.flows}:
        flow = trace.of(item)
        waits = {one.track: one for one in flow if one.name == "waiting"}
        for span in flow:
            if span.name == Activity.PARSE:
                assert waits["page_queue"].end - ROOM <= span.begin
                assert span.end <= waits["finished_queue"].begin + ROOM
            if span.name in (Activity.WRITE, Activity.SYNC):
                assert waits["finished_queue"].end - ROOM <= span.begin
                assert span.end <= flow[-1].begin + ROOM
            if span.category == "work" and "cpu_us" in span.notes:
                assert span.notes["cpu_us"] * 1000 <= span.end - span.begin + ROOM


def test_tracks_counters_and_notes(crawled):
    model, _, trace = crawled
    assert {"lease", "commit", "fetch-0", "fetch-7", "parser-0", "writer-jsonl"} <= trace.models["coroutine"]
    assert trace.models["queue"] == {"page_queue", "finished_queue"}
    assert {"writer-jsonl", "writer-sqlite"} <= trace.models["process"]
    if model == "process":
        assert {"parser-0", "parser-1"} <= trace.models["process"]
    assert set(trace.counters) == {
        "in flight", "at once", "page_queue", "finished_queue", "unacked", "memory", "loop lag", "loop cpu",
        "committed",
    }  # fmt: skip
    assert len({one.pid for one in trace.slices}) == {"process": 5, "thread": 3, "inline": 3}[model]
    meta, end = (json.loads(trace.named(name)[0].notes[name]) for name in ("meta", "end"))
    assert (meta["executor"], meta["workers"]) == (model, 1 if model == "inline" else 2)
    assert json.loads(meta["settings"])["parse"]["executor"] == model
    assert meta["cores"] > 0
    assert end["loop_cpu_seconds"] > 0
    assert end["dropped"] == 0
    waits = {one.name for one in trace.slices if one.category == "wait"}
    assert {Activity.WAIT_FOR_ANSWER, Activity.WAIT_FOR_ACKS, "waiting", Activity.COMMIT} <= waits
    works = {one.name for one in trace.slices if one.category == "work"}
    assert {Activity.READ, Activity.PARSE, Activity.WRITE, Activity.SYNC} <= works
    jobs = [one for one in trace.slices if one.name == Activity.DATABASE]
    assert {one.track for one in jobs} == {"state_0"}
    assert "SqliteFrontier._save.<locals>.<lambda>" in {one.where[1] for one in jobs}


@pytest.fixture
def ten_pages():
    with graph_site(10) as site:
        yield site


@pytest.mark.parametrize("is_traced", [False, True])
async def test_only_a_traced_crawl_has_other_parts_than_plain_ones(
    tmp_path, is_traced, monkeypatch, ten_pages
):
    """In this very loop, in which nothing may block."""
    seen: list[Stations] = []
    made = Stations.__init__

    def keep(self, *given, **more):
        made(self, *given, **more)
        seen.append(self)

    monkeypatch.setattr(Stations, "__init__", keep)
    config = Config(seeds=[ten_pages.url], out=tmp_path / "out", trace={"write": is_traced})
    async with Crawler(config) as crawler:
        assert len([record async for record in crawler]) == 10
    (stations,) = seen
    kinds = {
        *map(type, (stations.tickets, stations.pages, stations.finished)),
        *map(type, stations.steps.all()),
        *map(type, (stations.parse_pool, stations.committer.ledger, stations.steps)),
    }
    plain = {ByteQueue, Step, ParsePool, Ledger, Steps}
    assert kinds == plain if not is_traced else not kinds & plain
    assert [path.name for path in (tmp_path / "out").glob("*.pftrace")] == ["trace.pftrace"] * is_traced


def test_parsers_that_die_break_no_flow(tmp_path, monkeypatch):
    """Each parser dies at its second batch, before it is parsed, or before its results are sent."""
    for point in ("before_parse", "before_results"):
        out = tmp_path / point
        monkeypatch.setenv("CRAWLER_FAULT", f"parser:{point}:2:kill")
        with graph_site(60, delay=0.005) as site:
            running = crawls.start("run", site.url, "-o", out, "--no-progress", "--trace", "--workers", 2)
            _, errors = running.communicate(timeout=40)
        assert running.returncode == 0, errors
        trace, done = traces.read(out / "trace.pftrace"), row_ids(out)
        assert len(done) == 60
        for item in done:
            flow = trace.of(item)
            assert flow[0].name == "lease"
            assert flow[-1].ends.count(item) == 1
            assert len([one for one in flow if one.name == Activity.PARSE]) == 1
        deaths = trace.named("the parser died")
        assert deaths
        assert all(one.flows and one.track.startswith("parser-") for one in deaths)
