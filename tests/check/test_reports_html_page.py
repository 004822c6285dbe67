"""The page in a real browser: it shows what was found, and can be filtered, sorted and passed on."""

import json
from collections import defaultdict
from io import StringIO
from pathlib import Path

import pytest

from crawler.check.reports.json import write as write_json
from crawler.check.verdict import verdict
from tests.browser import browser, opened  # noqa: F401
from tests.check.report_page import ALL, choose, known, made_page, targets, told
from tests.check.results import SITE, Made


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return made_page(tmp_path_factory.mktemp("report") / "check.html", known())


@pytest.fixture(scope="module")
def found() -> dict:
    """The JSON report of the same check."""
    stream = StringIO()
    write_json(known(), verdict(known()), stream)
    return json.loads(stream.getvalue())


def cells(shown) -> list[list[list[str]]]:
    """The table of each finding: place, element and text of every row."""
    return shown.evaluate(
        """() => {
            const texts = (row) => [...row.cells].map((cell) => cell.textContent);
            const rows = (item) => [...item.querySelectorAll("tbody tr")].map(texts);
            return [...document.querySelectorAll(".item")].map(rows);
        }"""
    )


def where(place: dict) -> str:
    return place["page"] if place["line"] is None else "{page}:{line}:{column}".format(**place)


def test_every_finding_and_place_of_the_json_report_is_shown(browser, file, found):  # noqa: F811
    with opened(browser, file) as shown:
        assert told(shown) == ALL
        shown.evaluate("unfoldAll(root)")
        heads = shown.locator(".item").evaluate_all(
            """(items) => items.map((item) => [".badge", ".rule", ".head .name", ".message"].map(
                (name) => item.querySelector(`summary ${name}`).textContent))"""
        )
        keys = ("severity", "rule", "target")
        assert [head[:3] for head in heads] == [[each[key] for key in keys] for each in found["findings"]]
        messages = [
            (head[3], each["message"].rstrip("."))
            for head, each in zip(heads, found["findings"], strict=True)
        ]
        assert all(shown.startswith(message) for shown, message in messages)
        assert cells(shown) == [
            [[where(place), place["element"], place["text"]] for place in each["places"]]
            for each in found["findings"]
        ]


def test_the_totals_are_those_of_the_json_report(browser, file, found):  # noqa: F811
    with opened(browser, file) as shown:
        boxes = shown.locator("fieldset label").all_inner_texts()
        assert [int(each.split()[0]) for each in boxes] == [*found["totals"].values()]
        assert "3 errors, 14 warnings, 40 notes: exit code 1" in shown.locator(".verdict").inner_text()


