"""Whole crawls with the sink facts: what no page is is asked for once, kept apart, and counted apart."""

import asyncio
import signal
from collections import Counter
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from crawler import Config, Crawler
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.frontier.view import open_view
from crawler.model.errors import CrawlFailed, OutputError
from crawler.model.messages import Links
from crawler.model.outcomes import Purpose
from crawler.rules.dedup import fingerprints
from crawler.rules.probe import no_such_page
from crawler.watch.progress_line import done
from tests import crawls
from tests.graph_server import graph_site
from tests.stations.fetch_servers import always, by_target, byte_server, ok

PAGES = 40
OPTIONS = ("--no-progress", "--sink", "jsonl", "--sink", "facts", "--workers", 1)
CHECK = {"parse": {"executor": "inline"}, "write": {"sinks": ["jsonl", "facts"], "batch_records": 4}}


def answers(out, *purposes: Purpose) -> list[str]:
    """The URLs in ``facts.db`` that were asked for these purposes, in order; all of them without any."""
    return [url for url, purpose in crawls.answers(out) if not purposes or purpose in purposes]


def stored_targets(out) -> dict[str, dict[str, int]]:
    with open_view(out) as view:
        found = view.targets()
    return {word: {"discovered": sum(ends.values()), **ends} for word, ends in found.items()}


@pytest.fixture(scope="module")
def site():
    with graph_site(PAGES, delay=0.01) as running:
        yield running


@pytest.fixture
def names_assets(monkeypatch):
    """Each page that is read names an asset of all pages and ``each`` of its own, and nothing else."""
    finish, how = SqliteFrontier.finish, SimpleNamespace(each=1)

    async def with_assets(frontier, finished):
        ticket = finished.ticket
        if ticket.purpose is Purpose.PAGE and finished.kind is None:
            root = "/".join(ticket.url.split("/")[:3])
            urls = [f"{root}/of-all.png", *(f"{root}/of-{ticket.id}-{n}.png" for n in range(how.each))]
            named = Links(
                "\n".join(urls).encode(), fingerprints(urls, frontier._known.hash_seed), Purpose.ASSET
            )
            also = tuple(links for links in finished.links if links.purpose is not Purpose.ASSET)
            finished = replace(finished, links=(named, *also))
        await finish(frontier, finished)

    monkeypatch.setattr(SqliteFrontier, "finish", with_assets)
    return how


def test_facts_hold_every_answer_once_and_records_hold_pages_alone(site, tmp_path):
    pages = site.under("once")
    done = crawls.crawl("run", pages.url, "-o", tmp_path / "out", *OPTIONS, "--sink", "sqlite")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    recorded = [record.url for record in crawls.records(out)]
    assert Counter(recorded) == dict.fromkeys(pages.urls, 1)
    assert recorded == crawls.rows(out) == answers(out, Purpose.PAGE)
    (probe,) = answers(out, Purpose.PROBE)
    assert len(answers(out)) == len(set(answers(out)))
    summary = crawls.summary(out)
    assert (summary["discovered"], summary["ok"]) == (PAGES, PAGES)
    assert summary["targets"]["probe"] == {
        "discovered": 1, "ok": 0, "truncated": 0, "error": 1, "skipped": 0, "pending": 0
    }  # fmt: skip
    assert (summary["kinds"], summary["errors"]) == ({}, [])
    assert [host["ok"] for host in summary["hosts"]] == [PAGES]
    assert "probe error 1" in done.stdout
    assert "targets: probe error 1" in crawls.crawl("status", out).stdout
    assert site.asked()[probe] == 1


def test_a_crawl_that_goes_on_asks_for_the_same_url_that_cannot_exist(site, tmp_path):
    pages = site.under("stopped")
    out = tmp_path / "out"
    running = crawls.start("run", pages.url, "-o", out, *OPTIONS, "--concurrency", 2)
    crawls.wait_for_records(out)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=20)
    assert running.returncode == 130, stderr
    done = crawls.crawl("resume", out)
    assert done.returncode == 0, done.stderr
    (probe,) = answers(out, Purpose.PROBE)
    assert (site.asked()[probe], sorted(answers(out, Purpose.PAGE))) == (1, sorted(pages.urls))


def test_the_probe_is_one_for_each_origin_and_does_not_tell_the_seed():
    seeds = ["http://a.example/x", "http://a.example/y", "https://a.example/", "http://b.example:81/"]
    found = no_such_page(seeds, 4711)
    assert [url.rpartition("/")[0] for url in found] == [
        "http://a.example", "https://a.example", "http://b.example:81"
    ]  # fmt: skip
    assert found == no_such_page(seeds, 4711)
    assert len({url.rpartition("/")[2] for url in found}) == 1
    assert not set(found) & set(no_such_page(seeds, 4712))
    assert f"{4711:x}" not in found[0]
    assert "4711" not in found[0]


def test_without_the_sink_nothing_but_pages_is_asked_for(site, tmp_path):
    pages = site.under("plain")
    before = site.asked().total()
    done = crawls.crawl("run", pages.url, "-o", tmp_path, "--no-progress", "--workers", 1, "--ignore-robots")
    assert done.returncode == 0, done.stderr
    assert site.asked().total() - before == PAGES
    assert crawls.summary(tmp_path)["targets"] == {}


