"""Which of a site is asked for again, and which crawls are not crawled again: by the command line."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.frontier.view import generations
from crawler.lab.changing.changing_process import ChangingProcess
from crawler.lab.changing.manifest import manifest
from crawler.lab.changing.server import ROBOTS_PATH
from crawler.model.generations import file_name
from crawler.model.outcomes import Outcome
from crawler.model.record import Record, decode
from tests import crawls
from tests.graph_server import graph_site

SEED, STAGE = 2, 3
OPTIONS = (
    "--no-progress", "--retries", 0, "--workers", 1,
    "--set", "politeness.throttle=false", "--set", "fetch.busy_max=0",
)  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[ChangingProcess]:
    with ChangingProcess(SEED) as running:
        yield running


@pytest.fixture
def out(site, tmp_path) -> Path:
    """A crawl of stage 3, in which several URLs fail."""
    site.serve(STAGE)
    done = crawls.crawl("run", site.url, "-o", tmp_path / "out", *OPTIONS)
    assert done.returncode == 0, done.stderr
    site.taken_log()
    return tmp_path / "out"


def records(out: Path, number: int) -> dict[str, Record]:
    lines = (out / file_name("records.jsonl", number)).read_bytes().splitlines()
    return {record.url: record for record in map(decode, lines)}


def failed(found: dict[str, Record]) -> set[str]:
    return {url for url, record in found.items() if record.outcome is Outcome.ERROR}


def asked(site: ChangingProcess) -> list[str]:
    paths = [asked.path for asked in site.taken_log() if asked.path != ROBOTS_PATH]
    return sorted(site.url.rstrip("/") + path for path in paths)


def refused(*arguments: object) -> str:
    """The one sentence with which a command refuses."""
    done = crawls.crawl(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert done.stdout.strip() == ""
    return line


def test_only_what_failed_is_asked_again(site, out):
    before = records(out, 1)
    assert {before[url].status for url in failed(before)} == {304, 404, 410, 503}
    site.serve(STAGE + 1)
    done = crawls.crawl("recrawl", out, "--failed", "--no-progress")
    assert done.returncode == 0, done.stderr
    assert asked(site) == sorted(failed(before))
    after = records(out, 2)
    assert after.keys() == before.keys()
    back = {url for url in failed(before) if after[url].outcome is Outcome.OK}
    statuses = {path: known.status for path, known in manifest(SEED)[STAGE].crawled.items()}
    assert (
        back == {url for url in failed(before) if statuses["/" + url.removeprefix(site.url)] == 200} != set()
    )
    for url in before.keys() - failed(before):
        assert after[url].fetched_at == before[url].fetched_at
        assert (after[url].title, after[url].links) == (before[url].title, before[url].links)


def test_nothing_that_is_younger_is_asked(site, out):
    before = records(out, 1)
    site.serve(STAGE + 1)
    done = crawls.crawl("recrawl", out, "--older-than", "1h", "--no-progress")
    assert done.returncode == 0, done.stderr
    assert asked(site) == sorted(failed(before))  # nobody knows what those are
    kept = before.keys() - failed(before)
    assert {url for url, record in records(out, 2).items() if record.unchanged} == kept
    done = crawls.crawl("recrawl", out, "--older-than", "0s", "--no-progress")
    assert done.returncode == 0, done.stderr
    everything = manifest(SEED)[STAGE].crawled
    assert asked(site) == sorted(site.url.rstrip("/") + path for path in everything)


def test_where_nothing_failed_there_is_nothing_to_be_asked(tmp_path):
    out = tmp_path / "out"
    with graph_site(5) as site:
        assert crawls.crawl("run", site.url, "-o", out, *OPTIONS).returncode == 0
        done = crawls.crawl("recrawl", out, "--failed", "--no-progress")
        assert done.returncode == 0, done.stderr
        assert "nothing to be asked again" in done.stdout + done.stderr
        assert generations(out) == [1]


def test_other_seeds_or_another_scope_are_refused_with_each_key_and_both_values(site, out):
    said = refused("recrawl", out, "--include", "/a", "--max-depth", 3)
    assert 'scope.include = [], not ["/a"]' in said
    assert "scope.max_depth = null, not 3" in said
    said = refused("run", f"{site.url}x", "-o", out, "--again", "--exclude", "/b")
    assert f'seeds = ["{site.url}"], not ["{site.url}x"]' in said
    assert 'scope.exclude = [], not ["/b"]' in said
    assert generations(out) == [1]
    assert asked(site) == []


def test_a_crawl_that_was_stopped_is_gone_on_with_and_one_that_runs_is_in_use(tmp_path):
    out = tmp_path / "out"
    with graph_site(150, delay=0.1) as site:
        running = crawls.start(
            "run", site.url, "-o", out, "--no-progress", "--workers", 1, "--concurrency", 2
        )
        crawls.wait_for_records(out)
        assert f"{out} is in use by another crawl, pid {running.pid}" in refused("recrawl", out)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=20)
        assert running.returncode == 130, stderr
        said = refused("recrawl", out, "--failed")
        assert "was stopped before its end" in said
        assert f"crawler resume {out}" in said
        done = crawls.crawl("run", site.url, "-o", out, "--again", "--no-progress", "--concurrency", 16)
        assert done.returncode == 0, done.stderr
        assert "generation 1 had been stopped before its end, and was gone on with" in done.stdout
        assert generations(out) == [1]
        assert "gone on with" not in crawls.crawl("status", out).stderr
        done = crawls.crawl("recrawl", out, "--no-progress")
        assert done.returncode == 0, done.stderr
        assert records(out, 2).keys() == records(out, 1).keys() == site.urls


def test_what_is_no_crawl_is_said(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        assert f"{folder} holds no crawl" in refused("recrawl", folder)
    assert not (tmp_path / "none").exists()


def test_a_generation_that_is_not_there_is_refused_with_those_that_are(out):
    crawls.crawl("recrawl", out, "--failed", "--no-progress")
    for command in (("status",), ("export", "--to", "csv"), ("report",)):
        name, *more = command
        assert f"{out} has no generation 9; allowed: 1 to 2" in refused(name, f"{out}@9", *more)
    for command in ("recrawl", "resume"):
        for number in (1, 9):
            said = refused(command, f"{out}@{number}")
            assert said.endswith(f"a crawl goes on after its last one: give {out}")
    assert generations(out) == [1, 2]
