"""The fixture site, checked by the real command line: its errors are those that its manifest names."""

import json
from pathlib import Path

from crawler.lab.site.site_process import SiteProcess
from tests.crawls import crawl
from tests.lab.reference_crawl import MANIFEST

BESIDE = {
    ("broken-fragment", "/workshop/annex/#wall"),
    ("broken-fragment", "/workshop/odd/fragment#first"),
    ("broken-fragment", "/workshop/odd/fragment#second"),
    ("malformed-url", "http://[offsite.example/"),
    ("malformed-url", "http://offsite.example:port/"),
}
"""What a crawl, of which the manifest is, does not look at."""
CIRCLE = {"/workshop/loop/b": "/workshop/loop/a"}
"""The manifest has the redirect that closes the circle; a finding goes by the first one's name."""


def test_at_error_level_a_check_finds_what_is_broken_and_nothing_else(tmp_path: Path) -> None:
    expected = set(BESIDE)
    for path, known in json.loads(MANIFEST.read_text("utf-8"))["urls"].items():
        if known["outcome"] == "error":
            rule = "redirect-loop" if known["kind"] == "redirect_loop" else "broken-link"
            expected.add((rule, CIRCLE.get(path, path)))
    report = tmp_path / "report.json"
    with SiteProcess() as site:
        told = ("-q", "--no-progress", "-o", tmp_path / "out", "--report", f"json={report}")
        assert crawl("check", site.url, *told).returncode == 1
        origin = site.url.rstrip("/")
    findings = json.loads(report.read_text("utf-8"))["findings"]
    errors = {
        (finding["rule"], finding["target"].removeprefix(origin))
        for finding in findings
        if finding["severity"] == "error"
    }
    assert errors == expected
    (book,) = [finding for finding in findings if "a-book-nobody-wrote" in finding["target"]]
    place = {"page": f"{origin}/workshop/", "line": 37, "column": 8, "element": "a href"}
    assert book["places"] == [place | {"text": "A book nobody wrote"}]
