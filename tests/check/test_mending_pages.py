"""Where a dead page probably is now: what is suggested, and when nobody says anything."""

from pathlib import Path

import pytest

from crawler.check.finding import Mend
from crawler.check.mending.rules_of_thumb import LEAST, THUMBS
from crawler.check.result import open_result
from crawler.config.check_section import CheckConfig
from crawler.model.outcomes import Kind, Outcome
from crawler.model.sources import Source
from tests.check.sites import HOME, MadeSite

LONG, OTHER = "00000000000000a1", "00000000000000b3"
"""Hashes of visible texts."""


def mends(tmp_path: Path, site: MadeSite, before: MadeSite | None = None) -> dict[str, Mend]:
    """By path of the target."""
    since = None
    if before is not None:
        since = before.write(tmp_path / "before")
    with open_result(site.write(tmp_path / "now"), asked=CheckConfig(since=since)) as result:
        return {
            one.target.removeprefix(HOME): one.mend._replace(target=one.mend.target.removeprefix(HOME))
            for one in result.findings
            if one.mend is not None
        }


def rules(found: dict[str, Mend]) -> dict[str, tuple[str, str]]:
    return {target: (mend.rule, mend.target) for target, mend in found.items()}


def site(*paths: str, dead: tuple[object, ...] = (), **of_each: object) -> MadeSite:
    """A start page that links to these pages, and another one that links to what is dead."""
    made = MadeSite().page("/", *paths, "/links").page("/links", *dead)
    for path in paths:
        made.page(path, **of_each)
    for one in dead:
        made.missing(one[0] if isinstance(one, tuple) else one)
    return made


@pytest.mark.parametrize(
    ("rule", "known", "unlike"),
    [
        ("same-content", {"content_hash": "aa"}, {"content_hash": "bb"}),
        ("same-text", {"near_hash": LONG}, {"near_hash": OTHER}),
        ("same-title", {"title": "How to whistle"}, {"title": "How to hum"}),
    ],
)
def test_a_page_is_known_again_by_what_is_in_it(tmp_path, rule, known, unlike):
    before = MadeSite().page("/", "/old", "/else").page("/old", **known).page("/else", **unlike)
    now = MadeSite().page("/", "/old", "/away/new", "/else").missing("/old").page("/away/new", **known)
    now.page("/else", **unlike)
    mend = mends(tmp_path, now, before)["old"]
    assert mend == Mend("away/new", rule, THUMBS[rule].why, THUMBS[rule].known)


@pytest.mark.parametrize(
    "known",
    [{"content_hash": "aa"}, {"near_hash": LONG}, {"title": "How to whistle"}],
)
def test_what_two_pages_have_tells_nothing(tmp_path, known):
    before = MadeSite().page("/", "/old", "/twin").page("/old", **known)
    now = MadeSite().page("/", "/old", "/one", "/two").missing("/old").page("/one", **known)
    assert mends(tmp_path, now.page("/two", **known), before) == {}


@pytest.mark.parametrize("known", [{"content_hash": "aa"}, {"near_hash": LONG}, {"title": "How to whistle"}])
def test_what_two_pages_had_tells_nothing(tmp_path, known):
    before = MadeSite().page("/", "/old", "/twin").page("/old", **known).page("/twin", **known)
    now = MadeSite().page("/", "/old", "/one").missing("/old").page("/one", **known)
    assert mends(tmp_path, now, before) == {}


@pytest.mark.parametrize("known", [{"content_hash": "aa"}, {"near_hash": LONG}, {"title": "The app"}])
def test_little_text_tells_nothing(tmp_path, known):
    """As that of a page which is a shell for scripts."""
    known = {**known, "text_length": 120}
    before = MadeSite().page("/", "/old").page("/old", **known)
    now = MadeSite().page("/", "/old", "/one").missing("/old").page("/one", **known)
    assert mends(tmp_path, now, before) == {}


@pytest.mark.parametrize(
    ("old", "new", "title", "later"),
    [
        ("/weekly-1", "/weekly-9", "Weekly", "Weekly"),
        ("/2024/update", "/2025/update", "Update", "Update"),
        ("/a", "/b", "Issue 41", "Issue 42"),
        ("/spring", "/summer", "1 March: a meeting", "5 April: a meeting"),
    ],
)
def test_two_of_a_series_are_two(tmp_path, old, new, title, later):
    before = MadeSite().page("/", old).page(old, title=title, near_hash=LONG)
    now = MadeSite().page("/", old, new).missing(old).page(new, title=later, near_hash=LONG, text_hash=77)
    assert mends(tmp_path, now, before) == {}


