"""``crawler trace`` on traces of real crawls, whole and killed, of several runs and generations."""

import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from crawler.view.trace.stages import Stage
from tests.crawls import crawl, start
from tests.graph_server import graph_site


def told(*arguments: object) -> dict:
    done = crawl("trace", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("traced") / "out"
    done = crawl("demo", "--trace", "--workers", "2", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def ids(out) -> dict[str, int]:
    with sqlite3.connect(out / "crawl.db") as db:
        found = dict(db.execute("SELECT url, id FROM urls WHERE state BETWEEN 1 AND 4").fetchall())
    db.close()
    return found


def test_every_committed_url_is_in_the_overview(out, ids):
    found = told(out, "-n", "1000")
    assert (found["urls"], found["committed"]) == (len(ids), len(ids))
    assert {each["url"]: each["id"] for each in found["slowest"]} == ids
    assert found["is_cut_off"] is False
    assert (found["executor"], found["workers"]) == ("process", 2)
    assert set(found["stages"]) == {stage.value for stage in Stage}
    for each in found["slowest"]:
        assert sum(each["stages"].values()) == pytest.approx(each["total"], abs=1e-4)
    totals = [each["total"] for each in found["slowest"]]
    assert totals == sorted(totals, reverse=True)


def test_the_slowest_at_a_stage(out):
    found = told(out, "--by", "network", "-n", "1")
    (slowest,) = found["slowest"]
    assert slowest["url"].endswith("/stock/slow-count")
    assert slowest["stages"]["network"] == found["stages"]["network"]["longest"] > 0.9


def test_the_life_of_a_url_that_was_tried_again(out, ids):
    url = next(url for url in ids if url.endswith("/stock/today"))
    found = told(out, "--url", url)
    assert found["id"] == ids[url]
    assert found["attempts"] == 2
    assert found["is_committed"] is True
    steps = [step["step"] for step in found["steps"]]
    assert steps[0] == "lease"
    assert steps[-1] == "committing"
    assert "put off" in steps
    assert {"parser-0", "parser-1"} & {step["process"] for step in found["steps"]}
    assert "writer-jsonl" in {step["process"] for step in found["steps"]}
    assert found["waited"] + found["worked"] == pytest.approx(found["seconds"])


def test_the_tables_say_the_same(out, ids):
    shown = crawl("trace", out)
    assert shown.returncode == 0
    assert f"{len(ids)} URLs, {len(ids)} of them committed" in shown.stdout
    assert "to parser" in shown.stdout
    assert "/stock/slow-count" in shown.stdout
    url = next(url for url in ids if url.endswith("/stock/today"))
    shown = crawl("trace", out, "--url", url)
    for words in ("wait for the answer", "page_queue", "all of it", "It was handed out 2 times."):
        assert words in shown.stdout


def test_a_url_that_is_not_there(out, ids):
    url = next(url for url in ids if url.endswith("/stock/today"))
    done = crawl("trace", out, "--url", f"{url}x")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"crawler: {url}x is not in this trace; the nearest that are: {url}, ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "parsing"], "there is no such stage; allowed: total, frontier"),
        (["-n", "-1"], "-n"),
        (["-n", "some"], "whole number"),
        (["--why", "--by", "parse"], "--by is for the table of the slowest, which --why does not show"),
        (["--why", "-n", "10"], "-n is for the table of the slowest, which --why does not show"),
        (["--url", "http://a.test/", "--by", "total"], "--by is for the table of the slowest, which --url"),
        (["--url", "http://a.test/", "-n", "3"], "-n is for the table of the slowest, which --url"),
    ],
)
def test_what_is_not_allowed(out, arguments, said):
    done = crawl("trace", out, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_out_without_a_trace_says_how_to_get_one(tmp_path):
    done = crawl("trace", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no trace; a crawl that is run, resumed or recrawled with --trace writes one" in done.stderr
    done = crawl("trace", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no output folder of a crawl" in done.stderr


def test_a_file_that_is_no_trace(tmp_path):
    path = tmp_path / "trace.pftrace"
    path.write_text('{"traceEvents": []}')
    done = crawl("trace", tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"crawler: {path} is no trace of a crawl, or is damaged: byte 0 begins no packet\n"


@pytest.mark.parametrize("executor", ["inline", "thread"])
def test_a_crawl_that_parses_without_processes(tmp_path, executor):
    done = crawl("demo", "--trace", "--executor", executor, "--max-pages", "40", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = told(tmp_path / "out")
    assert found["executor"] == executor
    assert found["stages"]["parse"]["seconds"] > 0
    assert found["urls"] >= found["committed"] >= 40  # one that is put off may be left over


def test_a_killed_crawl_is_read_up_to_there_and_goes_on_in_a_trace_of_its_own(tmp_path):
    out = tmp_path / "out"
    with graph_site(pages=400, delay=0.01) as site:
        child = start("run", site.url, "--trace", "--concurrency", "4", "-q", "-o", out)
        path = out / "trace.pftrace"
        while not path.exists() or path.stat().st_size < 20_000:
            time.sleep(0.05)
            assert child.poll() is None
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        killed = told(out)
        assert killed["is_cut_off"] is True
        assert killed["urls"] > 5
        assert "It is cut off: the crawl still runs, or was killed." in crawl("trace", out).stdout
        done = crawl("resume", out, "--trace", "-q")
        assert done.returncode == 0, done.stderr
        again = crawl("recrawl", out, "--trace", "-q", "--max-pages", "5")
        assert again.returncode == 0, again.stderr
    assert told(out / "trace-run1.pftrace") == killed | {
        "files": [str(out / "trace-run1.pftrace")],
        "other_runs": [str(out / "trace.pftrace"), str(out / "trace-run2.pftrace")],
    }
    first = told(f"{out}@1")
    assert first["files"] == [str(out / "trace-run2.pftrace")]
    assert first["is_cut_off"] is False
    second = told(f"{out}@2")
    assert second["files"] == [str(out / "trace.pftrace")]
    assert second["urls"] == 5
    assert "has no generation 3" in crawl("trace", f"{out}@3").stderr
