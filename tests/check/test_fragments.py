"""Fragments are looked for as browsers look for them; what nobody can know is not called broken."""

import pytest

from crawler.check.anchors import Anchors, names
from crawler.check.result import open_result
from crawler.model.facts import PageFacts, Reference
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite, one, placed, told, unverified


def test_a_missing_place_is_one_finding_with_every_place(tmp_path):
    site = MadeSite().page("/", "/two#gone", "/two#here", "#own", "#lost", anchors=["own"])
    site.page("/two", "#gone", "/two#gone", "/", anchors=["here"])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-fragment": ["/two#gone", "/#lost"]}
        finding = next(one for one in result.findings if one.target.endswith("#gone"))
        assert finding.message == 'Nothing on the page has the id or name "gone".'
        assert finding.detail == {"page": f"{HOME}two", "fragment": "gone"}
        assert placed(result, finding) == [("/", 1), ("/two", 1), ("/two", 2)]


@pytest.mark.parametrize(
    ("fragment", "anchor"),
    [
        ("", None),
        ("top", None),
        ("TOP", None),
        ("t%6Fp", None),
        ("café", "café"),
        ("caf%C3%A9", "café"),
        ("a%20b", "a b"),
        ("100%25", "100%"),
        ("100%", "100%"),
        ("caf%C3%A9", "caf%C3%A9"),
        (":~:text=well", None),
        ("here:~:text=well", "here"),
        ("here:~:text=100%25", "here"),
        ("a:b", "a:b"),
        ("/route", "/route"),
        ("%FF", "\ufffd"),
        ("+", "+"),
    ],
)
def test_what_browsers_find_is_well(tmp_path, fragment, anchor):
    site = MadeSite().page("/", f"/two#{fragment}").page("/two", anchors=[anchor] if anchor else [])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert result.unverified == []


@pytest.mark.parametrize(
    "fragment",
    ["Here", "topp", "caf%C3%AA", "here%20", "here:~", ":~", "+", "there:~:text=well", "%74oppp", "here "],
)
def test_what_they_do_not_find_is_broken(tmp_path, fragment):
    site = MadeSite().page("/", f"/two#{fragment}").page("/two", anchors=["here", "a b", "café", " "])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-fragment": [f"/two#{fragment.removesuffix(':~:text=well')}"]}


def test_the_names_of_a_fragment():
    assert names("a%20b") == ("a%20b", "a b")
    assert names("plain") == ("plain",)
    assert names("Top") == names("") == names(":~:text=a") == ()


def test_a_fragment_is_looked_for_behind_redirects(tmp_path):
    site = MadeSite().page("/", "/old#here", "/old#gone", "/older#gone").redirect("/old", "/new")
    site.redirect("/older", "/old").page("/new", anchors=["here"])
    with open_result(site.write(tmp_path)) as result:
        assert told(result)["broken-fragment"] == ["/new#gone"]
        finding = one(result, "broken-fragment")
        assert placed(result, finding) == [("/", 2), ("/", 3)]


def test_a_page_that_was_asked_for_behind_a_cookie_counts_under_both_urls(tmp_path):
    site = MadeSite().page("/", "/a#here", "/b#here", "/b#gone")
    site.page("/a", anchors=["here"], final_url=f"{HOME}b")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-fragment": ["/a#gone"]}


def test_a_dead_page_lacks_no_fragment(tmp_path):
    site = MadeSite().page("/", "/gone#here").missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/gone"]}
        assert result.unverified == []


@pytest.mark.parametrize("fragment", ["/route", "!route", "!/a/b"])
def test_an_address_for_a_script_is_not_verified(tmp_path, fragment):
    site = MadeSite().page("/", f"/app#{fragment}").page("/app")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        example = f"{HOME}app#{fragment}"
        assert unverified(result) == {"anchors that only a script could make": (1, 1, example)}


@pytest.mark.parametrize(
    ("scripts", "text_length", "broken"), [(1, 200, False), (1, 201, True), (0, 0, True), (9, 5_000, True)]
)
def test_a_page_that_its_scripts_must_fill(tmp_path, scripts, text_length, broken):
    site = MadeSite().page("/", "/app#gone", "/app#here")
    site.page("/app", anchors=["here"], scripts=scripts, text_length=text_length)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == ({"broken-fragment": ["/app#gone"]} if broken else {})
        assert len(result.unverified) == (not broken)