def test_a_finding_tells_since_when_where_it_is_now_and_what_to_do(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        item = shown.locator(".item").nth(1)
        item.locator("summary").click()
        text = item.inner_text()
        assert "5 places on 3 pages, such as" in text
        assert "since 2025-11-03 · has a suggestion" in text
        assert f"Probably now at {SITE}/whatsnew/changes.html: it has the content" in text
        assert "(98 % sure)" in text
        assert "It has stood since crawls/docs@3 (2025-11-03), 4 checks in a row." in text
        assert "What to do: Correct the link" in text
        assert "first seen now" in shown.locator(".item").nth(2).locator(".badge").all_inner_texts()


def test_words_are_looked_for_in_findings_and_in_places(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        field = shown.get_by_role("searchbox")
        field.fill("CHANGELOG 3.13")
        assert told(shown) == "1 of 57 findings with 2 of 1,100 places"
        assert targets(shown) == ["/whatsnew/changelog.html"]
        shown.locator(".item summary").click()
        assert "2 places that fit the filter, of 5" in shown.locator("caption").inner_text()
        assert [row[0] for row in cells(shown)[0]] == [
            f"{SITE}/whatsnew/3.13.html:88:2011", f"{SITE}/whatsnew/3.13.html:89:11"
        ]  # fmt: skip
        field.fill("bpo-46503")
        assert told(shown) == "1 of 57 findings with 1 of 1,100 places"
        field.fill("imprint")
        assert told(shown) == "1 of 57 findings with 300 of 1,100 places"
        field.fill("nowhere at all")
        assert told(shown) == "Nothing fits the filter."
        shown.get_by_role("button", name="Clear the filter").click()
        assert told(shown) == ALL


def test_severity_rule_new_and_suggestions_narrow_it(browser, file, found):  # noqa: F811
    with opened(browser, file) as shown:
        shown.get_by_label("40 notes").uncheck()
        assert told(shown).startswith("17 of 57 findings")
        choose(shown, "rule", "broken-link")
        assert told(shown) == "2 of 57 findings with 305 of 1,100 places"
        shown.get_by_label("has a suggestion (1)").check()
        assert targets(shown) == ["/whatsnew/changelog.html"]
        shown.get_by_role("button", name="Clear the filter").click()
        shown.get_by_label("first seen now (1)").check()
        assert targets(shown) == ["/glossary.html#index-19"]
        options = shown.locator("[name=rule] option").all_inner_texts()
        assert options[:3] == ["all rules", "broken-fragment (1)", "broken-link (2)"]


def test_what_nothing_is_known_of_is_not_offered(browser, tmp_path):  # noqa: F811
    plain = Made().add("broken-link", "error", f"{SITE}/x", range(3))
    with opened(browser, made_page(tmp_path / "x.html", plain)) as shown:
        assert shown.locator("#only-new").is_hidden()
        assert shown.locator("#only-mend").is_hidden()
        assert "since" not in shown.locator("[name=sort] option").evaluate_all(
            "(all) => all.map((o) => o.value)"
        )


def test_findings_are_sorted_and_equal_ones_stay_in_order(browser, file, found):  # noqa: F811
    first = [each["target"].removeprefix(SITE) for each in found["findings"]]
    by = {
        "severity": lambda each: 0,
        "pages": lambda each: -each["pages_count"],
        "rule": lambda each: each["rule"],
        "since": lambda each: [-ord(char) for char in each["since"]["at"]] if each["since"] else [0],
    }
    with opened(browser, file) as shown:
        for name, key in by.items():
            choose(shown, "sort", name)
            expected = [each["target"].removeprefix(SITE) for each in sorted(found["findings"], key=key)]
            assert targets(shown) == expected, name
            assert (expected == first) == (name == "severity")


def test_a_page_shows_all_that_is_wrong_in_it(browser, file, found):  # noqa: F811
    pages = defaultdict(list)
    for each in found["findings"]:
        for place in each["places"]:
            pages[place["page"]].append((each, place))
    with opened(browser, file) as shown:
        choose(shown, "by", "page")
        assert told(shown) == f"{ALL}, on {len(pages)} pages"
        choose(shown, "sort", "name")
        shown.evaluate("unfoldAll(root)")
        whole, *names = [name.removeprefix(SITE) for name in
                         shown.locator(".item summary .name").all_text_contents()]  # fmt: skip
        assert whole == "The site as a whole", "a finding without a place is shown all the same"
        assert names == sorted(name.removeprefix(SITE) for name in pages)
        item = shown.locator(".item", has_text="/page-000.html").first
        assert item.locator("summary > .head > *").all_text_contents() == [
            "1 error",
            "39 notes",
            f"{SITE}/page-000.html",
        ]
        faults = item.locator(".faults > li")
        assert faults.count() == len(pages[f"{SITE}/page-000.html"]) == 40
        assert "line 7, column 12: a href “Changelog”" in faults.first.text_content()
        choose(shown, "sort", "faults")
        assert targets(shown)[0] == "/page-000.html"


def test_a_link_to_the_page_shows_the_same_again(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        assert "#" not in shown.url
        shown.get_by_role("searchbox").fill("page-01 #&=% é")
        shown.get_by_role("searchbox").fill("page-01")
        shown.get_by_label("3 errors").uncheck()
        choose(shown, "rule", "redirect-temporary")
        choose(shown, "by", "page")
        choose(shown, "sort", "name")
        said, names, fragment = told(shown), targets(shown), shown.url.partition("#")[2]
    assert len(names) == 10
    assert fragment == "q=page-01&severity=warning%2Cnote&rule=redirect-temporary&by=page&sort=name"
    with opened(browser, file, fragment=f"#{fragment}") as shown:
        assert (told(shown), targets(shown)) == (said, names)
        shown.evaluate("location.hash = 'rule=broken-fragment'")
        shown.evaluate("new Promise((done) => setTimeout(done))")
        assert targets(shown) == ["/glossary.html#index-19"]
        assert shown.locator("[name=by]").input_value() == "cause"


@pytest.mark.parametrize(
    "fragment", ["#nonsense", "#by=x&sort=constructor&rule=__proto__&severity=error,x", "#q=%"]
)
def test_an_address_that_says_nothing_of_use_does_no_harm(browser, file, fragment):  # noqa: F811
    with opened(browser, file, fragment=fragment) as shown:
        assert told(shown).partition(" ")[0] in {"57", "3", "Nothing"}
        assert shown.locator("[name=sort]").input_value() == "severity"
