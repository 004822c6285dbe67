"""What leads to nothing is found with every place that leads there; what is well is not."""

import pytest

from crawler.check.result import open_result
from crawler.model.facts import Odd
from crawler.model.outcomes import Kind, Outcome, Purpose, State
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite, one, placed, told, unverified


def test_a_dead_page_is_one_finding_with_every_place(tmp_path):
    site = MadeSite().page("/", "/gone", "/well", "/gone#part").page("/well", "/gone").missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/gone"]}
        finding = one(result, "broken-link")
        assert finding.message == "The server answered 404 (Not Found)."
        assert finding.detail == {"status": 404, "kind": "http_status"}
        assert (finding.severity, finding.number) == ("error", 1)
        assert (finding.places_count, finding.pages_count) == (3, 2)
        assert placed(result, finding) == [("/", 1), ("/", 3), ("/well", 1)]
        first = next(result.places(finding, 1))
        assert (first.column, first.element, first.text) == (9, "a href", "a text")
        assert len(list(result.places(finding, 2))) == 2
        assert (result.pages, result.references, result.totals()["error"]) == (2, 4, 1)
        assert result.counts == {"page": {"ok": 2, "error": 1}}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 500, 502])
def test_every_error_is_broken(tmp_path, status):
    site = MadeSite().page("/", "/gone").missing("/gone", status)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/gone"]}
        assert one(result, "broken-link").detail["status"] == status


@pytest.mark.parametrize("status", [429, 503])
def test_not_now_is_flaky_and_not_broken(tmp_path, status):
    site = MadeSite().page("/", "/busy").missing("/busy", status)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"flaky": ["/busy"]}
        assert one(result, "flaky").severity == "warning"


@pytest.mark.parametrize("kind", [Kind.DNS, Kind.CONNECT, Kind.TLS, Kind.TIMEOUT, Kind.RESET, Kind.FRAMING])
@pytest.mark.parametrize("url", ["/silent", "http://nowhere.test/"])
def test_where_no_answer_comes_from_is_unreachable(tmp_path, kind, url):
    site = MadeSite(check={"external": True}).page("/", url)
    purpose = Purpose.PAGE if url == "/silent" else Purpose.EXTERNAL
    site.answer(url, Outcome.ERROR, kind, None, message="No route to host.", purpose=purpose)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"unreachable": [url]}
        assert one(result, "unreachable").message == "No route to host."


def test_another_sites_dead_page_is_external(tmp_path):
    site = MadeSite(check={"external": True}).page("/", "http://other.test/a", "http://other.test/b")
    site.missing("http://other.test/a", 410, purpose=Purpose.EXTERNAL)
    site.answer("http://other.test/b", purpose=Purpose.EXTERNAL)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-external": ["http://other.test/a"]}
        assert result.unverified == []


@pytest.mark.parametrize("source", [one for one in Source if one not in (Source.CANONICAL, Source.SITEMAP)])
def test_whatever_asks_for_a_dead_thing_is_told(tmp_path, source):
    site = MadeSite().page("/", ("/gone.png", source)).missing("/gone.png", purpose=Purpose.ASSET)
    with open_result(site.write(tmp_path)) as result:
        finding = one(result, "broken-link")
        assert next(result.places(finding)).element == source.label


def test_canonical_and_sitemap_entries_are_of_other_rules(tmp_path):
    site = MadeSite().page("/", ("/gone", Source.CANONICAL)).sitemap("/sitemap.xml", "/gone").missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        assert "broken-link" not in told(result)


def test_what_is_dead_behind_redirects_is_the_dead_things_finding(tmp_path):
    site = MadeSite().page("/", "/old", "/older").redirect("/older", "/old").redirect("/old", "/gone", 302)
    site.missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/gone"]}
        finding = one(result, "broken-link")
        assert finding.message == (
            f"The server answered 404 (Not Found); {HOME}old, {HOME}older redirect there."
        )
        assert finding.detail["through"] == [f"{HOME}old", f"{HOME}older"]
        assert placed(result, finding) == [("/", 1), ("/", 2)]


def test_a_dead_start_page_is_told_although_nobody_links_to_it(tmp_path):
    site = MadeSite(seeds=[HOME, f"{HOME}start"]).page("/").missing("/start", referrer=None)
    site.finished[-1] = site.finished[-1]
    with open_result(site.write(tmp_path)) as result:
        # Only what nobody names: it has no referrer, and no depth.
        assert told(result) == {}
    again = MadeSite().missing("/")
    with open_result(again.write(tmp_path / "again")) as result:
        assert told(result) == {"broken-link": ["/"]}
        assert placed(result, one(result, "broken-link")) == [("/", None)]


def test_what_is_on_nearly_all_pages_says_so(tmp_path):
    site = MadeSite()
    for number in range(9):
        site.page(f"/{number}", "/gone")
    site.page("/").missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        words = "The server answered 404 (Not Found). It shows on 9 of 10 pages."
        assert one(result, "broken-link").message == words


def test_pages_that_are_alike_are_counted_once(tmp_path):
    site = MadeSite(check={"rules": {"duplicate-title": "note"}})
    for number in range(1_001):
        site.page(f"/{number}", title="The same")
    with open_result(site.write(tmp_path)) as result:
        assert one(result, "duplicate-title").message == "1,001 pages have this title."


def test_what_only_some_pages_have_does_not(tmp_path):
    site = MadeSite().page("/", "/gone").missing("/gone")
    for number in range(5):
        site.page(f"/{number}")
    with open_result(site.write(tmp_path)) as result:
        assert "pages" not in one(result, "broken-link").message


