"""What earlier crawls tell of a spot: the last one in which it was well counts, and none is read in vain."""

import sqlite3

import pytest

from crawler.check.earlier.crawls import EarlierCrawl
from crawler.check.finding import Finding
from crawler.check.mending import history as history_module
from crawler.check.mending.history import History
from crawler.check.mending.mend import mended
from crawler.check.mending.spots import spot_of
from crawler.check.result import open_result
from crawler.check.site import open_facts
from crawler.frontier.view import open_view
from tests.check.sites import MadeSite


def crawls(tmp_path, *sites: MadeSite) -> list[EarlierCrawl]:
    """The newest first."""
    found = []
    for number, site in enumerate(sites):
        found.append(EarlierCrawl(site.write(tmp_path / f"earlier-{number}"), 1, str(number), ""))
    return found


def mended_site(out, earlier) -> list[Finding]:
    with open_result(out) as result:
        findings = [one._replace(mend=None) for one in result.findings]
    with open_view(out) as view, open_facts(out, view, MadeSite().config) as facts:
        return mended(facts, findings, earlier)


def test_the_last_crawl_in_which_it_was_well_counts(tmp_path):
    dead = MadeSite().page("/", "/old").missing("/old")
    renamed = MadeSite().page("/", "/old").page("/old", content_hash="bb")
    first = MadeSite().page("/", "/old").page("/old", content_hash="aa")
    now = MadeSite().page("/", "/old", "/a", "/b").missing("/old").page("/a", content_hash="aa")
    out = now.page("/b", content_hash="bb").write(tmp_path / "now")
    found = mended_site(out, lambda: crawls(tmp_path, dead, renamed, first))
    (mend,) = [one.mend for one in found if one.mend is not None]
    assert mend.target.endswith("/b")


def test_where_nothing_is_dead_no_earlier_crawl_is_asked_for(tmp_path):
    out = MadeSite().page("/", "/a").page("/a").write(tmp_path / "now")
    assert mended_site(out, lambda: pytest.fail("it was asked for")) == []


@pytest.mark.parametrize("name", ["facts.db", "crawl.db"])
def test_an_earlier_crawl_that_is_damaged_is_no_help_and_no_hindrance(tmp_path, name):
    site = MadeSite().page("/", "/old").page("/old", content_hash="aa")
    newer, older = crawls(tmp_path, site, site)
    (newer.out / name).write_bytes(b"no database" * 1_000)
    out = (
        MadeSite()
        .page("/", "/old", "/a")
        .missing("/old")
        .page("/a", content_hash="aa")
        .write(tmp_path / "now")
    )
    (one,) = mended_site(out, lambda: [newer, older])
    assert one.mend is not None
    assert one.mend.rule == "same-content"
    (one,) = mended_site(out, lambda: [newer])
    assert one.mend is None


def test_facts_that_are_damaged_within_are_no_hindrance(tmp_path):
    before = MadeSite().page("/", "/old").page("/old", anchors=["a", "b"]).write(tmp_path / "before")
    with sqlite3.connect(before / "facts.db") as db:
        db.execute("UPDATE answers SET facts = X'c1'")
    db.close()
    out = (
        MadeSite()
        .page("/", "/else", "/first-steps")
        .page("/else", "/first_steps")
        .missing("/first_steps")
        .page("/first-steps")
        .write(tmp_path / "now")
    )
    (one,) = mended_site(out, lambda: [EarlierCrawl(before, 1, "", "")])
    assert one.mend is not None
    assert one.mend.rule == "same-letters"
    out = MadeSite().page("/", "/old#a").page("/old", anchors=["A"]).write(tmp_path / "fragment")
    (one,) = mended_site(out, lambda: [EarlierCrawl(before, 1, "", "")])
    assert one.mend is not None
    assert one.mend.rule == "same-letters-id"


def test_facts_of_before_there_were_hashes_tell_the_rest(tmp_path):
    before = MadeSite().page("/", "/old").page("/old", title="How to whistle").write(tmp_path / "before")
    with sqlite3.connect(before / "facts.db") as db:
        for column in ("content_hash", "near_hash"):
            db.execute(f"ALTER TABLE answers DROP COLUMN {column}")
    db.close()
    now = MadeSite().page("/", "/old", "/a").missing("/old").page("/a", title="How to whistle")
    (one,) = mended_site(now.write(tmp_path / "now"), lambda: [EarlierCrawl(before, 1, "", "")])
    assert one.mend is not None
    assert one.mend.rule == "same-title"


def test_of_many_crawls_the_newest_and_the_very_first_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "LOOKED_AT", 3)
    dead = MadeSite().page("/", "/old").missing("/old")
    first = MadeSite().page("/", "/old").page("/old", content_hash="aa")
    with History(crawls(tmp_path, dead, dead, dead, dead, first)) as history:
        history.find([spot_of("/old").key])
        assert spot_of("/old").key in history._known
    (tmp_path / "others").mkdir()
    with History(crawls(tmp_path / "others", dead, dead, dead, first, dead)) as history:
        history.find([spot_of("/old").key])
        assert history._known == {}


def test_what_was_edited_since_is_where_a_crawl_in_between_had_it(tmp_path):
    first = MadeSite().page("/", "/old").page("/old", content_hash="aa")
    between = MadeSite().page("/", "/old", "/new").missing("/old").page("/new", content_hash="aa")
    now = MadeSite().page("/", "/old", "/new").missing("/old").page("/new", content_hash="bb")
    out = now.write(tmp_path / "now")
    (one,) = mended_site(out, lambda: crawls(tmp_path, between, first))
    assert one.mend is not None
    assert (one.mend.rule, one.mend.target) == ("same-content", "http://site.test/new")