def test_one_of_a_series_whose_text_is_word_for_word_the_same_was_given_another_number(tmp_path):
    text = {"near_hash": LONG, "text_hash": 77}
    before = MadeSite().page("/", "/part-1").page("/part-1", **text)
    now = MadeSite().page("/", "/part-1", "/part-2").missing("/part-1").page("/part-2", **text)
    assert rules(mends(tmp_path, now, before)) == {"part-1": ("same-text", "part-2")}


def test_the_earlier_crawl_may_have_been_of_another_host(tmp_path):
    before = MadeSite(seeds=["http://staging.test:8080/"]).page("http://staging.test:8080/", "/old")
    before.page("http://staging.test:8080/old", content_hash="aa")
    now = MadeSite().page("/", "/old", "/new").missing("/old").page("/new", content_hash="aa")
    assert rules(mends(tmp_path, now, before)) == {"old": ("same-content", "new")}


def test_what_redirects_to_a_dead_page_is_looked_for_too(tmp_path):
    before = MadeSite().page("/", "/old").page("/old", content_hash="aa")
    now = MadeSite().page("/", "/old", "/new").redirect("/old", "/nowhere").missing("/nowhere")
    now.page("/new", content_hash="aa")
    assert rules(mends(tmp_path, now, before)) == {"nowhere": ("same-content", "new")}


def test_what_was_there_before_is_not_the_new_place_of_what_was_elsewhere(tmp_path):
    before = MadeSite().page("/", "/guide/tune", "/tour/tune").page("/guide/tune").page("/tour/tune")
    now = MadeSite().page("/", "/guide/tune", "/tour/tune").missing("/guide/tune").page("/tour/tune")
    assert mends(tmp_path, now, before) == {}


def test_a_new_page_that_was_another_one_elsewhere_is_not_suggested(tmp_path):
    before = (
        MadeSite()
        .page("/", "/guide/tune", "/notes/hum")
        .page("/guide/tune")
        .page("/notes/hum", content_hash="aa")
    )
    now = MadeSite().page("/", "/guide/tune", "/tour/tune").missing("/guide/tune")
    assert mends(tmp_path, now.page("/tour/tune", content_hash="aa"), before) == {}


def test_a_page_and_a_folder_of_one_name_were_two_pages(tmp_path):
    before = MadeSite().page("/", "/a.html", "/a/").page("/a.html").page("/a/")
    now = MadeSite().page("/", "/a.html", "/a/").missing("/a.html").page("/a/")
    assert mends(tmp_path, now, before) == {}


def test_a_new_page_with_the_name_of_one_that_is_gone_is_its_new_place(tmp_path):
    before = MadeSite().page("/", "/guide/tune").page("/guide/tune")
    now = MadeSite().page("/", "/guide/tune", "/tour/tune").missing("/guide/tune").page("/tour/tune")
    assert rules(mends(tmp_path, now, before)) == {"guide/tune": ("same-name", "tour/tune")}


def test_a_new_page_may_be_the_place_of_either_of_two_that_are_gone(tmp_path):
    before = MadeSite().page("/", "/guide/tune", "/notes/tune").page("/guide/tune").page("/notes/tune")
    now = MadeSite().page("/", "/guide/tune", "/tour/tune").missing("/guide/tune").page("/tour/tune")
    assert mends(tmp_path, now, before) == {}


def test_a_new_page_is_the_place_of_one_page_alone(tmp_path):
    before = MadeSite().page("/", "/guide/tune", "/notes/tune").page("/guide/tune", content_hash="aa")
    before.page("/notes/tune", content_hash="cc")
    now = MadeSite().page("/", "/guide/tune", "/tour/tune", "/notes/tune").missing("/guide/tune")
    now.missing("/notes/tune").page("/tour/tune", content_hash="aa")
    assert rules(mends(tmp_path, now, before)) == {"guide/tune": ("same-content", "tour/tune")}


@pytest.mark.parametrize(
    ("dead", "there", "rule"),
    [
        ("/guide/a.htm", "/guide/a.html", "other-suffix"),
        ("/guide/a.html", "/guide/a/", "other-suffix"),
        ("/guide/a/index.html", "/guide/a", "other-suffix"),
        ("/Guide/First-Steps.html", "/guide/first_steps.html", "same-letters"),
        ("/guide/first%20steps", "/guide/first-steps", "same-letters"),
        ("/GUIDE/first", "/guide/first", "same-letters"),
        ("/img/Logo.png", "/img/logo.png", "same-letters"),
    ],
)
def test_without_an_earlier_crawl_a_near_path_is_found(tmp_path, dead, there, rule):
    assert rules(mends(tmp_path, site(there, dead=(dead,)))) == {dead[1:]: (rule, there[1:])}


