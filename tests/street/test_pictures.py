"""What a crawl says of itself, from its first moment to its last, is what is in its summary at the end."""

import itertools
import json
import signal
import time

import pytest

from crawler import Config, Crawler
from crawler.engine.picture import picture
from crawler.lab.site.site_process import SiteProcess
from crawler.watch.history import history_of, read_history
from crawler.watch.progress_line import done, plain_line
from crawler.watch.summary import ENDS
from tests import crawls
from tests.graph_server import graph_site

QUIET = ("--no-progress", "--workers", 1)


@pytest.fixture(scope="module")
def site():
    with SiteProcess() as running:
        yield running


def status(out, *options):
    return json.loads(crawls.crawl("status", out, "--json", *options).stdout)


def agrees(out, state="finished"):
    """All that tells how the crawl in OUT ended says the same; its pictures are returned."""
    summary, pictures, told = crawls.summary(out), read_history(history_of(out, 1)), status(out)
    counts = {end: summary[end] for end in ENDS}
    last = pictures[-1]
    assert (last.discovered, last.counts, last.state) == (summary["discovered"], counts, state)
    assert (told["discovered"], told["counts"], told["state"]) == (summary["discovered"], counts, state)
    assert (last.requests, last.retries, last.bytes) == (
        summary["requests"], summary["retries"], summary["bytes"],
    )  # fmt: skip
    assert last.statuses == summary["statuses"]
    assert last.message == summary["message"]
    assert summary["discovered"] == sum(counts.values())
    asked = sum(ends["discovered"] - ends["pending"] for ends in summary["targets"].values())
    assert last.targets - last.targets_pending == asked
    assert f"{done(last):,} of {summary['discovered']:,} URLs done" in plain_line(last)
    assert f", {summary['error']:,} errors, " in plain_line(last)
    watched = status(out, "--watch")
    assert (watched["counts"], watched["state"], watched["alive"]) == (counts, state, False)
    for shown in pictures:
        assert sum(shown.counts.values()) == shown.discovered
    moments = [shown.at for shown in pictures]
    assert moments == sorted(moments)
    return pictures


def test_of_a_whole_crawl_with_redirects_and_errors(site, tmp_path):
    assert crawls.crawl("run", site.url, "-o", tmp_path, *QUIET).returncode == 0
    pictures = agrees(tmp_path)
    assert pictures[0].state in ("starting", "running")
    assert pictures[-1].kinds["redirected"] > 0
    assert pictures[-1].counts["error"] > 0


def test_of_a_crawl_that_goes_on(site, tmp_path):
    crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 20, *QUIET)
    before = agrees(tmp_path)
    crawls.crawl("resume", tmp_path, "--max-pages", "none", *QUIET)
    pictures = agrees(tmp_path)
    assert pictures[: len(before)] == before
    begun = pictures[len(before)]
    assert done(begun) >= done(before[-1]), "what was done before counts from the begin"
    assert begun.pid != before[-1].pid


def test_of_a_check(site, tmp_path):
    crawls.crawl("check", site.url, "-o", tmp_path, "--workers", 1, "-q")
    pictures = agrees(tmp_path)
    assert pictures[-1].targets > 0


def test_of_a_further_generation(site, tmp_path):
    crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 5, *QUIET)
    crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 5, "--again", *QUIET)
    first, second = (read_history(history_of(tmp_path, number)) for number in (1, 2))
    assert {shown.generation for shown in first} == {1}
    assert {shown.generation for shown in second} == {2}
    assert second[-1].discovered == crawls.summary(tmp_path)["discovered"]


@pytest.fixture(scope="module")
def pages():
    with graph_site(40) as running:
        yield running


async def test_what_is_counted_while_it_runs_is_what_is_in_the_summary(pages, tmp_path):
    """Without a summary to be taken from: after the last record, and at each one before."""
    config = Config(seeds=[pages.url], out=tmp_path, parse={"executor": "inline"})
    async with Crawler(config) as crawl:
        seen = [done(picture(crawl._stations)) async for _ in crawl]
        last = picture(crawl._stations)
    summary = crawls.summary(tmp_path)
    assert seen == sorted(seen)
    assert (last.discovered, last.counts) == (summary["discovered"], {end: summary[end] for end in ENDS})
    assert (last.in_flight, last.requests) == (0, summary["requests"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_of_a_crawl_that_is_watched_while_it_runs_and_ends_early(number, tmp_path):
    with (
        graph_site(2_000, delay=0.05) as pages,
        crawls.start("run", pages.url, "-o", tmp_path, *QUIET) as running,
    ):
        crawls.wait_for_records(tmp_path)
        with crawls.start("status", tmp_path, "--watch", "0.2", "--json") as watching:
            while len(read_history(history_of(tmp_path, 1))) < 3:
                time.sleep(0.05)
            if number == signal.SIGKILL:
                crawls.kill_for_good(running.pid, tmp_path)
            else:
                running.send_signal(number)
            running.communicate(timeout=30)
            lines, errors = watching.communicate(timeout=30)
    assert (watching.returncode, errors) == (0, "")
    seen = [json.loads(line) for line in lines.splitlines()]
    state = "dead" if number == signal.SIGKILL else "stopped"
    assert [one["alive"] for one in seen] == [True] * (len(seen) - 1) + [False]
    assert seen[-1]["state"] == state
    assert len(seen) >= 5
    for before, after in itertools.pairwise(seen):
        assert before["at"] <= after["at"]
    if state == "stopped":
        agrees(tmp_path, "stopped")
