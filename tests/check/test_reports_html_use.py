"""The page of a check for everybody: by keyboard, on a phone, on paper, of hostile and of large sites."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from crawler.check.finding import Mend, Place, Since
from tests.browser import NARROW, WIDE, browser, opened  # noqa: F401
from tests.check.report_page import ALL, choose, known, made_page, told
from tests.check.results import SITE, Made

EVIL = '<img src=x onerror="document.title=1"></script>'


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return made_page(tmp_path_factory.mktemp("report") / "check.html", known())


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


def test_many_places_on_one_page_do_not_hide_its_other_findings(browser, tmp_path):  # noqa: F811
    places = [Place(f"{SITE}/a", line, 1, "a href", "") for line in range(1, 41)]
    made = (
        Made().add("broken-link", "error", f"{SITE}/x", places).add("slow", "note", f"{SITE}/a", places[:1])
    )
    with opened(browser, made_page(tmp_path / "x.html", made), fragment="#by=page") as shown:
        shown.locator(".item summary").click()
        assert shown.locator(".faults > li").count() == 2
        assert shown.locator(".faults > li").first.locator(".spots > li").count() == 10
        shown.get_by_role("button", name="Show 10 more of 40 places").click()
        assert shown.locator(".faults > li").first.locator(".spots > li").count() == 20


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
            assert shown.locator("#findings").text_content().count(EVIL) > 4
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
    assert shown.get_by_text("goes to the filter").is_hidden(), "no key does anything"
    assert shown.locator("noscript .items > li").count() == 57
    item = shown.locator("noscript .items > li").nth(1).inner_text()
    for said in (
        f"error broken-link {SITE}/whatsnew/changelog.html",
        "The server answered 404 Not Found.",
        f"probably now at {SITE}/whatsnew/changes.html: it has the content that was there (98%)",
        "since crawls/docs@3 (2025-11-03), 4 checks in a row",
        f"5 places on 3 pages, such as {SITE}/whatsnew/3.12.html:120:34",
    ):
        assert said in item
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


def cost(shown, meter, words: str) -> float:
    """Seconds of the page's thread for words in the filter; not of the clock, since other tests run too."""

    def spent() -> float:
        metrics = meter.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "ThreadTime")

    before = spent()
    shown.evaluate(
        """(words) => {
            fields.q.value = words;
            fields.q.dispatchEvent(new Event("input", { bubbles: true }));
            document.body.offsetHeight;
        }""",
        words,
    )
    return spent() - before


@pytest.mark.parametrize(("causes", "each"), [(1, 25_000), (500, 50), (25_000, 1)])
def test_twenty_five_thousand_places_are_filtered_without_a_pause(browser, tmp_path, causes, each):  # noqa: F811
    with opened(browser, made_page(tmp_path / "x.html", many(causes, each))) as shown:
        assert told(shown).endswith("with 25,000 places")
        meter = shown.context.new_cdp_session(shown)
        meter.send("Performance.enable", {"timeDomain": "threadTicks"})
        for by in ("cause", "page"):
            choose(shown, "by", by)
            took = [cost(shown, meter, words) for words in TYPED]
            assert max(took) < 0.1, "seconds from a key press to a page that is laid out"


def test_what_is_too_much_for_a_page_is_said_on_it(browser, tmp_path):  # noqa: F811
    with opened(browser, made_page(tmp_path / "x.html", many(2, 60_000))) as shown:
        assert shown.locator("#cut").inner_text() == (
            "On this page are 100,000 of 120,000 places, of each finding at most the first 50,000 places,"
            " nothing of 10,000 more pages: more would make it slow."
            " The JSON and CSV reports have all of them."
        )
        choose(shown, "by", "page")
        assert told(shown) == "2 findings with 100,000 places, on 50,000 of 60,000 pages"
        choose(shown, "by", "cause")
        shown.locator(".item summary").first.click()
        assert "50,000 places of 60,000; the others are in the JSON" in shown.locator("caption").inner_text()


def test_a_page_whose_places_are_not_all_here_says_how_many_findings_it_has(browser, tmp_path):  # noqa: F811
    pages = [Place(f"{SITE}/{number:03}", 1, 1, "a href", "") for number in range(1_000)]
    made = Made()
    for number in range(300):
        made.add("broken-link", "error", f"{SITE}/gone/{number}", pages[:: -1 if number % 2 else 1])
    with opened(browser, made_page(tmp_path / "x.html", made), fragment="#by=page&sort=name") as shown:
        assert told(shown) == "300 findings with 99,900 places, on 666 of 1,000 pages"
        badges = shown.locator(".item summary .badge")
        assert set(badges.all_text_contents()) == {"150 of 300 errors"}
        shown.get_by_role("searchbox").fill("gone/29")
        assert badges.first.text_content() == "5 of 300 errors"
        assert "nothing of 334 more pages: more would" in shown.locator("#cut").inner_text()
