"""A crawl that is killed leaves a trace that opens; gone on with, it writes another one beside it."""

import time

from crawler.model.outcomes import Activity
from tests import crawls, traces
from tests.graph_server import graph_site

PAGES = 150


def test_a_trace_that_a_kill_cuts_off_opens_and_is_kept(tmp_path):
    out = tmp_path / "out"
    with graph_site(PAGES, delay=0.05) as site:
        running = crawls.start("run", site.url, "-o", out, "--no-progress", "--trace", "--concurrency", 4)
        try:
            crawls.wait_for_records(out)
            time.sleep(0.6)  # the trace is written four times a second
        finally:
            crawls.kill_group(running.pid)
            running.communicate()
        crawls.wait_for_empty_group(running.pid, 5)
        data = (out / "trace.pftrace").read_bytes()
        cut_off = traces.read(out / "trace.pftrace")
        done = crawls.crawl("resume", out)
    assert done.returncode == 0, done.stderr
    assert not cut_off.named("end")
    assert cut_off.named(Activity.COMMIT)
    assert any(one.end is None and one.track.startswith("fetch-") for one in cut_off.slices)
    assert (out / "trace-run1.pftrace").read_bytes() == data
    rest = traces.read(out / "trace.pftrace")
    assert rest.named("end")
    ended = [item for one in rest.named(Activity.COMMIT) for item in one.ends]
    assert len(ended) == len(set(ended)) < PAGES
    before = {item for one in cut_off.named(Activity.COMMIT) for item in one.ends}
    assert not before & set(ended)
    assert crawls.summary(out)["ok"] == PAGES


def test_a_crawl_may_begin_to_be_traced_when_it_goes_on(tmp_path):
    out = tmp_path / "out"
    with graph_site(20) as site:
        first = crawls.crawl("run", site.url, "-o", out, "--no-progress", "--max-pages", 5)
        assert first.returncode == 0, first.stderr
        assert not list(out.glob("*.pftrace"))
        done = crawls.crawl("resume", out, "--max-pages", 20, "--trace")
    assert done.returncode == 0, done.stderr
    assert traces.read(out / "trace.pftrace").named("end")