@pytest.mark.parametrize(
    ("dead", "there"),
    [
        ("/guide/3.11.html", "/guide/3.12.html"),
        ("/guide/page-1", "/guide/page-2"),
        ("/guide/abc", "/guide/abd"),
        ("/guide/cmaths", "/guide/maths"),
        ("/guide/Executor", "/guide/Executors"),
        ("/guide/whistle", "/tour/whistle"),
        ("/guide/whistle?id=1", "/guide/whistle?id=2"),
        ("/guide/whistle.png", "/guide/whistle.html"),
        ("/readme-en.html", "/readme-es.html"),
        ("/appendix-a.html", "/appendix-b.html"),
        ("/volume-i.html", "/volume-v.html"),
        ("/model-3a", "/model-3b"),
        ("/struct.html", "/strict.html"),
        ("/causal", "/casual"),
        ("/discrete", "/discreet"),
        ("/v1.10.html", "/v11.0.html"),
        ("/post-1-11.html", "/post-11-1.html"),
        ("/c++.html", "/c.html"),
        ("/_thread.html", "/thread.html"),
        ("/able-d.html", "/abled.html"),
        ("/Pattern.html", "/pattern.html"),
        ("/東京都立中央図書館案内図", "/東京府立中央図書館案内図"),
    ],
)
def test_without_an_earlier_crawl_what_is_not_near_enough_is_not_suggested(tmp_path, dead, there):
    assert mends(tmp_path, site(there, dead=(dead,))) == {}


@pytest.mark.parametrize(
    ("dead", "there"),
    [
        ("/GUIDE/steps", ("/guide/steps", "/Guide/steps")),
        ("/First-Steps", ("/first-steps", "/first_steps")),
    ],
)
def test_two_that_are_near_are_none(tmp_path, dead, there):
    assert mends(tmp_path, site(*there, dead=(dead,))) == {}


@pytest.mark.parametrize(
    ("dead", "there"),
    [
        ("/first_steps", "/first-steps"),
        (("/p/17", "How to whistle"), "/whistling"),
    ],
)
def test_what_a_page_links_to_beside_the_dead_one_is_another_one(tmp_path, dead, there):
    now = MadeSite().page("/", dead, there).page(there, title="How to whistle")
    assert mends(tmp_path, now.missing(dead if isinstance(dead, str) else dead[0])) == {}


@pytest.mark.parametrize(
    ("one", "other"), [("/fr", "/en"), ("/3.11", "/3.12"), ("/fr", ""), ("/use", "/doc")]
)
def test_the_folder_of_another_language_or_version_is_none_that_moved(tmp_path, one, other):
    names = ("first", "second", "third", "fourth")
    there = [f"{other}/{name}" for name in names]
    assert mends(tmp_path, site(*there, dead=tuple(f"{one}/{name}" for name in names))) == {}


def test_the_folder_of_another_edition_that_is_linked_to_beside_is_none_that_moved(tmp_path):
    names = ("first", "second", "third", "fourth")
    there, dead = ([f"/{folder}/{name}" for name in names] for folder in ("english", "french"))
    now = MadeSite().page("/", *dead, *there)
    for one, other in zip(dead, there, strict=True):
        now.missing(one).page(other)
    assert mends(tmp_path, now) == {}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_title_is_not_the_place_of_a_file(tmp_path, is_known):
    before = MadeSite().page("/", "/a.pdf").answer("/a.pdf", Outcome.SKIPPED, Kind.CONTENT_TYPE)
    now = site(dead=(("/a.pdf", "How to whistle"),)).page("/whistling", title="How to whistle")
    assert mends(tmp_path, now, before if is_known else None) == {}


def test_a_file_that_was_not_read_was_there(tmp_path):
    """Hence a page that was there as well is another one."""
    before = MadeSite().page("/", "/Manual", "/manual").page("/manual")
    before.answer("/Manual", Outcome.SKIPPED, Kind.CONTENT_TYPE)
    assert mends(tmp_path, site("/manual", dead=("/Manual",)), before) == {}


def test_a_file_in_another_folder_is_known_by_its_name(tmp_path):
    before = (
        MadeSite().page("/", "/files/tune.pdf").answer("/files/tune.pdf", Outcome.SKIPPED, Kind.CONTENT_TYPE)
    )
    now = MadeSite().page("/", "/files/tune.pdf", "/tunes/tune.pdf").missing("/files/tune.pdf")
    now.answer("/tunes/tune.pdf", Outcome.SKIPPED, Kind.CONTENT_TYPE)
    assert rules(mends(tmp_path, now, before)) == {"files/tune.pdf": ("same-name", "tunes/tune.pdf")}


