import json
import re
from io import StringIO
from pathlib import Path

from crawler.check.finding import Finding, Mend, Place, Since
from crawler.check.reports.json import write
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual

PAGE = Path(__file__).parents[2] / "docs" / "check-json.md"


def written(result, fail_on="error"):
    stream = StringIO()
    write(result, verdict(result, fail_on), stream)
    return json.loads(stream.getvalue())


def keys(value, path=""):
    """``findings[].places[].line`` for each key; what is below ``detail`` and ``counts`` is free."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each, f"{path}[]")
    elif isinstance(value, dict):
        for key, each in value.items():
            below = f"{path}.{key}" if path else key
            yield below
            if key not in ("detail", "counts"):
                yield from keys(each, below)


def test_every_key_is_documented_and_no_other():
    documented = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(keys(written(usual()))) == documented


def test_all_that_was_found_is_in_it():
    made = usual()
    report = written(made)
    assert report["schema"] == 1
    assert report["exit_code"] == 1
    assert report["reason"] == "--fail-on error"
    assert report["totals"] == {"error": 3, "warning": 14, "note": 40}
    assert report["counts"]["asset"] == {"skipped": 40}
    assert len(report["findings"]) == 57
    for finding, found in zip(made.findings, report["findings"], strict=True):
        places = found.pop("places")
        found["since"] = found["since"] and Since(**found["since"])
        found["mend"] = found["mend"] and Mend(**found["mend"])
        assert Finding(**found) == finding
        assert [Place(**place) for place in places] == list(made.places(finding))


def test_what_a_baseline_and_the_number_of_checks_leave_out_is_told_beside():
    report = written(usual())
    assert report["baseline"] == {
        "file": "baseline.json",
        "entries": 5,
        "findings": 3,
        "places": 4,
        "stale": [{"rule": "broken-link", "target": "/a", "page": "/b.html"}],
        "unseen": 1,
        "written": 7,
    }
    assert report["held_back"] == [
        {
            "rule": "broken-external",
            "target": "https://other.example/x",
            "message": "It answered 404.",
            "places_count": 2,
            "checks": 1,
            "needed": 3,
        }
    ]
    without = written(Made())
    assert (without["baseline"], without["held_back"]) == (None, [])


def test_a_site_without_a_fault_has_an_empty_list():
    report = written(Made())
    assert report["findings"] == []
    assert (report["exit_code"], report["reason"], report["coverage"]) == (0, None, None)


def test_hostile_words_stay_one_string():
    words = 'a"b\\c\n\x00\x1b[31m\u2028</script>'
    report = written(Made().add("malformed-url", "error", words, [Place(f"{SITE}/", 1, 2, "a href", words)]))
    assert report["findings"][0]["target"] == words
    assert report["findings"][0]["places"][0]["text"] == words


def test_each_place_has_a_line_of_its_own():
    stream = StringIO()
    made = Made().add("broken-link", "error", f"{SITE}/x", range(50))
    write(made, verdict(made), stream)
    lines = [line for line in stream.getvalue().splitlines() if '"page": "' in line]
    assert len(lines) == 50
    assert all(json.loads(line.strip(" ,]}") + "}")["line"] == 7 for line in lines)