def test_a_page_that_was_asked_again_counts_by_its_last_answer(tmp_path):
    site = MadeSite().page("/", "/a", "/b", "/c").missing("/a").page("/a")
    site.asset("/b").missing("/b")  # as a page it is dead, whichever came last
    site.missing("/c").answer("/c", purpose=Purpose.ASSET)
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/b", "/c"]}
        assert result.pages == 2


def test_what_is_not_committed_is_not_looked_at(tmp_path):
    site = MadeSite().page("/", "/gone").missing("/gone").page("/more", "/gone")
    site.committed = 2
    with open_result(site.write(tmp_path)) as result:
        assert one(result, "broken-link").places_count == 1
        assert result.pages == 1


def test_a_login_in_a_link_is_not_part_of_what_was_asked(tmp_path):
    site = MadeSite().page("/", "http://me:pass@site.test/well", "http://me@site.test/gone").page("/well")
    with open_result(site.missing("/gone").write(tmp_path)) as result:
        assert told(result) == {"broken-link": ["/gone"]}


def test_what_was_read_in_part_or_not_parsed_is_there(tmp_path):
    site = MadeSite().page("/", "/long", "/odd", "/file.pdf").page("/long", outcome=Outcome.TRUNCATED)
    site.answer("/odd", Outcome.ERROR, Kind.PARSE_CRASH)
    site.answer("/file.pdf", Outcome.SKIPPED, Kind.CONTENT_TYPE, content_type="application/pdf")
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"truncated": ["/long"]}
        assert result.unverified == []


def test_marks_are_findings_of_their_own(tmp_path):
    marks = [(Odd.MALFORMED_URL, 4, 7, "http://a b/"), (Odd.EMPTY_HREF, 5, 1, "a")]
    site = MadeSite().page("/", marks=marks).page("/two", marks=marks[:1])
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {"malformed-url": ["http://a b/"], "empty-href": ['<a href="">']}
        assert placed(result, one(result, "malformed-url")) == [("/", 4), ("/two", 4)]
        assert one(result, "malformed-url").severity == "error"
        assert one(result, "empty-href").severity == "warning"


def test_what_nobody_can_vouch_for_is_counted_by_reason(tmp_path):
    config = {"scope": {"exclude": ["/secret"], "max_url_length": 60}, "robots": {"obey": True}}
    site = MadeSite(**config).page(
        "/",
        *("http://other.test/a", "http://other.test/b", "http://other.test/a#x"),
        *("/secret/1", "/private", ("/unloved", False), "/later", "/deep", "/forbidden"),
        f"/{'long' * 20}",
        ("/sent", Source.FORM, False),
        "/away",
    )
    site.answer("/private", Outcome.SKIPPED, Kind.ROBOTS, None)
    site.answer("/forbidden", Outcome.SKIPPED, Kind.FORBIDDEN_ADDRESS, None)
    site.redirect("/away", "http://other.test/c", kind=Kind.OUT_OF_SCOPE)
    site.waiting = [(f"{HOME}later", State.PENDING), (f"{HOME}deep", State.BEYOND)]
    with open_result(site.write(tmp_path)) as result:
        assert told(result) == {}
        assert unverified(result) == {
            "other origins": (4, 3, f"{HOME}away"),
            "outside the scope (scope.include, scope.exclude)": (1, 1, f"{HOME}secret/1"),
            "robots.txt": (1, 1, f"{HOME}private"),
            "nofollow": (1, 1, f"{HOME}unloved"),
            "not asked yet": (1, 1, f"{HOME}later"),
            "deeper than scope.max_depth": (1, 1, f"{HOME}deep"),
            "forbidden addresses": (1, 1, f"{HOME}forbidden"),
            "too long, or growing without end": (1, 1, f"{HOME}{'long' * 20}"),
        }
        assert result.unverified[0].reason == "other origins"
        assert result.references == 11


def test_what_a_limit_left_out_is_named_by_the_limit(tmp_path):
    site = MadeSite(scope={"max_pages": 1}).page("/", "/later")
    site.waiting = [(f"{HOME}later", State.PENDING)]
    with open_result(site.write(tmp_path)) as result:
        assert unverified(result) == {"beyond scope.max_pages": (1, 1, f"{HOME}later")}


def test_a_link_that_is_followed_from_elsewhere_is_verified_although_it_says_nofollow(tmp_path):
    site = MadeSite().page("/", ("/gone", False), "/well").page("/well", "/gone").missing("/gone")
    with open_result(site.write(tmp_path)) as result:
        assert one(result, "broken-link").places_count == 2
        assert result.unverified == []


def test_what_is_of_the_wrong_type_is_noted_with_its_place(tmp_path):
    site = MadeSite().page(
        "/",
        ("/picture.png", Source.IMG),
        ("/two", Source.IMG),
        "/two",
        ("/moved.css", Source.STYLESHEET),
        ("/odd.png", Source.IMG),
    )
    site.asset("/picture.png").page("/two").redirect("/moved.css", "/picture.png", 302)
    site.answer("/odd.png", Outcome.ERROR, Kind.PARSE_CRASH, content_type="text/html")
    with open_result(site.write(tmp_path)) as result:
        found = [finding for finding in result.findings if finding.rule == "wrong-content-type"]
        places = {finding.target: placed(result, finding) for finding in found}
        assert places == {f"{HOME}two": [("/", 2)], f"{HOME}moved.css": [("/", 4)]}
