"""The page in a real browser: it shows what was found, and can be filtered, sorted and passed on."""

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from crawler.check.finding import Mend, Place, Since
from crawler.check.reports import html
from crawler.check.reports.json import write as write_json
from crawler.check.verdict import verdict
from tests.browser import NARROW, WIDE, browser, opened  # noqa: F401
from tests.check.results import SITE, Made, usual

EVIL = '<img src=x onerror="document.title=1"></script>'
ALL = "57 findings with 1,100 places"


def known() -> Made:
    """The usual site, with a finding that is new."""
    made = usual()
    first = Since("crawls/docs@6", "2025-11-28T17:55:01.200Z", 1)
    made.findings[2] = made.findings[2]._replace(since=first)
    return made


def made_page(file: Path, made: Made) -> Path:
    """The page as a file; not written in this thread, in which Playwright keeps an event loop."""

    def write() -> None:
        with file.open("w", encoding="utf-8") as stream:
            html.write(made, verdict(made), stream)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write).result()
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return made_page(tmp_path_factory.mktemp("report") / "check.html", known())


@pytest.fixture(scope="module")
def found() -> dict:
    """The JSON report of the same check."""
    stream = StringIO()
    write_json(known(), verdict(known()), stream)
    return json.loads(stream.getvalue())


def told(shown) -> str:
    return shown.get_by_role("status").inner_text()


def choose(shown, name: str, value: str) -> None:
    shown.locator(f"[name={name}]").select_option(value)


def targets(shown) -> list[str]:
    """What is at fault in the findings that are shown, without the site's name."""
    names = shown.locator(".item summary .head .name").all_text_contents()
    return [name.removeprefix(SITE) for name in names]


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
        assert "new" in shown.locator(".item").nth(2).locator(".badge").all_inner_texts()


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
        shown.get_by_label("only new (1)").check()
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


