"""The annex, checked by the real command line: all that its manifest names is found, and nothing else."""

import datetime
import importlib.util
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.lab.site.annex import read_annex
from crawler.lab.site.app import fixture_root
from crawler.lab.site.site_process import SiteProcess
from crawler.model.findings import RULE_IDS
from crawler.model.sources import SOURCES
from tests.crawls import crawl, kill_group, start, wait_for_empty_group
from tests.lab.annex_marks import MANIFEST, manifest, written

FEW = {"certificate": 1, "missing-lang": 1}
"""Findings there can be of a rule: an origin has one certificate, and one template that lacks a language."""


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def annex() -> Iterator[SiteProcess]:
    with SiteProcess(annex=True) as site:
        yield site


def check(seed: str, out: Path, *arguments: object) -> dict[str, Any]:
    """The report of a check that finds something."""
    report = out.with_suffix(".json")
    told = ("-q", "--no-progress", "-o", out, "--report", f"json={report}")
    done = crawl("check", seed, "--retries", 1, *told, *arguments)
    assert done.returncode == 1, done.stderr
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def named(report: dict[str, Any], seed: str) -> dict[str, Any]:
    """The findings of a report, as the manifest has them."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(seed))
    own, other = ("127.0.0.1", "localhost") if "127.0.0.1" in origin else ("localhost", "127.0.0.1")

    def name(url: str) -> str:
        return url.replace(origin.replace(own, other), "{other}").removeprefix(origin)

    findings = [
        {
            "rule": finding["rule"],
            "target": name(finding["target"]),
            "places": sorted(
                ([name(at["page"]), at["line"], at["column"], at["element"]] for at in finding["places"]),
                key=str,
            ),
        }
        for finding in report["findings"]
    ]
    return {
        "findings": sorted(findings, key=lambda finding: (finding["rule"], finding["target"])),
        "unverified": {
            each["reason"]: {"references": each["references"], "targets": each["targets"]}
            for each in sorted(report["unverified"], key=lambda each: str(each["reason"]))
        },
    }


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Every finding, place and count that only one of the two has."""
    lines = []
    for one, other, sign in ((expected, found, "missing"), (found, expected, "too much")):
        places = [
            {(f["rule"], f["target"], *place) for f in each["findings"] for place in f["places"]}
            for each in (one, other)
        ]
        lines += [f"{sign}: {place}" for place in sorted(places[0] - places[1], key=str)]
        lines += [
            f"{sign}: {reason} {count}"
            for reason, count in one["unverified"].items()
            if other["unverified"].get(reason) != count
        ]
    return lines


def never_asked(site: SiteProcess) -> list[str]:
    return [path for _, path, _ in site.requests() if path.startswith("/never")]


def test_the_manifest_is_what_is_planted() -> None:
    assert MANIFEST.read_text("utf-8") == written(manifest())


def test_every_rule_and_every_source_is_planted_twice(expected: dict[str, Any]) -> None:
    findings = [
        finding for each in expected.values() if isinstance(each, dict) for finding in each["findings"]
    ]
    for rule in RULE_IDS:
        places = {
            str(place) for finding in findings if finding["rule"] == rule for place in finding["places"]
        }
        assert len(places) >= FEW.get(rule, 2), rule
    elements = {place[3] for finding in findings for place in finding["places"]}
    assert elements >= {about.label for about in SOURCES.values()}


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
def test_all_that_is_planted_is_found_and_nothing_else(
    annex: SiteProcess, expected: dict[str, Any], tmp_path: Path, backend: str
) -> None:
    if backend == "httpx":
        pytest.importorskip("httpx")
    annex.start_anew()
    more = ("--set", f"fetch.backend={backend}")
    report = check(annex.url, tmp_path / "out", *more)
    found = named(report, annex.url)
    assert not differences(found, expected["http"])
    assert found == expected["http"]
    assert report["coverage"] is None
    assert never_asked(annex) == []
    asked = {path for _, path, _ in annex.requests()}
    answers = read_annex(fixture_root()).answers
    assert {path for path in answers if path not in asked and not path.startswith("/branch/")} == set()


def test_a_check_that_was_killed_goes_on_and_finds_the_same(
    annex: SiteProcess, expected: dict[str, Any], tmp_path: Path
) -> None:
    annex.start_anew()
    out, report = tmp_path / "out", tmp_path / "report.json"
    options = ("-o", out, "--no-progress", "--retries", 1)
    with start("check", annex.url, *options, "--report", f"json={report}") as killed:
        deadline = time.monotonic() + 30
        while len(annex.requests()) < 40:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        kill_group(killed.pid)
    wait_for_empty_group(killed.pid, 5)
    assert not report.exists()
    done = crawl("resume", out, "--no-progress")
    assert done.returncode == 1, done.stderr
    found = named(json.loads(report.read_text("utf-8")), annex.url)
    assert not differences(found, expected["http"])
    again = tmp_path / "again.json"
    assert crawl("report", out, "--report", f"json={again}").returncode == 1
    assert again.read_text("utf-8") == report.read_text("utf-8")


def test_other_origins_are_looked_at_when_asked_for(
    annex: SiteProcess, expected: dict[str, Any], tmp_path: Path
) -> None:
    annex.start_anew()
    more = ("--external", "--exclude", "[.]invalid/")
    cache = f"check.cache_file={tmp_path / 'external.json'}"
    found = named(check(annex.url, tmp_path / "out", *more, "--set", cache), annex.url)
    assert not differences(found, expected["external"])
    assert found == expected["external"]
    assert never_asked(annex) == []


def test_a_server_that_never_says_no_is_found_out(
    annex: SiteProcess, expected: dict[str, Any], tmp_path: Path
) -> None:
    seed = annex.url.replace("127.0.0.1", "localhost") + "branch/"
    done = check(seed, tmp_path / "out", "--fail-on", "warning", "--set", "sitemaps.follow=false")
    assert named(done, seed) == expected["branch"]


@pytest.mark.skipif(importlib.util.find_spec("trustme") is None, reason="not installed: trustme")
def test_what_only_https_can_have_wrong(expected: dict[str, Any], tmp_path: Path) -> None:
    import trustme

    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=5)
    authority, certificate = trustme.CA(), tmp_path / "certificate.pem"
    issued = authority.issue_cert("127.0.0.1", "localhost", not_after=ends)
    certificate.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    trust = f"fetch.ca_file={tmp_path / 'authority.pem'}"
    with SiteProcess(annex=True, certificate=certificate) as site:
        report = check(site.url, tmp_path / "out", "--set", trust)
    found = named(report, site.url)
    assert not differences(found, expected["https"])
    assert found == expected["https"]