def test_what_is_not_html_has_no_anchors_to_be_held_against(tmp_path):
    site = MadeSite(check={"external": True}).page(
        "/", "/a.pdf#page=2", "/a.txt#x", "http://other.test/#x", ("/icons.svg#icon", Source.USE),
        "/a.pdf#:~:text=x", "/a.txt#top", "http://other.test/#:~:text=x",
    )  # fmt: skip
    site.answer("/a.pdf", Outcome.SKIPPED, Kind.CONTENT_TYPE, content_type="application/pdf")
    site.answer("/a.txt", content_type="text/plain").asset("/icons.svg", "image/svg+xml")
    site.answer("http://other.test/", purpose=Purpose.EXTERNAL, content_type="text/html")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert unverified(result) == {
            "anchors in what is not HTML": (2, 2, f"{HOME}a.pdf#page=2"),
            "anchors on other origins": (1, 1, "http://other.test/#x"),
        }


def test_a_page_that_was_read_in_part_may_have_the_rest(tmp_path):
    site = MadeSite().page("/", "/long#here", "/long#gone", "/odd#gone")
    site.page("/long", anchors=["here"], outcome=Outcome.TRUNCATED)
    site.answer("/odd", Outcome.ERROR, Kind.PARSE_TIMEOUT, content_type="text/html")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"truncated": ["/long"]}
        reasons = unverified(result)
        assert reasons.pop("anchors of pages that were not read whole")[:2] == (2, 2)
        assert not reasons


def test_anchors_are_compared_in_parts_as_in_one_piece(tmp_path):
    for together in (1, 3, 1_000_000):
        with Anchors(together) as anchors:
            for page in range(20):
                anchors.hold([f"a{number}" for number in range(page)], page)
            for page in range(20):
                anchors.want(page, [(f"a{page // 2}", page), (f"b{page}" if page == 7 else "top", 3)])
            # Of its own anchors each page has those below its number; page 0 has none.
            assert list(anchors.pages_that_lack_some()) == [0, 7]
            assert anchors.lacks("a0", 0)
            assert anchors.lacks("b7", 3)
            assert not anchors.lacks("a1", 3)
            assert not anchors.lacks("", 0)


@pytest.mark.parametrize(("scripts", "broken"), [(0, True), (2, False)])
def test_what_is_drawn_may_be_put_there_by_a_script(tmp_path, scripts, broken):
    site = MadeSite().page(
        "/", ("#icon", Source.USE), ("#here", Source.USE), anchors=["here"], scripts=scripts
    )
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == ({"broken-fragment": ["/#icon"]} if broken else {})
        assert len(result.unverified) == (not broken)


def test_the_fragment_of_a_redirect_counts_in_the_place_of_the_links_own(tmp_path):
    def to(url, fragment):
        return PageFacts.of([f"{HOME}{url}"], [Reference(0, fragment, 0, 0, Source.REFRESH)])

    site = MadeSite().page("/", "/well#nowhere", "/gone", "/gone#here", "/first", "/plain#here", "/top#gone")
    site.page("/two", anchors=["here"])
    site.redirect("/well", "/two", noted=to("two", "here"))
    site.redirect("/gone", "/two", noted=to("two", "gone"))
    site.redirect("/first", "/second", noted=to("second", "here"))
    site.redirect("/second", "/two", noted=to("two", "lost"))
    site.redirect("/plain", "/two")
    site.redirect("/top", "/two", noted=to("two", ""))
    with open_result(site.write(tmp_path)) as result:
        assert told(result)["broken-fragment"] == ["/two#gone", "/two#lost"]
        lost = {one.target: placed(result, one) for one in result.findings if one.rule == "broken-fragment"}
        assert lost == {f"{HOME}two#gone": [("/", 2), ("/", 3)], f"{HOME}two#lost": [("/", 4)]}
        assert result.references == 6
        assert not unverified(result)


def test_what_leads_nobody_to_the_page_has_no_broken_fragment(tmp_path):
    site = MadeSite().page("/", ("/two#gone", Source.CANONICAL), ("/two#here", Source.A))
    site.page("/two", anchors=["here"])
    site.sitemap("/sitemap.xml", "/two#lost")
    with open_result(site.write(tmp_path)) as result:
        assert "broken-fragment" not in told(result)


def test_a_url_without_end_makes_no_report_long_and_no_check_slow(tmp_path):
    long = "x" * 1_000_000
    site = MadeSite().page("/", f"http://other.test/{long}", f"/p#{long}").page("/p")
    with open_result(site.write(tmp_path)) as result:
        assert told(result).keys() == {"broken-fragment"}
        assert unverified(result) == {"other origins": (1, 1, f"http://other.test/{'x' * 481}…")}
