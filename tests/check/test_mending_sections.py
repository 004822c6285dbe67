"""Where a place within a page probably is now whose id is missing: on the same page, or on another."""

import pytest

from crawler.check.mending.sections import OwnSections, with_fragment
from tests.check.sites import MadeSite
from tests.check.test_mending_pages import mends, rules

IDS = ["intro", "first-steps", "lists", "summary"]


def two(*anchors: str, links: tuple[str, ...] = ()) -> MadeSite:
    """A site with a page that has these ids."""
    return MadeSite().page("/", "/two", *links).page("/two", anchors=anchors)


@pytest.mark.parametrize(
    ("fragment", "there"),
    [("First_Steps", "first-steps"), ("first.steps", "first-steps"), ("first%20steps", "first-steps")],
)
def test_an_id_that_is_only_written_in_another_way(tmp_path, fragment, there):
    found = mends(tmp_path, two(*IDS, links=(f"/two#{fragment}",)))
    assert rules(found) == {f"two#{fragment}": ("same-letters-id", f"two#{there}")}


@pytest.mark.parametrize("fragment", ["__init__", "first", "id3", "list"])
def test_an_id_that_is_another_one_is_not_suggested(tmp_path, fragment):
    assert mends(tmp_path, two(*IDS, "init", "id2", links=(f"/two#{fragment}",))) == {}


def test_two_ids_that_are_written_alike_are_none(tmp_path):
    assert mends(tmp_path, two("first-steps", "first_steps", links=("/two#First-Steps",))) == {}


def test_a_new_id_between_the_same_neighbours(tmp_path):
    now = two("intro", "the-first-steps", "lists", "summary", links=("/two#first-steps",))
    assert rules(mends(tmp_path, now, two(*IDS))) == {
        "two#first-steps": ("same-place-id", "two#the-first-steps")
    }


@pytest.mark.parametrize("new", ["windows", "linux-2", "windows-linuxes-2"])
def test_another_section_in_the_same_place_is_another_one(tmp_path, new):
    before, now = (["intro", one, "lists"] for one in ("linux", new))
    assert mends(tmp_path, two(*now, links=("/two#linux",)), two(*before)) == {}


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(["intro", "lists", "summary"], id="it was deleted"),
        pytest.param(["intro", "one", "two", "lists", "summary"], id="two came in its place"),
        pytest.param(["new", "other"], id="nothing is as it was"),
        pytest.param(["intro", "summary", "lists"], id="others change places"),
        pytest.param([], id="all are gone"),
    ],
)
def test_an_id_that_is_gone_is_not_suggested(tmp_path, now):
    assert mends(tmp_path, two(*now, links=("/two#first-steps",)), two(*IDS)) == {}


def test_a_section_is_on_another_page_that_had_it_not_before(tmp_path):
    before = two(*IDS, links=("/three",)).page("/three", anchors=["three"])
    now = two("intro", "summary", links=("/two#lists", "/three")).page("/three", anchors=["three", "lists"])
    assert rules(mends(tmp_path, now, before)) == {"two#lists": ("moved-section", "three#lists")}


def test_a_section_that_the_other_page_always_had_is_another_one(tmp_path):
    before = two(*IDS, links=("/three",)).page("/three", anchors=["three", "lists"])
    now = two("intro", "summary", links=("/two#lists", "/three")).page("/three", anchors=["three", "lists"])
    assert mends(tmp_path, now, before) == {}


def test_an_id_that_many_pages_have_is_none_that_moved(tmp_path):
    before = two("intro", "examples", "lists", links=("/three",)).page("/three", anchors=["three"])
    now = two("intro", "lists", links=("/two#examples", "/three")).page(
        "/three", anchors=["three", "examples"]
    )
    assert mends(tmp_path, now, before) == {}


def test_an_id_that_another_page_had_as_well_is_none_that_moved(tmp_path):
    """Though that page has gone."""
    before = two(*IDS, links=("/three", "/four")).page("/three", anchors=["three"])
    before.page("/four", anchors=["lists"])
    now = two("intro", "summary", links=("/two#lists", "/three")).page("/three", anchors=["three", "lists"])
    assert mends(tmp_path, now, before) == {}


def test_numbered_ids_go_with_the_others_of_their_page(tmp_path):
    moved = [f"topic-{letter}" for letter in "abc"]
    now = two("intro", links=("/two#id7", *(f"/two#{one}" for one in moved), "/three", "/four"))
    now.page("/three", anchors=[*moved, "id7"]).page("/four", anchors=["id7"])
    found = rules(
        mends(tmp_path, now, two("intro", *moved, "id7", links=("/four",)).page("/four", anchors=["id7"]))
    )
    assert found["two#id7"] == ("moved-section", "three#id7")


def test_without_an_earlier_crawl_one_id_on_another_page_tells_nothing_and_three_do(tmp_path):
    links = tuple(f"/two#topic-{letter}" for letter in "abc")
    one = two("intro", links=(links[0], "/three")).page("/three", anchors=["topic-a"])
    assert mends(tmp_path, one) == {}
    (tmp_path / "three").mkdir()
    three = two("intro", links=(*links, "/three")).page("/three", anchors=["topic-a", "topic-b", "topic-c"])
    assert set(rules(mends(tmp_path / "three", three)).values()) == {
        ("moved-section", f"three#topic-{letter}") for letter in "abc"
    }


def test_a_page_of_the_same_kind_is_not_where_its_sections_went(tmp_path):
    """``Math`` and ``StrictMath`` have the same methods, of which one page lacks some."""
    gone = [f"topic-{letter}" for letter in "abc"]
    both = [f"method-{letter}" for letter in "defg"]
    now = two(*both, links=("/three", *(f"/two#{one}" for one in gone))).page(
        "/three", anchors=[*gone, *both]
    )
    assert mends(tmp_path, now) == {}


def test_what_would_end_a_url_is_encoded():
    assert with_fragment("http://a/b", 'x "y" 50%é') == "http://a/b#x%20%22y%22%2050%25é"


def test_several_in_a_row_keep_their_order():
    was, now = ["a", "one", "two", "z"], ["a", "the-one", "the-two", "z"]
    found = [OwnSections(now, was).of(one, is_known=True) for one in ("one", "two")]
    assert [one and one.anchor for one in found] == ["the-one", "the-two"]
