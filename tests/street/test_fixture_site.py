"""The bundled site, crawled with its settings: every record as the manifest says, nothing else asked for."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crawler.lab.site.site_process import SiteProcess
from crawler.model.record import Record
from tests import crawls

MANIFEST = json.loads((crawls.ROOT / "fixtures" / "manifest.json").read_text("utf-8"))
MODELS = {
    "process": ("--executor", "process"),
    "thread": ("--executor", "thread"),
    "inline": ("--executor", "inline"),
}


def local(url: str | None, base: str) -> str | None:
    """A URL of the site as its path; any other as it is."""
    return f"/{url.removeprefix(base)}" if url is not None and url.startswith(base) else url


def as_expected(record: Record, base: str, keys: set[str]) -> dict[str, Any]:
    """The record in the manifest's words, as far as the manifest speaks of it."""
    found = {
        "outcome": str(record.outcome),
        "kind": record.kind and str(record.kind),
        "status": record.status,
        "depth": record.depth,
        "attempts": record.attempts,
        "final_url": local(record.final_url, base),
        "redirects": [[local(hop.url, base), hop.status, hop.location] for hop in record.redirects],
        "title": record.title,
        "charset": record.charset,
        "content_type": record.content_type and record.content_type.partition(";")[0].strip().lower(),
        "links": len(record.links),
    }
    return {key: found[key] for key in keys & found.keys()}


def expected(entry: dict[str, Any]) -> dict[str, Any]:
    wanted = dict(entry)
    wanted["redirects"] = [
        list(hop.values()) if isinstance(hop, dict) else list(hop) for hop in entry.get("redirects", [])
    ]
    return wanted


@pytest.fixture(scope="module", params=MODELS)
def crawled(request, tmp_path_factory):
    """The site crawled on each model: the folder, the site's URL, and the site's own log."""
    out = tmp_path_factory.mktemp(request.param) / "out"
    with SiteProcess() as site:
        done = crawls.crawl(
            "run", site.url, "-c", crawls.ROOT / "config.toml", "-o", out, "--no-progress",
            *MODELS[request.param], "--sink", "jsonl", "--sink", "sqlite",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield out, site.url, site.requests()


def test_every_record_is_as_the_manifest_says(crawled):
    out, base, _ = crawled
    wanted = MANIFEST["urls"]
    found = {local(record.url, base): record for record in crawls.records(out)}
    assert found.keys() == wanted.keys()
    wrong = {}
    for path, entry in wanted.items():
        want = expected(entry)
        have = as_expected(found[path], base, set(want))
        want = {key: want[key] for key in have}
        if have != want:
            wrong[path] = {key: (have[key], want[key]) for key in have if have[key] != want[key]}
    assert wrong == {}


def test_the_summary_adds_up_and_agrees(crawled):
    out, _, _ = crawled
    found = crawls.summary(out)
    for key, count in MANIFEST["counts"].items():
        assert found[key] == count, key
    assert found["kinds"] == MANIFEST["kinds"]
    assert (found["state"], found["pending"]) == ("finished", 0)


def test_both_sinks_hold_the_same_in_the_same_order(crawled):
    out, _, _ = crawled
    assert crawls.rows(out) == [record.url for record in crawls.records(out)]


def test_nothing_was_asked_for_that_must_not_be(crawled):
    _, _, log = crawled
    asked = [path for _, path, _ in log]
    forbidden = {path for paths in MANIFEST["never_requested"].values() for path in paths}
    assert not forbidden & set(asked)
    assert asked.count("/robots.txt") == 1


def test_each_page_was_asked_for_as_often_as_its_record_says(crawled):
    out, base, log = crawled
    asked: dict[str, int] = {}
    for _, path, _ in log:
        asked[path] = asked.get(path, 0) + 1
    for record in crawls.records(out):
        path = local(record.url, base)
        if record.kind == "robots":
            assert path not in asked
        elif not any("set-cookie" in str(hop) for hop in record.redirects) and path != "/workshop/cookie":
            assert asked.get(path, 0) in {record.attempts, record.attempts + 1}, path


def test_demo_works_in_an_empty_folder_and_leaves_nothing_running(tmp_path):
    done = subprocess.run(
        crawls.command("demo"), capture_output=True, text=True, timeout=50, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.strip().splitlines()
    assert first == last
    (out,) = (tmp_path / "crawls").iterdir()
    assert first == f"output: crawls/{out.name}"
    assert re.fullmatch(r"127\.0\.0\.1-\d+-\d{8}T\d{6}Z", out.name)
    assert {path.name for path in Path(out).iterdir()} >= {"crawl.db", "records.jsonl", "summary.json"}
    assert crawls.summary(out)["ok"] == MANIFEST["counts"]["ok"]
