"""The rules about pages, on whole sites: what they are shown comes from the pages' own facts."""

from pathlib import Path

import pytest

from crawler.check.result import open_result
from crawler.model.facts import Odd
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite, one, placed, told

GOOD = {"lang": "en", "title": "A title of its own", "title_line": 3}


def found(site: MadeSite, out: Path) -> dict[str, list[str]]:
    """By rule, the targets."""
    with open_result(site.write(out)) as result:
        return told(result)


def test_what_is_sent_as_another_type_is_told_with_every_place(tmp_path: Path):
    site = MadeSite()
    references = [
        ("/app.js", Source.SCRIPT),
        ("/moved.css", Source.STYLESHEET),
        ("/logo.png", Source.IMG),
        ("/notes.txt", Source.IMG),
        ("/about", Source.IMG),
        "/about",
        "/notes.txt",
    ]
    site.page("/", *references, **GOOD)
    site.page("/about", ("/app.js", Source.SCRIPT), **GOOD | {"title": "About"})
    site.asset("/app.js", "text/html; charset=utf-8").asset("/logo.png").asset("/style.css", "text/plain")
    site.asset("/notes.txt", "text/plain")
    site.redirect("/moved.css", "/style.css", purpose=Purpose.ASSET)
    with open_result(site.write(tmp_path)) as result:
        wrong = [finding for finding in result.findings if finding.rule == "wrong-content-type"]
        assert {finding.target.removeprefix(HOME): placed(result, finding) for finding in wrong} == {
            "app.js": [("/", 1), ("/about", 1)],
            "moved.css": [("/", 2)],
            "notes.txt": [("/", 4)],
            "about": [("/", 5)],
        }
        assert (
            one_of(wrong, "moved.css").message == "It is used by link stylesheet, and is sent as text/plain."
        )
        assert {finding.severity for finding in wrong} == {"error"}


def one_of(findings, end: str):
    (finding,) = [finding for finding in findings if finding.target.endswith(end)]
    return finding


def test_a_gradient_of_the_page_itself_is_no_picture_of_another_type(tmp_path: Path):
    site = MadeSite().page("/", ("#gradient", Source.CSS_URL), anchors=["gradient"], **GOOD)
    assert found(site, tmp_path) == {}


def test_relations_of_pages_and_sitemaps(tmp_path: Path):
    site = MadeSite()
    site.page("/", "/a", "/hidden", ("/", Source.CANONICAL), canonical=HOME, **GOOD)
    site.page("/a", ("/b", Source.CANONICAL), canonical=f"{HOME}b", **GOOD)
    site.page("/b", ("/gone", Source.CANONICAL), canonical=f"{HOME}gone", **GOOD)
    site.page("/hidden", ("/hidden", Source.CANONICAL), noindex=True, canonical=f"{HOME}hidden", **GOOD)
    site.page("/alone", **GOOD | {"title": "Alone"})
    site.missing("/gone").redirect("/old", "/a")
    entries = ["/", "/a", "/b", "/gone", "/old", "/hidden", "/alone", "https://www.site.test/"]
    site.sitemap("/sitemap.xml", *entries)
    assert found(site, tmp_path) == {
        "canonical-broken": ["/gone"],
        "canonical-conflict": ["/b"],
        "sitemap-broken": ["/gone"],
        "sitemap-redirect": ["/old"],
        "sitemap-noindex": ["/hidden"],
        "sitemap-outside": ["https://www.site.test/"],
        "orphan": ["/alone"],
    }


def test_links_to_what_robots_txt_forbids(tmp_path: Path):
    site = MadeSite().page("/", "/private", **GOOD)
    words = "robots.txt does not allow it."
    site.answer("/private", Outcome.SKIPPED, Kind.ROBOTS, None, message=words)
    with open_result(site.write(tmp_path)) as result:
        finding = one(result, "robots-disallowed")
        assert placed(result, finding) == [("/", 1)]
        assert [each.reason for each in result.unverified] == ["robots.txt"]


def test_missing_pages_that_are_redirected_to_the_start(tmp_path: Path):
    site = MadeSite().page("/", "/gone", "/moved", "/", **GOOD).page("/here", **GOOD | {"title": "Here"})
    site.redirect("/gone", "/", 302).redirect("/moved", "/here")
    site.redirect("/0f3a-no-such-page", "/", 302, purpose=Purpose.PROBE)
    with open_result(site.write(tmp_path)) as result:
        finding = one(result, "soft-404")
        assert finding.target == f"{HOME}gone"
        assert placed(result, finding) == [("/", 1)]


def test_missing_pages_that_are_answered_are_told_where_they_are_linked(tmp_path: Path):
    oops = GOOD | {"title": "Oops", "text_hash": 7, "noindex": True}
    site = MadeSite().page("/", "/well", "/gone", **GOOD | {"text_hash": 1})
    site.page(
        "/well", "/gone#part", "/", ("/lost", Source.CANONICAL), **GOOD | {"title": "2", "text_hash": 2}
    )
    for path in ("/gone", "/lost", "/unlinked"):
        site.page(path, **oops)
    site.sitemap("/sitemap.xml", "/", "/gone")
    noted = site._noted(HOME, (), (), (), {"is_html": True, "text_hash": 7, "text_length": 999})
    site.answer("/0f3a-no-such-page", purpose=Purpose.PROBE, noted=noted)
    with open_result(site.write(tmp_path)) as result:
        soft = [finding for finding in result.findings if finding.rule == "soft-404"]
        assert {finding.target.removeprefix(HOME): placed(result, finding) for finding in soft} == {
            "gone": [("/", 2), ("/sitemap.xml", 2), ("/well", 1)],
            "lost": [("/well", 3)],
            "unlinked": [("/unlinked", None)],
        }


@pytest.mark.parametrize(
    ("mark", "rule", "target"),
    [
        ((Odd.NO_ALT, 5, 3, "logo.png"), "missing-alt", "logo.png"),
        ((Odd.DUPLICATE_ID, 5, 3, "nav"), "duplicate-id", "nav"),
        ((Odd.MIXED_CONTENT, 5, 3, "http://cdn.test/x.js"), "mixed-content", "http://cdn.test/x.js"),
        ((Odd.LOGIN_FORM, 5, 3, "http://site.test/in"), "insecure-login", "/in"),
        ((Odd.CHARSET, 5, 3, "The header says one thing."), "charset", "The header says one thing."),
    ],
)
def test_marks_of_a_page_become_findings(tmp_path: Path, mark: tuple, rule: str, target: str):
    site = MadeSite().page("/", marks=[mark], **GOOD)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {rule: [target]}
        assert placed(result, one(result, rule)) == [("/", 5)]


def test_the_certificate_of_a_probe_is_told_at_the_start_page(tmp_path: Path):
    site = MadeSite().page("/", **GOOD)
    day = 24 * 60 * 60
    noted = site._noted(HOME, (), (), [(Odd.CERTIFICATE, 0, 0, str(1_700_000_000 + 3 * day + 60))], {})
    status = {"status": 404, "message": "The server answered 404 (Not Found)."}
    site.answer(
        "/0f3a-no-such-page",
        Outcome.ERROR,
        Kind.HTTP_STATUS,
        purpose=Purpose.PROBE,
        noted=noted,
        referrer=None,
        **status,
    )
    with open_result(site.write(tmp_path)) as result:
        finding = one(result, "certificate")
        assert finding.message == "The certificate ends in 3 days, on 2023-11-17 22:14 UTC."
        assert placed(result, finding) == [("/", None)]
        assert told(result) == {"certificate": ["/"]}