@pytest.mark.usefixtures("names_assets")
async def test_assets_are_asked_once_each_and_are_no_records(site, tmp_path):
    pages = site.under("assets")
    async with Crawler(Config(seeds=[pages.url], out=tmp_path, **CHECK)) as crawl:
        told = [record.url async for record in crawl]
    assert sorted(told) == sorted(pages.urls)
    assert [record.url for record in crawls.records(tmp_path)] == told
    assets = answers(tmp_path, Purpose.ASSET)
    assert len(assets) == len(set(assets)) == PAGES + 1
    assert crawl.report is not None
    summary = crawl.report.summary
    assert (summary["discovered"], summary["targets"]["asset"]["discovered"]) == (PAGES, PAGES + 1)
    assert summary["targets"]["asset"]["pending"] == 0
    assert summary["pages_per_second"] == pytest.approx(PAGES / summary["seconds"], rel=0.01)


@pytest.mark.usefixtures("names_assets")
async def test_assets_do_not_count_for_max_pages_and_are_all_asked(site, tmp_path):
    pages = site.under("limit")
    settings = Config(seeds=[pages.url], out=tmp_path, scope={"max_pages": 7}, **CHECK)
    async with Crawler(settings) as crawl:
        assert len([record async for record in crawl]) == 7
    assert crawl.report is not None
    summary = crawl.report.summary
    assert (summary["ok"], summary["state"], summary["pending"] > 0) == (7, "finished", True)
    assert len(answers(tmp_path, Purpose.ASSET)) == 8
    # With the same limit there is nothing left, with a higher one its pages name further ones.
    with pytest.raises(OutputError, match="a limit ended the crawl"):
        async with Crawler(settings):
            pass
    async with Crawler(settings.replace({"scope.max_pages": 9})) as crawl:
        assert len([record async for record in crawl]) == 2
    assert len(set(answers(tmp_path, Purpose.ASSET))) == len(answers(tmp_path, Purpose.ASSET)) == 10


async def test_a_crawl_of_which_only_assets_are_left_goes_on_with_them(site, tmp_path, names_assets):
    names_assets.each = 40
    pages = site.under("left")
    settings = Config(
        seeds=[pages.url], out=tmp_path, scope={"max_pages": 5}, fetch={"concurrency": 1}, **CHECK
    )
    async with Crawler(settings) as crawl:
        n = 0
        async for _ in crawl:
            n += 1
            if n == 5:
                break
    assert crawl.report is not None
    assert crawl.report.state == "stopped"
    left = crawl.report.summary["targets"]["asset"]
    assert 0 < left["pending"] < left["discovered"] == 201
    assert await asyncio.to_thread(stored_targets, tmp_path) == crawl.report.summary["targets"]
    async with Crawler(settings) as crawl:
        assert [record.url async for record in crawl] == []
    assert crawl.report is not None
    assert crawl.report.state == "finished"
    assert len(set(answers(tmp_path, Purpose.ASSET))) == len(answers(tmp_path, Purpose.ASSET)) == 201


async def test_that_a_probe_is_ok_makes_no_page_ok(tmp_path):
    site = by_target({"/": ok(b"", status="500 Broken"), "/robots.txt": ok(b"")})

    async def answer(served, head, writer):
        if "no-such-page" in head.split()[1]:
            await always(ok(b"<title>Home"))(served, head, writer)
        else:
            await site(served, head, writer)

    async with byte_server(answer) as served:
        settings = Config(seeds=[f"{served.url}/"], out=tmp_path, fetch={"retries": 0}, **CHECK)
        with pytest.raises(CrawlFailed, match=r"no page was ok: .*500"):
            async with Crawler(settings) as crawl:
                async for _ in crawl:
                    pass
    assert crawls.summary(tmp_path)["targets"]["probe"]["ok"] == 1
    assert len(answers(tmp_path, Purpose.PROBE)) == 1


@pytest.mark.parametrize(
    ("key", "value"), [("check.external", True), ("write.sinks", ["facts"])], ids=["external", "sinks"]
)
async def test_what_a_check_asks_for_cannot_change_when_it_goes_on(site, tmp_path, key, value):
    settings = Config(seeds=[site.under("fixed").url], out=tmp_path, scope={"max_pages": 1}, **CHECK)
    async with Crawler(settings) as crawl:
        assert len([record async for record in crawl]) == 1
    with pytest.raises(OutputError, match=key):
        async with Crawler(settings.replace({key: value, "scope.max_pages": 2})):
            pass


async def test_a_picture_counts_pages_done_and_targets_apart(site, tmp_path):
    from crawler.engine.picture import picture

    pages = site.under("seen")
    async with Crawler(Config(seeds=[pages.url], out=tmp_path, **CHECK)) as crawl:
        stations = crawl._stations
        seen = []
        async for _ in crawl:
            shown = picture(stations)
            seen.append((done(shown), shown.discovered, shown.targets))
            assert 0 <= shown.counts["pending"] <= shown.discovered
            await asyncio.sleep(0)
        last = picture(stations)
    assert seen == sorted(seen)
    assert (done(last), last.discovered, last.counts["pending"]) == (PAGES, PAGES, 0)
    assert last.targets >= 1
    assert (last.in_flight, last.targets_pending) == (0, 0)
