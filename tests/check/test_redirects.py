"""Redirects: which link should be changed, which never arrives."""

import pytest

from crawler.check.result import open_result
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite, one, placed, told, unverified


@pytest.mark.parametrize(
    ("status", "rule", "severity"),
    [
        (301, "redirect-permanent", "warning"),
        (308, "redirect-permanent", "warning"),
        (302, "redirect-temporary", "note"),
        (303, "redirect-temporary", "note"),
        (307, "redirect-temporary", "note"),
    ],
)
def test_a_link_to_a_redirect(tmp_path, status, rule, severity):
    site = MadeSite().page("/", "/old", "/new", "/old#x").redirect("/old", "/new", status)
    site.page("/new", anchors=["x"])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {rule: ["/old"]}
        finding = one(result, rule)
        assert finding.severity == severity
        assert finding.message.endswith(f" {HOME}new.")
        assert finding.detail == {
            "status": status,
            "location": f"{HOME}new",
            "hops": [{"url": f"{HOME}old", "status": status}],
        }
        assert placed(result, finding) == [("/", 1), ("/", 3)]


def test_the_message_says_what_to_change(tmp_path):
    site = MadeSite().page("/", "/old").redirect("/old", "/new").page("/new")
    with open_result(site.write(tmp_path)) as result:
        message = one(result, "redirect-permanent").message
        assert message == f"It has moved for good (301): change the link to {HOME}new."


def test_a_redirect_to_another_site_is_its_owners_choice(tmp_path):
    site = MadeSite().page("/", "/code").redirect("/code", "http://forge.test/us", kind=Kind.OUT_OF_SCOPE)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert unverified(result) == {"other origins": (1, 1, f"{HOME}code")}
    asked = MadeSite(check={"external": True}).page("/", "/code")
    asked.redirect("/code", "http://forge.test/us", kind=Kind.OUT_OF_SCOPE)
    asked.missing("http://forge.test/us", purpose=Purpose.EXTERNAL)
    with open_result(asked.write(tmp_path / "asked")) as result:
        assert told(result) == {"broken-external": ["http://forge.test/us"]}


def test_canonical_and_sitemap_entries_are_of_other_rules(tmp_path):
    site = MadeSite().page("/", ("/old", Source.CANONICAL)).sitemap("/map.xml", "/old")
    site.redirect("/old", "/new").page("/new")
    with open_result(site.write(tmp_path)) as result:
        assert "redirect-permanent" not in told(result)


def test_a_chain_names_every_hop(tmp_path):
    site = MadeSite().page("/", "/a", "/b").redirect("/a", "/b").redirect("/b", "/c", 302)
    site.redirect("/c", "/d").page("/d")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"redirect-chain": ["/a", "/b"]}
        finding = result.findings[0]
        assert finding.message == (
            f"3 redirects, one after the other: {HOME}a → (301) {HOME}b → (302) {HOME}c → (301) {HOME}d."
        )
        assert [hop["url"] for hop in finding.detail["hops"]] == [f"{HOME}{name}" for name in "abc"]
        assert finding.severity == "warning"


def test_a_loop_is_one_finding_by_whatever_way_it_was_met(tmp_path):
    """The crawl saw it at one of its URLs, or at none: each was known before the other led there."""
    for seen in (Kind.REDIRECT_LOOP, Kind.REDIRECTED):
        site = MadeSite().page("/", "/in", "/b", "/c")
        site.redirect("/in", "/c", 302).redirect("/b", "/c", 302).redirect("/c", "/b", 302, kind=seen)
        with open_result(site.write(tmp_path / seen)) as result:
            assert told(result) == {"redirect-loop": ["/b"]}
            finding = one(result, "redirect-loop")
            assert finding.message == (
                f"The redirects lead in a circle: {HOME}b → (302) {HOME}c → (302) {HOME}b."
            )
            assert (finding.severity, finding.places_count) == ("error", 3)


def test_a_redirect_to_itself_is_a_loop(tmp_path):
    site = MadeSite().page("/", "/self").redirect("/self", "/self", kind=Kind.REDIRECT_LOOP)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"redirect-loop": ["/self"]}


def test_more_redirects_than_are_followed_are_an_error(tmp_path):
    site = MadeSite().page("/", "/a").redirect("/a", "/b").redirect("/b", "/c", kind=Kind.TOO_MANY_REDIRECTS)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"redirect-loop": ["/a"]}
        assert "max_redirects" in one(result, "redirect-loop").message


def test_a_redirect_that_names_no_url_is_broken(tmp_path):
    site = MadeSite().page("/", "/odd")
    site.answer("/odd", Outcome.ERROR, Kind.BAD_REDIRECT, 301, message="The redirect (301) has no Location.")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/odd"]}


def test_from_https_to_http(tmp_path):
    secure = "https://site.test/"
    site = MadeSite(seeds=[HOME, secure]).page("/", f"{secure}a", f"{secure}b", "/c")
    site.redirect(f"{secure}a", "/a").page("/a")
    site.redirect(f"{secure}b", f"{secure}d").page(f"{secure}d").redirect("/c", f"{secure}d")
    with open_result(site.write(tmp_path)) as result:
        found = told(result)
        assert found["redirect-to-http"] == [f"{secure}a"]
        assert one(result, "redirect-to-http").severity == "warning"


def test_what_is_behind_a_redirect_and_not_asked_is_not_verified(tmp_path):
    site = MadeSite(scope={"max_pages": 1}).page("/", "/old").redirect("/old", "/later")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert unverified(result) == {"not asked yet": (1, 1, f"{HOME}old")}


def test_a_redirect_to_another_site_that_is_well_is_well(tmp_path):
    site = MadeSite(check={"external": True}).page("/", "/code")
    site.redirect("/code", "http://forge.test/us", kind=Kind.OUT_OF_SCOPE)
    site.answer("http://forge.test/us", purpose=Purpose.EXTERNAL, content_type="text/html")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert result.unverified == []


def test_a_page_behind_a_redirect_is_linked_to(tmp_path):
    site = MadeSite().page("/", "/old").redirect("/old", "/new", 302).page("/new").page("/lonely", "/lonely")
    site.sitemap("/sitemap.xml", "/new", "/lonely")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"orphan": ["/lonely"], "redirect-temporary": ["/old"]}