def test_all_of_it_can_be_done_with_the_keyboard(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        focus = "document.activeElement"
        shown.keyboard.press("/")
        assert shown.evaluate(f"{focus}.name") == "q"
        shown.keyboard.type("/3.12")
        assert told(shown) == "1 of 57 findings with 2 of 1,100 places"
        for _ in range(40):
            shown.keyboard.press("Tab")
            if shown.evaluate(f"{focus}.localName") == "summary":
                break
        assert shown.evaluate(f"getComputedStyle({focus}).outlineStyle") == "solid", "the focus is seen"
        shown.keyboard.press("Enter")
        assert shown.locator(".item tbody tr").count() == 2
        shown.keyboard.press("Tab")
        assert shown.evaluate(f"{focus}.href") == f"{SITE}/whatsnew/changelog.html"
        shown.keyboard.press("/")
        shown.keyboard.press("Escape")
        assert told(shown) == ALL
        for _ in range(3):
            shown.keyboard.press("Tab")
        assert shown.evaluate(f"{focus}.name") == "sort"
        shown.keyboard.press("ArrowDown")
        assert shown.url.endswith("#sort=pages")


def test_long_lists_come_in_pieces_and_the_focus_goes_on(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        shown.locator(".item summary").first.click()
        item = shown.locator(".item").first
        assert item.locator("tbody tr").count() == 100
        item.get_by_role("button", name="Show 100 more of 300 places").press("Enter")
        assert item.locator("tbody tr").count() == 200
        assert shown.evaluate("document.activeElement.textContent") == f"{SITE}/page-100.html:7:12"
        item.get_by_role("button", name="Show 100 more of 300 places").click()
        assert item.locator("tbody tr").count() == 300
        assert item.locator("button:visible").count() == 0


def test_all_is_opened_and_closed_at_once(browser, file):  # noqa: F811
    with opened(browser, file) as shown:
        shown.get_by_role("button", name="Open all").click()
        assert shown.locator(".item > details[open]").count() == 57
        shown.get_by_role("button", name="Close all").click()
        assert shown.locator(".item > details[open]").count() == 0


def test_links_open_pages_of_the_web_and_nothing_else(browser, tmp_path):  # noqa: F811
    names = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "docs/a.html", f"{SITE}/good"]
    made = Made()
    for name in names:
        mended = Mend(name, "near-path", "its path is near", 0.9)
        made.add("malformed-url", "error", name, [Place(name, 1, 2, "a href", name)])
        made.findings[-1] = made.findings[-1]._replace(mend=mended)
    with opened(browser, made_page(tmp_path / "x.html", made)) as shown:
        for by in ("cause", "page"):
            choose(shown, "by", by)
            shown.evaluate("unfoldAll(root)")
            links = shown.locator("#findings a")
            assert {link.get_attribute("href") for link in links.all()} == {f"{SITE}/good"}
            assert links.count() >= 3
            assert {link.get_attribute("rel") for link in links.all()} == {"noreferrer"}
            assert {link.get_attribute("target") for link in links.all()} == {"_blank"}


def test_what_a_site_has_written_is_only_text(browser, tmp_path):  # noqa: F811
    made = Made(seeds=(EVIL,), coverage=EVIL).add(
        "empty-title", "error", EVIL, [Place(EVIL, 1, 1, EVIL, EVIL)], EVIL
    )
    made.findings[0] = made.findings[0]._replace(
        since=Since(EVIL, EVIL, 3), mend=Mend(EVIL, "same-title", EVIL, 0.5)
    )
    with opened(browser, made_page(tmp_path / "x.html", made)) as shown:
        for by in ("cause", "page"):
            choose(shown, "by", by)
            shown.evaluate("unfoldAll(root)")
            assert shown.locator("img").count() == 0
            assert shown.locator("#findings").inner_text().count(EVIL) > 4
        assert shown.title() == f"1 error: {EVIL}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_used_by_everybody(browser, file, viewport, scheme):  # noqa: F811
    with opened(browser, file, viewport, scheme) as shown:
        for by in ("cause", "page"):
            choose(shown, "by", by)
            for number in (1, 2):
                shown.locator(".item summary").nth(number).click()
            found = Axe().run(shown, options={"resultTypes": ["violations"]}).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
            assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling aside"


def test_very_long_names_are_broken_and_not_scrolled_to(browser, tmp_path):  # noqa: F811
    name = f"{SITE}/{'x' * 700}"
    made = Made(seeds=(name,), coverage=name).add(
        "broken-link", "error", name, [Place(name, 1, 1, "a href", name)]
    )
    with opened(browser, made_page(tmp_path / "x.html", made), NARROW) as shown:
        for by in ("cause", "page"):
            choose(shown, "by", by)
            shown.evaluate("unfoldAll(root)")
            assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_all_of_it_is_there_and_no_control(browser, file):  # noqa: F811
    with opened(browser, file, scheme="dark") as shown:
        shown.emulate_media(media="print")
        shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert shown.locator(".item tbody tr").count() == 1_100
        assert shown.get_by_role("searchbox").is_hidden()
        assert shown.locator("button:visible").count() == 0
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        shown.evaluate("dispatchEvent(new Event('afterprint'))")
        assert shown.locator(".item > details[open]").count() == 0


def test_without_a_script_the_verdict_stands_there(browser, file):  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(file.as_uri())
    assert "3 errors, 14 warnings, 40 notes: exit code 1" in shown.locator("main, header").first.inner_text()
    assert shown.get_by_role("heading", name="Not verified: 1,104 references").is_visible()
    assert shown.locator("#choice").is_hidden()
    context.close()


def test_a_site_without_a_fault_says_so(browser, tmp_path):  # noqa: F811
    with opened(browser, made_page(tmp_path / "x.html", Made())) as shown:
        assert told(shown) == "Nothing was found."
        assert shown.locator("#choice").is_hidden()


TYPED = ["p", "pa", "pag", "page", "page-", "page-1", "page-12", "page-2 a", "g", "gone"]


def many(causes: int, each: int) -> Made:
    made = Made()
    for number in range(causes):
        made.add("broken-link", "error", f"{SITE}/gone/{number}", range(each))
    return made


@pytest.mark.parametrize(("causes", "each"), [(1, 25_000), (500, 50), (25_000, 1)])
def test_twenty_five_thousand_places_are_filtered_without_a_pause(browser, tmp_path, causes, each):  # noqa: F811
    with opened(browser, made_page(tmp_path / "x.html", many(causes, each))) as shown:
        assert told(shown).endswith("with 25,000 places")
        for by in ("cause", "page"):
            choose(shown, "by", by)
            took = shown.evaluate(
                """(typed) => typed.map((words) => {
                    const begin = performance.now();
                    fields.q.value = words;
                    fields.q.dispatchEvent(new Event("input", { bubbles: true }));
                    document.body.offsetHeight;
                    return performance.now() - begin;
                })""",
                TYPED * 3,
            )
            best = [min(took[at :: len(TYPED)]) for at in range(len(TYPED))]
            assert max(best) < 100, "milliseconds from a key press to a page that is laid out"


def test_what_is_too_much_for_a_page_is_said_on_it(browser, tmp_path):  # noqa: F811
    with opened(browser, made_page(tmp_path / "x.html", many(2, 60_000))) as shown:
        assert shown.locator("#cut").inner_text() == (
            "On this page are 100,000 of 120,000 places, of each finding at most the first 50,000 places:"
            " more would make it slow. The JSON and CSV reports have all of them."
        )
        shown.locator(".item summary").first.click()
        assert "50,000 places of 60,000; the others are in the JSON" in shown.locator("caption").inner_text()
