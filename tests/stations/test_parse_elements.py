"""What a selector finds in a page, for an extract function."""

import pytest

from crawler.parse.extract_page import ExtractPage
from crawler.parse.html import parse_html

HTML = b"""<title>T</title><div class="book old"><h2 class=t>One</h2><p class=price>1 <b>GBP</b>!</p>
<a href=/one rel="next nofollow">to it</a></div><div class=book><h2 class=t>Two</h2><input hidden></div>"""


@pytest.fixture
def page() -> ExtractPage:
    url = "http://site.test/"
    return ExtractPage(url, 200, (), HTML, parse_html(HTML, "text/html", url, keep_tree=True))


def test_what_is_found_is_searched_as_the_page_is(page: ExtractPage) -> None:
    first, second = page.css("div.book")
    assert [heading.text for heading in first.css("h2")] == ["One"]
    assert second.css("h2")[0].css("*") == []
    assert first.css("p")[0].css("b")[0].text == "GBP"
    assert [heading.text for heading in page.css("div").css("h2")] == ["One", "Two"]
    assert first.select("p b")[0].text == "GBP"


def test_an_element(page: ExtractPage) -> None:
    (link,) = page.css("a")
    assert (link.tag, link.text, link.html) == ("a", "to it", '<a href="/one" rel="next nofollow">to it</a>')
    assert link.attrs == link.attrib == {"href": "/one", "rel": "next nofollow"}
    assert (link.attr("href"), link.attr("id"), link.attr("id", "none")) == ("/one", None, "none")
    assert page.css("input")[0].attr("hidden") == ""
    assert page.css("div")[0].attrs == {"class": "book old"}
    assert repr(link) == "<a 'to it'>"


def test_the_list_answers_for_its_first(page: ExtractPage) -> None:
    headings = page.css("h2")
    assert (headings.text, headings.attr("class"), headings.attrs) == ("One", "t", {"class": "t"})
    assert headings.attrib == headings.attrs
    assert headings.get() == '<h2 class="t">One</h2>'
    assert headings.getall() == ['<h2 class="t">One</h2>', '<h2 class="t">Two</h2>']
    nothing = page.css("h6")
    assert not nothing
    assert (nothing.text, nothing.attr("x"), nothing.attr("x", 1), nothing.attrib) == (None, None, 1, {})
    assert (nothing.get(), nothing.get(""), nothing.getall(), nothing.css("a")) == (None, "", [], [])


def test_texts_and_attributes_by_parsel_s_names(page: ExtractPage) -> None:
    assert page.css("p.price::text").getall() == ["1 ", "!"]
    assert page.css("p.price *::text").get() == "GBP"
    assert page.css("a::attr(href)").get() == "/one"
    assert page.css("a::attr( rel ), h2::attr(rel)").getall() == ["next nofollow"]
    assert page.css("p ::text").getall() == ["GBP"]
    assert page.css("h2,::attr(href)").getall() == page.css("::attr(href)").getall() == ["/one"]
    assert page.css("div").css("h2::text").getall() == ["One", "Two"]
    assert page.css("div")[1].css("::attr(class)").getall() == ["t"]
    assert page.css("h2::text, b::text").getall() == ["One", "GBP", "Two"]
    (text, *_) = page.css("h2::text")
    assert (text.text, text.get(), text.getall(), text.attrs, text.css("*")) == (
        "One",
        "One",
        ["One"],
        {},
        [],
    )


def test_the_same_is_found_once_however_it_is_reached(page: ExtractPage) -> None:
    assert len(page.css("body, div").css("h2")) == 2


@pytest.mark.parametrize("selector", ["a[", "p::before", "h2::text, a::attr(href)", "a::attr()", "::"])
def test_what_is_no_selector_is_refused(page: ExtractPage, selector: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        page.css(selector)