def test_a_folder_moved_where_three_of_its_pages_are_elsewhere(tmp_path):
    there = [f"/tour/{name}" for name in ("first", "second", "third")]
    dead = tuple(f"/guide/{name}" for name in ("first", "second", "third", "deleted"))
    found = rules(mends(tmp_path, site(*there, dead=dead)))
    assert found == {
        f"guide/{name}": ("moved-folder", f"tour/{name}") for name in ("first", "second", "third")
    }


def test_two_pages_that_are_elsewhere_are_no_folder_that_moved(tmp_path):
    assert mends(tmp_path, site("/tour/first", "/tour/second", dead=("/guide/first", "/guide/second"))) == {}


def test_folders_with_the_same_names_that_moved_together_are_told_apart_or_not_at_all(tmp_path):
    """Of one of them some pages are gone for good, whose names are on the other's pages alone."""
    names = [f"page-{letter}" for letter in "abcdefgh"]
    there = [*(f"/new/{name}" for name in names), *(f"/new/use/{name}" for name in names[4:])]
    dead = tuple(f"/old/use/{name}" for name in names)
    assert mends(tmp_path, site(*there, dead=dead)) == {}


def test_what_became_of_a_folder_tells_where_the_rest_of_it_is(tmp_path):
    names = ("first", "second", "third")
    before = site(*(f"/guide/{name}" for name in names), "/guide/rest")
    for name in names:
        before.page(f"/guide/{name}", content_hash=name)
    now = MadeSite().page("/", *(f"/guide/{name}" for name in (*names, "rest")), "/x/rest", "/tour/rest")
    now.page("/x/rest").page("/tour/rest").missing("/guide/rest")
    for name in names:
        now.missing(f"/guide/{name}").page(f"/tour/{name}", content_hash=name)
    found = rules(mends(tmp_path, now, before))
    assert found.pop("guide/rest") == ("moved-folder", "tour/rest")
    assert found == {f"guide/{name}": ("same-content", f"tour/{name}") for name in names}


def test_a_folder_most_of_which_is_still_there_has_not_moved(tmp_path):
    """As where two folders have the same names, and some pages of one are gone for good."""
    names = [f"page-{letter}" for letter in "abcdefgh"]
    there = [*(f"/guide/{name}" for name in names), *(f"/guide/use/{name}" for name in names[4:])]
    assert mends(tmp_path, site(*there, dead=tuple(f"/guide/use/{name}" for name in names[:4]))) == {}


def test_what_links_say_is_no_suggestion(tmp_path):
    """It was right too seldom: pages of one title are often about another thing of that name."""
    now = site(dead=(("/p/17", "How to whistle"),)).page("/whistling", title="How to whistle – The site")
    assert mends(tmp_path, now) == {}


def test_rules_that_do_not_agree_are_silent(tmp_path):
    names = ("one", "two", "three", "four")
    there = [*(f"/tour/{name}" for name in names), "/tour/first_steps", "/guide/first-steps"]
    gone = tuple(f"/guide/{name}" for name in names)
    found = rules(mends(tmp_path, site(*there[:-1], dead=(*gone, "/guide/first_steps"))))
    assert found["guide/first_steps"] == ("moved-folder", "tour/first_steps")
    (tmp_path / "both").mkdir()
    found = rules(mends(tmp_path / "both", site(*there, dead=(*gone, "/guide/first_steps"))))
    assert "guide/first_steps" not in found
    assert found["guide/one"] == ("moved-folder", "tour/one")


def test_a_picture_that_was_moved_is_found_with_its_folder(tmp_path):
    pictures = [(f"/img/{name}.png", Source.IMG) for name in "abc"]
    now = MadeSite().page("/", *pictures, "/new").page("/new", *(f"/assets/{name}.png" for name in "abc"))
    for name in "abc":
        now.missing(f"/img/{name}.png").asset(f"/assets/{name}.png")
    assert {mend.target for mend in mends(tmp_path, now).values()} == {f"assets/{name}.png" for name in "abc"}


def test_other_sites_are_left_alone(tmp_path):
    now = MadeSite().page("/", "http://other.test/whitle", "/whistle").page("/whistle")
    now.missing("http://other.test/whitle")
    assert mends(tmp_path, now) == {}


def test_no_rule_speaks_that_was_right_less_often_than_nine_times_of_ten():
    assert all(each >= LEAST or each == 0 for thumb in THUMBS.values() for each in thumb[1:])
    assert all(0 <= each < 1 for thumb in THUMBS.values() for each in thumb[1:])
