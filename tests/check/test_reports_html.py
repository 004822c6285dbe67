"""The page for browsers without one: what is in the file, and how much of it."""

import json
import re
import tracemalloc
from html import unescape
from io import StringIO
from pathlib import Path

import pytest

from crawler.check.finding import Mend, Place, Since, Unverified
from crawler.check.reports import html
from crawler.check.reports.html.data import data, even_share
from crawler.check.reports.html.standing import link
from crawler.check.rules import RULES
from crawler.check.verdict import verdict
from crawler.watch.one_file_page import hash_of, pieces
from tests.check.results import SITE, Made, usual

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">{{data}}'


def written(made: Made) -> str:
    stream = StringIO()
    html.write(made, verdict(made), stream)
    return stream.getvalue()


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def places_of(found: dict, finding: dict) -> list[Place]:
    at, strings = finding["at"], found["strings"]
    rows = [at[begin : begin + 5] for begin in range(0, len(at), 5)]
    return [
        Place(strings[page], line, column, strings[element], strings[text])
        for page, line, column, element, text in rows
    ]


def words_of(text: str) -> str:
    """What a reader sees of the markup without a script."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_every_finding_and_every_place_is_in_it():
    made = usual()
    found = data_of(written(made))
    assert found["all"] == found["here"] == [57, sum(each.places_count for each in made.findings)]
    for finding, told in zip(made.findings, found["findings"], strict=True):
        assert (told["rule"], told["severity"], told["target"]) == finding[1:4]
        assert (told["places"], told["pages"]) == (finding.places_count, finding.pages_count)
        assert places_of(found, told) == list(made.places(finding))
        assert ("since" in told, "mend" in told) == (bool(finding.since), bool(finding.mend))


def test_since_when_and_the_mend_are_told():
    told = data_of(written(usual()))["findings"][1]
    assert Since(**told["since"]) == usual().findings[1].since
    assert told["mend"] == {
        "target": f"{SITE}/whatsnew/changes.html",
        "why": "it has the content that was there",
        "sure": 0.98,
    }


def test_the_status_is_named_where_the_message_does_not():
    made = Made().add("unreachable", "error", SITE, message="It failed.", kind="reset")
    assert data_of(written(made))["findings"][0]["message"] == "It failed (reset)."


def test_the_rules_that_found_something_are_explained():
    made = usual()
    told = data_of(written(made))["rules"]
    assert told.keys() == {finding.rule for finding in made.findings}
    (rule,) = (rule for rule in RULES if rule.id == "broken-link")
    assert told["broken-link"] == {key: getattr(rule, key) for key in ("title", "what", "why", "mend")}


def test_each_text_is_there_once():
    strings = data_of(written(usual()))["strings"]
    assert strings[0] == ""
    assert len(set(strings)) == len(strings)


def test_what_is_no_finding_stands_in_the_markup():
    words = words_of(written(usual()))
    for said in (
        f"Check of {SITE}/ 3 errors, 14 warnings, 40 notes : exit code 1, --fail-on error",
        "Not here, since the baseline baseline.json knows them: 3 findings (4 places).",
        "Pages read 312 in 14 s",
        "40 assets, 3 external links",
        "2025-11-28 17:55:01 UTC",
        "crawler report crawls/docs.example.org-20251128T175501",
        "other origins 1,100 350 https://github.com/python/cpython/issues/1",
        "https://other.example/x broken-external It answered 404. 2 in 1 of 3 checks",
        "1 line not looked at by this check. It has 7 lines now, 2 more than before.",
        "/a broken-link /b.html",
        f"{SITE}/old/* broken-link goes with the next release 12",
        "*/search slow was slow until March unused, it can go",
    ):
        assert said in words


def test_a_site_without_a_fault_is_a_page_too():
    text = written(Made())
    assert "nothing found : exit code 0" in words_of(text)
    assert data_of(text)["findings"] == []
    assert "Not verified" not in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Made(state="stopped"), "What is here was found so far: it is no verdict."),
        (Made(coverage="The start page leads nowhere."), "Coverage: The start page leads nowhere."),
        (Made(pages_missing=3), "3 pages fewer than check.min_pages were read."),
    ],
)
def test_what_makes_less_of_the_findings_is_said_above_them(made: Made, said: str):
    assert said in words_of(written(made))


def test_it_loads_nothing_and_runs_its_own_script_alone():
    text = written(usual())
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy == (
        f"default-src 'none'; style-src '{hash_of(style[0])}'; script-src '{hash_of(script[0])}';"
        " base-uri 'none'; form-action 'none'"
    )
    assert (len(script), len(style)) == (1, 1)
    asks = re.compile(r"\b(?:src|srcset|action|poster)=|<(?:link|img|iframe|object|base)\b|url\(|@import")
    assert not asks.search(text.replace(script[0], ""))


def test_what_a_site_has_written_is_never_markup():
    made = Made(
        seeds=(EVIL,), out=Path(f"out{EVIL}"), unverified=[Unverified(EVIL, 1, 1, EVIL)], coverage=EVIL
    )
    made.add("broken-link", "error", EVIL, [Place(EVIL, 1, 1, EVIL, EVIL)], EVIL)
    made.findings[0] = made.findings[0]._replace(
        since=Since(EVIL, EVIL, 2), mend=Mend(EVIL, "same-title", EVIL, 0.5)
    )
    text = written(made)
    assert "<script>alert" not in text
    assert "<img" not in text
    found = data_of(text)
    assert places_of(found, found["findings"][0]) == [Place(EVIL, 1, 1, EVIL, EVIL)]


def test_control_and_bidi_characters_are_seen():
    words = "a\x1b[31m\u202egnp.exe\x00"
    found = data_of(written(Made().add("empty-title", "note", words, [Place(words, 1, 1, "a", words)])))
    shown = "a\\x1b[31m\\u202egnp.exe\\x00"
    assert found["findings"][0]["target"] == shown
    assert places_of(found, found["findings"][0]) == [Place(shown, 1, 1, "a", shown)]
    assert "\\u202e" in words_of(written(Made(coverage=words)))


@pytest.mark.parametrize(
    "name",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//other/", " https://a/", "https://ä/",
     "index.html", "https://a/\u202e"],
)  # fmt: skip
def test_what_is_no_url_of_a_web_server_is_no_link(name: str):
    assert "<a " not in link(name)


def test_a_url_is_a_link_that_tells_nobody_where_it_stands():
    shown = '<a href="https://a/?b&amp;c" rel="noreferrer" target="_blank">https://a/?b&amp;c</a>'
    assert link("https://a/?b&c") == shown


@pytest.mark.parametrize(
    ("counts", "most", "share"),
    [([], 5, 5), ([3], 5, 5), ([3, 3], 6, 6), ([9, 9], 10, 5), ([1, 1, 500, 900], 102, 50), ([1] * 9, 9, 9)],
)
def test_places_are_shared_evenly(counts: list[int], most: int, share: int):
    assert even_share(counts, most) == share
    assert sum(min(count, share) for count in counts) <= most


def test_of_a_million_places_each_finding_shows_its_first_ones():
    made = Made().add("broken-link", "error", f"{SITE}/a", range(1_000_000))
    made.add("broken-link", "error", f"{SITE}/b", range(40)).add("slow", "note", SITE)
    found = json.loads("".join(data(made, 1_000)))
    assert [len(each["at"]) // 5 for each in found["findings"]] == [960, 40, 0]
    assert (found["all"], found["here"], found["share"]) == ([3, 1_000_040], [3, 1_000], 960)
    assert places_of(found, found["findings"][0]) == list(made.places(made.findings[0], 960))


def test_of_too_many_findings_the_worst_are_there():
    made = usual()
    found = json.loads("".join(data(made, 20)))
    assert [each["target"] for each in found["findings"]] == [each.target for each in made.findings[:20]]
    assert found["all"][0] == 57
    assert found["here"][1] <= 20


def test_very_long_texts_are_bounded():
    made = Made()
    for number in range(100):
        place = Place(f"{SITE}/{number}{'p' * 5_000}", 1, 1, "a href", "t" * 5_000)
        made.add("malformed-url", "error", f"{number}{'x' * 5_000}", [place])
    whole = "".join(data(made))
    assert len(json.loads(whole)["findings"]) == 100
    assert len(whole) < 100 * 3 * 2_100
    cut = json.loads("".join(data(made, most_characters=20_000)))
    assert 3 < len(cut["findings"]) < 10
    assert cut["here"][0] == len(cut["findings"])
    assert cut["here"][1] == cut["here"][0]


def test_it_is_written_as_it_is_read():
    made = usual()
    for number in range(500):
        made.add("slow", "note", f"{SITE}/slow/{number}", range(3))
    lengths = [len(piece) for piece in data(made)]
    assert max(lengths) < sum(lengths) / 5
    assert len(lengths) > 500


class Million(Made):
    """One that does not hold its pages."""

    def pages_at_fault(self):
        return (
            (place.page, {"error": 1, "warning": 0, "note": 0}) for place in self.places(self.findings[0])
        )


def test_a_million_places_take_no_more_memory_than_what_is_shown():
    made = Million().add("broken-link", "error", f"{SITE}/a", range(1_000_000))
    tracemalloc.start()
    try:
        pieces = list(data(made, 2_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = json.loads("".join(pieces))
    assert found["here"] == [1, 2_000]
    assert (found["pages"]["count"], len(found["pages"]["on"])) == (1_000_000, 2_000)
    assert peak < 2_000_000


def test_half_a_character_of_a_file_name_can_be_written(tmp_path):
    from crawler.check.reports import Report, write_reports

    name = "a\udce9.html"
    made = Made(seeds=(name,)).add("empty-title", "note", name, [Place(name, 1, 1, "", name)])
    write_reports(made, [Report("html", tmp_path / "x.html")], verdict(made))
    found = data_of((tmp_path / "x.html").read_text("utf-8"))
    assert found["findings"][0]["target"] == "a\\udce9.html"


def test_a_value_stands_as_it_is_and_large_ones_come_in_pieces():
    made = list(pieces("<a>{{b}}|{{c}}</a>", {"b": "{{c}}", "c": iter("12")}))
    assert "".join(made) == "<a>{{c}}|12</a>"
    assert "1" in made
    with pytest.raises(KeyError):
        list(pieces("{{d}}", {}))


def test_without_a_script_the_first_findings_are_there_and_how_many_there_are():
    words = words_of(written(many := Made()))
    assert "Nothing was found." in words
    for number in range(1_200):
        many.add("broken-link", "error", f"{SITE}/gone/{number}", range(1))
    words = words_of(written(many))
    assert "Here are the first 300 of 1,200 findings, each with its first place;" in words
    assert "/gone/299 " in words
    assert "/gone/300 " not in words
