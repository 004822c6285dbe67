"""The built site as it is looked at: at a desk and in a hand, light and dark, by mouse and by keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from docs import DOCS
from tests.browser import NARROW, WIDE

CODE = "code/crawler/fetch/fetch_task.py.html"
pytestmark = pytest.mark.timeout(300)  # the site is built meanwhile, and the machine may do much else
READ = sorted(
    path.relative_to(DOCS).with_suffix(".html").as_posix()
    for pattern in ("learn/*.md", "tour*.md", "tour/*.md", "lab.md", "map.md")
    for path in DOCS.glob(pattern)
)


@contextmanager
def shown(browser, page: Path, viewport=WIDE, scheme: str = "light", fragment: str = "") -> Iterator:
    """A page of the site in a window of its own, in which nothing may go wrong and nobody else is asked."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    opened = context.new_page()
    # The index of the search, 4 MB of script on each page, has tests of its own.
    context.route("**/search.js", lambda route: route.abort())
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: asked.url.startswith("file:") or wrong.append(asked.url))
    opened.goto(page.as_uri() + fragment)
    opened.evaluate("new Promise(requestAnimationFrame)")
    yield opened
    context.close()
    assert wrong == []


@pytest.mark.parametrize("page", ["index.html", "tour.zh.html", CODE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(site: Path, browser, page: str, scheme: str):
    for viewport in (WIDE, NARROW):
        with shown(browser, site / page, viewport, scheme) as opened:
            found = Axe().run(opened, options={"resultTypes": ["violations"]}).response["violations"]
            serious = [each for each in found if each["impact"] in ("serious", "critical")]
            assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []


def test_no_page_scrolls_aside_on_a_phone(site: Path, browser):
    assert {"tour.zh.html", "learn/ladder.html", "tour/pitfalls.html"} <= set(READ)
    with shown(browser, site / "index.html", NARROW) as opened:
        for page in ["index.html", *READ, CODE, "code/index.html"]:
            opened.goto((site / page).as_uri())
            assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), page


def test_a_column_of_numbers_takes_no_room_from_names_on_a_phone(site: Path, browser):
    with shown(browser, site / "learn" / "index.zh.html", NARROW) as opened:
        heads = opened.locator("article table th").all()
        numbers, names, *_ = (head.bounding_box()["width"] for head in heads)
        assert numbers < 60 < names


@pytest.mark.parametrize(
    ("page", "says"), [("tour.html", "中文"), ("tour.zh.html", "English"), (CODE, "中文首页")]
)
def test_the_other_language_is_one_key_or_one_touch_away(site: Path, browser, page: str, says: str):
    for viewport in (WIDE, NARROW):
        with shown(browser, site / page, viewport) as opened:
            link = opened.locator(".language-switch")
            box = link.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= viewport["width"]
            assert box["height"] >= 24
            x, y = box["x"] + box["width"] - 10, box["y"] + box["height"] / 2
            over = opened.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent", [x, y])
            assert says in over, "nothing lies over it"
            for _ in range(20):
                opened.keyboard.press("Tab")
                if opened.evaluate("document.activeElement.matches('.language-switch')"):
                    break
            opened.keyboard.press("Enter")
            opened.wait_for_url(lambda url, page=page: not url.endswith(page))
            assert opened.locator("html").get_attribute("lang") == ("en" if says == "English" else "zh")


def test_a_page_without_a_twin_says_so_where_there_is_room(site: Path, browser):
    with shown(browser, site / CODE) as opened:
        assert opened.locator(".language-switch").inner_text() == "本页只有英文：中文首页"
        assert opened.locator(".language-switch__note").bounding_box()["width"] > 50
    with shown(browser, site / "tour.html") as opened:
        assert opened.locator(".language-switch").inner_text() == "中文"


def test_the_other_language_opens_at_the_section_that_is_read(site: Path, browser):
    with shown(browser, site / "tour.html", fragment="#commit-one-transaction") as opened:
        opened.locator(".language-switch").click()
        opened.wait_for_url("**/tour.zh.html#*")
        place = opened.url.partition("#")[2]
        assert opened.locator(f"[id='{place}']").inner_text().startswith("提交：一个事务")
        opened.locator(".language-switch").click()
        opened.wait_for_url("**/tour.html#commit-one-transaction")
    with shown(browser, site / "tour.html") as opened:
        opened.locator(".language-switch").click()
        opened.wait_for_url("**/tour.zh.html")


def test_all_chinese_of_an_english_page_says_that_it_is(site: Path, browser):
    with shown(browser, site / "learn/glossary.html") as opened:
        languages = opened.evaluate(
            """() => {
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
                while (texts.nextNode())
                    if (/\\p{Script=Han}/u.test(texts.currentNode.data))
                        found.push(texts.currentNode.parentElement.closest("[lang]").lang);
                return found;
            }"""
        )
        assert len(languages) > 20
        assert set(languages) == {"zh"}
