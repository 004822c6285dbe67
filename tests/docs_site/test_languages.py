"""The site in two languages: every page says which is its own, and leads to the other."""

import re
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest

from docs import DOCS
from docs.site_languages import (
    link_to_twin,
    with_language,
    with_marked_chinese,
    with_sections,
    without_foreign_neighbours,
)

pytestmark = pytest.mark.timeout(300)  # the site is built meanwhile, and the machine may do much else
TWINS = sorted(path.relative_to(DOCS).as_posix().removesuffix(".zh.md") for path in DOCS.rglob("*.zh.md"))
START = "learn/index.zh.html"


class Built(HTMLParser):
    """What of a built page is of interest here."""

    def __init__(self, path: Path, site: Path) -> None:
        super().__init__()
        self.page = path.relative_to(site).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.language = ""
        self.switches: list[dict[str, str]] = []
        self.links: list[dict[str, str]] = []
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if "href" in given:
            given["to"] = normpath(join(dirname(self.page), given["href"].partition("#")[0]))
        if tag == "html":
            self.language = given["lang"]
        elif tag == "link":
            self.links.append(given)
        elif tag == "a" and given.get("class") == "language-switch":
            self.switches.append(given)

    def neighbour(self, which: str) -> str | None:
        return next((link["to"] for link in self.links if link["rel"] == which), None)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Built]:
    built = [Built(path, site) for path in site.rglob("*.html") if path.name != "404.html"]
    return {each.page: each for each in built}


def test_every_page_says_its_language_and_has_one_link_to_the_other(pages: dict[str, Built]):
    assert len(pages) > 600
    for name, page in pages.items():
        own, other = ("zh", "en") if name.endswith(".zh.html") else ("en", "zh")
        assert page.language == own, name
        assert [(switch["hreflang"], switch["lang"]) for switch in page.switches] == [(other, other)], name


def test_a_page_with_a_twin_leads_there_and_any_other_to_where_the_other_language_begins(
    pages: dict[str, Built],
):
    expected = {f"{stem}.html": f"{stem}.zh.html" for stem in TWINS}
    expected |= {chinese: english for english, chinese in expected.items()}
    assert {"tour.html", START} <= expected.keys()
    for name, page in pages.items():
        assert page.switches[0]["to"] == expected.get(name, START), name
        alternates = {link["hreflang"]: link["to"] for link in page.links if link["rel"] == "alternate"}
        if name in expected:
            assert set(alternates.values()) == {name, expected[name]}
            assert alternates["zh"].endswith(".zh.html")
        else:
            assert not alternates
            assert "本页只有英文" in page.text


def test_who_reads_on_stays_in_the_language(pages: dict[str, Built]):
    for start, language in ((START, "zh"), ("index.html", "en")):
        read = [start]
        assert pages[start].neighbour("prev") is None
        while (following := pages[read[-1]].neighbour("next")) is not None:
            assert pages[following].neighbour("prev") == read[-1]
            read.append(following)
        assert {pages[name].language for name in read} == {language}
        linked = [re.findall(r'<a href="([^"]+)" class="md-footer__link', pages[name].text) for name in read]
        assert [len(each) for each in linked] == [1, *[2] * (len(read) - 2), 1]
        if language == "zh":
            assert sorted(read) == sorted(name for name in pages if name.endswith(".zh.html"))


def test_the_navigation_begins_in_the_language_of_the_page(pages: dict[str, Built]):
    for name, page in pages.items():
        first = re.search(r'<a href="([^"]+)" class="md-nav__link', page.text)[1]
        leads_to = normpath(join(dirname(name), first))
        assert leads_to == (START if name.endswith(".zh.html") else "index.html"), name


def test_the_words_of_the_theme_are_in_the_language_of_the_page(pages: dict[str, Built]):
    english = (
        "Table of contents",
        "On this page",
        "Back to top",
        "Copy to clipboard",
        "Permanent link",
        "Switch to",
    )
    for name, page in pages.items():
        found = [words for words in english if words in page.text]
        assert "Copy to clipboard" in found or name.endswith(".zh.html"), name
        assert not (found and name.endswith(".zh.html")), name
    assert "回到页面顶部" in pages[START].text


def test_a_page_in_markdown_has_a_link_to_its_twin_below_its_title_and_the_site_has_it_in_the_header():
    pages = {f"{stem}{end}" for stem in TWINS for end in (".md", ".zh.md")}
    for page in pages:
        text = (DOCS / page).read_text(encoding="utf-8")
        title, empty, link, _ = text.split("\n", 3)
        assert title.startswith("# ")
        assert (empty, link) == ("", link_to_twin(page).rstrip()), page
        assert link not in with_language(text, page, pages)


def test_a_page_before_or_after_in_the_other_language_is_left_out():
    page = '<link rel="next" href="a.zh.html"><a href="a.zh.html" class="md-footer__link x">\n<b>A</b></a>'
    assert without_foreign_neighbours(page, "b.html") == ""
    assert without_foreign_neighbours(page, "b.zh.html") == page


def test_what_is_chinese_on_an_english_page_says_so_and_its_markup_is_left_alone():
    page = '<head><title>词</title></head><body><p title="词">a 词汇表, b</p><img alt="表"></body>'
    marked = '<p title="词">a <span lang="zh">词汇表</span>, b</p><img alt="表">'
    assert with_marked_chinese(page) == f"<head><title>词</title></head><body>{marked}</body>"


def test_sections_are_known_only_to_a_page_that_has_as_many():
    page, twin = '<a class="language-switch"></a><h2 id="one">', '<h2 id="yi">'
    assert with_sections(page, twin) == '<a class="language-switch" data-sections="yi"></a><h2 id="one">'
    assert with_sections(page, twin * 2) == page
