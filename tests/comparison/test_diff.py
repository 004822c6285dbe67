"""What is told to be different, of crawls made by hand: each kind of difference, and what is none."""

import pytest

import crawler
from crawler.comparison.comparing import Comparison
from crawler.model.errors import CrawlFailed, OutputError, UsageError
from crawler.model.outcomes import Kind, Outcome, Purpose, State
from tests.comparison.made import SITE, Made, failed, make, page, redirect, told

LONG = "The quick brown fox jumps over the lazy dog. " * 10
BINARY = {"title": None, "kind": Kind.CONTENT_TYPE, "outcome": Outcome.SKIPPED}


@pytest.fixture
def found(tmp_path):
    """Compares two lists of pages."""

    def compare(old, new, exact=False, by_path=False, **more):
        make(tmp_path / "old", *old, **more)
        make(tmp_path / "new", *new, **more)
        return list(crawler.diff(tmp_path / "old", tmp_path / "new", exact=exact, by_path=by_path))

    return compare


@pytest.mark.parametrize("schema", [4, 5])
def test_nothing_is_different_in_what_is_equal(found, schema):
    pages = [
        page("/", "Home.", "/a"),
        page("/a", "A."),
        redirect("/r", "/a"),
        failed("/x"),
        Made("/pdf", **BINARY),
    ]
    assert found(pages, pages, schema=schema) == []


@pytest.mark.parametrize("schema", [4, 5])
@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (None, page("/a"), ("added", ())),
        (None, redirect("/a", "/"), ("added", ())),
        (None, Made("/a", **BINARY), ("added", ())),
        (failed("/a"), page("/a"), ("added", ())),
        (failed("/a", 410), redirect("/a", "/"), ("added", ())),
        (page("/a"), None, ("gone", ())),
        (redirect("/a", "/"), None, ("gone", ())),
        (Made("/a", **BINARY), None, ("gone", ())),
        (page("/a"), failed("/a"), ("gone", ())),
        (page("/a"), failed("/a", 410), ("gone", ())),
        (redirect("/a", "/"), failed("/a"), ("gone", ())),
        (Made("/a", **BINARY), failed("/a"), ("gone", ())),
        (page("/a"), failed("/a", 500), ("changed", ("status", "kind"))),
        (page("/a"), failed("/a", 403), ("changed", ("status", "kind"))),
        (page("/a"), failed("/a", None, Kind.TIMEOUT), ("changed", ("status", "kind"))),
        (failed("/a", None, Kind.CONNECT), page("/a"), ("changed", ("status", "kind"))),
        (failed("/a", 503), page("/a"), ("changed", ("status", "kind"))),
        (failed("/a", 500), failed("/a", 503), ("changed", ("status",))),
        (failed("/a", 500), failed("/a", None, Kind.RESET), ("changed", ("status", "kind"))),
        (failed("/a", 404), failed("/a", 410), ("changed", ("status",))),
        (failed("/a", 404), failed("/a", 500), ("changed", ("status",))),
        (page("/a"), redirect("/a", "/b"), ("changed", ("status", "kind", "redirect"))),
        (redirect("/a", "/b"), page("/a"), ("changed", ("status", "kind", "redirect"))),
        (redirect("/a", "/b"), redirect("/a", "/c"), ("changed", ("redirect",))),
        (redirect("/a", "/b", 302), redirect("/a", "/b", 301), ("changed", ("status",))),
        (
            redirect("/a", "/b"),
            Made("/a", status=301, kind=Kind.OUT_OF_SCOPE, outcome=Outcome.SKIPPED, target="https://x.test/"),
            ("changed", ("redirect",)),
        ),
        (page("/a"), Made("/a", **BINARY), ("changed", ("kind",))),
        (
            page("/a"),
            Made("/a", status=None, kind=Kind.ROBOTS, outcome=Outcome.SKIPPED),
            ("changed", ("status", "kind")),
        ),
        (
            page("/a"),
            page("/a")._replace(outcome=Outcome.TRUNCATED, kind=Kind.TOO_LARGE),
            ("changed", ("kind",)),
        ),
        (page("/a", title="A"), page("/a", title="B"), ("changed", ("title",))),
        (page("/a", title="A"), page("/a", title=None), ("changed", ("title",))),
        (page("/a"), page("/a", canonical=SITE + "/b"), ("changed", ("canonical",))),
        (page("/a", "", "/b", "/c"), page("/a", "", "/c", "/d"), ("changed", ("links",))),
        (page("/a", "", "/b", "/c"), page("/a", "", "/c", "/b"), None),
        (page("/a", "One. Two."), page("/a", "One. Three."), ("changed", ("text",))),
        (page("/a", "", markup="x"), page("/a", "", markup="y"), None),
        (None, failed("/a"), None),
        (None, failed("/a", 500), None),
        (failed("/a", 500), None, None),
        (failed("/a"), None, None),
    ],
)  # fmt: skip
def test_each_kind(found, old, new, wanted, schema):
    """A page, and what has become of it; ``wanted`` None: no difference."""
    home = page("/", "Home.")
    differences = found([home, *filter(None, [old])], [home, *filter(None, [new])], schema=schema)
    assert told(differences) == ([] if wanted is None else [(wanted[0], "a", wanted[1])])


@pytest.mark.parametrize(("schema", "count"), [(4, 1), (5, 0)])
def test_of_pages_with_the_same_hash_nobody_looks_at_the_status(found, schema, count):
    """It is in the records alone, which are read where there are no hashes."""
    assert len(found([page("/a")], [page("/a", status=203)], schema=schema)) == count


def test_what_was_and_what_is_are_told(found):
    old = page("/a", "One. Two. Three.", "/b", "/c", title="Old", canonical=SITE + "/a")
    new = page("/a", "One. 2. Three.", "/c", "/d", "/e", title="New", canonical=SITE + "/A")
    (difference,) = found([old], [new])
    changes = {change.field: (change.old, change.new) for change in difference.changes}
    assert changes == {"title": ("Old", "New"), "canonical": (SITE + "/a", SITE + "/A")}
    assert (difference.links_added, difference.links_gone) == ((SITE + "/d", SITE + "/e"), (SITE + "/b",))
    assert difference.text == ("@@ -1,3 +1,3 @@", " One.", "-Two.", "+2.", " Three.")
    assert difference.text_note is None
    with pytest.raises(AttributeError):
        difference.url = "other"


def test_statuses_of_pages_that_are_well_are_looked_up(found):
    changed = found([page("/a", status=203)], [failed("/a", 500)])[0].changes
    assert [(change.old, change.new) for change in changed] == [(203, 500), (None, "http_status")]


def test_what_a_gone_page_answers_is_told(found):
    gone = found([page("/"), page("/a"), page("/b", "b")], [page("/"), failed("/a", 410)])
    assert [(each.what, each.url, each.status) for each in gone] == [
        ("gone", SITE + "/a", 410),
        ("gone", SITE + "/b", None),
    ]


def test_text_that_was_not_kept_is_said(found):
    (difference,) = found([page("/a", LONG)], [page("/a", LONG + "More.")], keep_text=False)
    assert difference.fields == ("text",)
    assert difference.text == ()
    assert "keep_text" in difference.text_note


@pytest.mark.parametrize("schema", [4, 5])
def test_what_is_not_seen_is_cosmetic_and_told_when_asked_for(tmp_path, schema):
    make(tmp_path / "old", page("/a", LONG, markup="1"), schema=schema)
    make(tmp_path / "new", page("/a", LONG, markup="22"), schema=schema)
    with Comparison(tmp_path / "old", tmp_path / "new") as comparison:
        assert list(comparison) == []
    assert (comparison.totals.cosmetic, comparison.totals.same) == (1, 0)
    assert told(crawler.diff(tmp_path / "old", tmp_path / "new", exact=True)) == [
        ("changed", "a", ("content",))
    ]


def test_data_that_changed_is_a_change(found):
    """Of data the whole source is the text; where there is none, its bytes are all that can differ."""
    assert found([page("/a", "{a}", title=None)], [page("/a", "{b}", title=None)])[0].fields == ("text",)
    (difference,) = found(
        [page("/a", markup="1", content_type="application/pdf")],
        [page("/a", markup="2", content_type="application/pdf")],
    )
    assert difference.fields == ("content",)


class TestMoves:
    def test_the_same_content_elsewhere(self, found):
        differences = found([page("/"), page("/a", LONG)], [page("/"), page("/b", LONG), failed("/a")])
        assert [(each.what, each.old_url, each.url, each.status) for each in differences] == [
            ("moved", SITE + "/a", SITE + "/b", 404)
        ]
        assert differences[0].fields == ()

    def test_nothing_leads_to_it_any_more(self, found):
        (moved,) = found([page("/"), page("/a", LONG)], [page("/"), page("/b", LONG)])
        assert (moved.what, moved.old_url, moved.url, moved.status) == (
            "moved",
            SITE + "/a",
            SITE + "/b",
            None,
        )

    def test_a_redirect_to_where_it_is_now(self, found):
        (moved,) = found([page("/a", LONG)], [redirect("/a", "/b", 308), page("/b", LONG)])
        assert (moved.what, moved.old_url, moved.url, moved.status) == (
            "moved",
            SITE + "/a",
            SITE + "/b",
            308,
        )

    def test_it_came_back_to_where_a_redirect_was(self, found):
        (moved,) = found([redirect("/a", "/b"), page("/b", LONG)], [page("/a", LONG), redirect("/b", "/a")])[
            :1
        ]
        assert (moved.what, moved.url) == ("changed", SITE + "/a"), "both were there, and are"
        (moved,) = found([redirect("/a", "/b"), page("/b", LONG)], [page("/a", LONG), failed("/b")])
        assert (moved.what, moved.old_url, moved.url, moved.status) == (
            "moved",
            SITE + "/b",
            SITE + "/a",
            404,
        )

    def test_a_redirect_to_something_else_is_a_change(self, found):
        assert told(found([page("/"), page("/a", LONG)], [page("/"), redirect("/a", "/")])) == [
            ("changed", "a", ("status", "kind", "redirect"))
        ]
        assert [each[:2] for each in told(found([page("/a", LONG)], [redirect("/a", "/b"), page("/b")]))] == [
            ("added", "b"),
            ("changed", "a"),
        ]

    def test_a_copy_is_no_move(self, found):
        assert told(found([page("/a", LONG)], [page("/a", LONG), page("/b", LONG)])) == [("added", "b", ())]

    def test_several_of_the_same_content_move_in_their_order(self, found):
        old = [page("/"), page("/a1", LONG), page("/a2", LONG), page("/a3", LONG)]
        differences = found(old, [page("/"), page("/b1", LONG), page("/b2", LONG)])
        assert [(each.what, each.old_url, each.url) for each in differences] == [
            ("gone", None, SITE + "/a3"),
            ("moved", SITE + "/a1", SITE + "/b1"),
            ("moved", SITE + "/a2", SITE + "/b2"),
        ]

    def test_the_same_text_in_another_frame(self, found):
        (moved,) = found([page("/"), page("/a", LONG, title="A")], [page("/"), page("/b", LONG, title="B")])
        assert (moved.what, moved.old_url, moved.fields) == ("moved", SITE + "/a", ("title",))

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ([page("/a", "Short.", title="A")], [page("/b", "Short.", title="B")]),
            ([page("/a", LONG, title="A"), page("/c", LONG, title="C")], [page("/b", LONG, title="B")]),
        ],
        ids=["too short", "not the only one"],
    )
    def test_what_only_resembles_has_not_moved(self, found, old, new):
        differences = found([page("/"), *old], [page("/"), *new])
        assert [each.what for each in differences] == ["added", *["gone"] * len(old)]

    def test_what_many_pages_say_tells_nothing(self, found):
        """As of a page that a script fills."""
        frame = [page(f"/{number}", "Loading…") for number in range(3)]
        differences = found([*frame, page("/a", "Loading…")], [*frame, page("/b", "Loading…")])
        assert [each.what for each in differences] == ["added", "gone"]
        (moved,) = found([page("/"), page("/a", "Short.")], [page("/"), page("/b", "Short.")])
        assert moved.what == "moved", "no other page says it"

    def test_two_empty_bodies_tell_nothing(self, found, monkeypatch):
        import xxhash

        from tests.comparison import made

        monkeypatch.setattr(made, "_content", lambda _: xxhash.xxh3_128_digest(b""))
        assert [each.what for each in found([page("/"), page("/a")], [page("/"), page("/b")])] == [
            "added",
            "gone",
        ]


class TestUnfinished:
    def test_what_was_not_reached_is_not_gone(self, tmp_path):
        make(tmp_path / "old", page("/"), page("/a"), page("/b"))
        make(tmp_path / "new", page("/"), Made("/a", state=State.PENDING), state="stopped")
        with Comparison(tmp_path / "old", tmp_path / "new") as comparison:
            assert list(comparison) == []
            (note,) = comparison.notes()
        assert comparison.totals.unknown == 2
        assert "not finished" in note
        assert "gone" in note

    def test_what_was_not_reached_before_is_not_added(self, tmp_path):
        make(tmp_path / "old", page("/"), Made("/a", state=State.PENDING), state="stopped")
        make(tmp_path / "new", page("/"), page("/a"), page("/b"))
        with Comparison(tmp_path / "old", tmp_path / "new") as comparison:
            assert list(comparison) == []
            assert "added" in comparison.notes()[0]
        assert comparison.totals.unknown == 2

    def test_what_is_reached_is_compared(self, found):
        pending = Made("/z", state=State.PENDING)
        assert told(found([page("/", "a."), page("/x")], [page("/", "b."), failed("/x"), pending])) == [
            ("gone", "x", ()),
            ("changed", "", ("text",)),
        ]

    def test_a_page_that_is_too_deep_now_is_not_gone(self, found):
        assert found([page("/"), page("/a")], [page("/"), Made("/a", state=State.BEYOND)]) == []


class TestSites:
    def test_others_are_refused(self, tmp_path):
        make(tmp_path / "old", page("/", site="https://example.com"))
        make(tmp_path / "new", page("/", site="https://staging.example.com"))
        with pytest.raises(UsageError) as error:
            crawler.diff(tmp_path / "old", tmp_path / "new")
        for words in ("https://example.com", "https://staging.example.com", "--by-path"):
            assert words in str(error.value)

    @pytest.mark.parametrize(
        "other", ["https://example.com", "http://www.example.com", "http://example.com:81"]
    )
    def test_nearly_the_same_site_is_another(self, tmp_path, other):
        make(tmp_path / "old", page("/", site="http://example.com"))
        make(tmp_path / "new", page("/", site=other))
        with pytest.raises(UsageError, match="--by-path"):
            crawler.diff(tmp_path / "old", tmp_path / "new")

    def test_by_path_their_own_links_and_redirects_are_the_same(self, found):
        def pages(site):
            return [
                page(
                    "/",
                    "Home.",
                    "/a?x=1",
                    "https://other.test/",
                    site=site,
                    canonical=f"{site}/",
                    markup=site,
                ),
                redirect("/r", "/a", site=site),
                redirect("/out", "https://other.test/b", site=site),
            ]

        assert found(pages("https://example.com"), pages("http://localhost:8000"), by_path=True) == []

    def test_by_path_differences_are_told_by_path(self, found):
        old, new = "https://example.com", "http://localhost:8000"
        differences = found(
            [
                page("/", "", "/a", "https://o.test/", site=old),
                page("/a?b=1", site=old),
                redirect("/r", "/a", site=old),
            ],
            [
                page("/", "", "/c", "https://p.test/", site=new),
                page("/c", LONG, site=new),
                redirect("/r", "/c", site=new),
            ],
            by_path=True,
        )
        assert [(each.what, each.url) for each in differences] == [
            ("added", "/c"), ("gone", "/a?b=1"), ("changed", "/"), ("changed", "/r"),
        ]  # fmt: skip
        assert differences[2].links_added == ("/c", "https://p.test/")
        assert (differences[3].changes[0].old, differences[3].changes[0].new) == ("/a", "/c")

    def test_by_path_the_page_counts_and_not_what_leads_to_it(self, found):
        old = [
            redirect("/", "https://x.test/", site="http://x.test"),
            page("/", "Home.", site="https://x.test"),
        ]
        assert found(old, [page("/", "Home.", site="http://localhost:1")], by_path=True) == []


def test_no_login_is_shown(found):
    secret = "http://user:hunter2@other.test/"
    old = [page("/", "", "/a"), redirect("/r", "/a"), page("/c")]
    new = [page("/", "", "/a", secret), redirect("/r", secret), page("/c", canonical=secret)]
    assert "hunter2" not in repr(found(old, new))
    assert repr(found(old, new)).count("http://other.test/") == 3


def test_sitemaps_and_what_is_no_page_are_left_out(found):
    other = [
        page("/sitemap.xml", purpose=Purpose.SITEMAP),
        page("/style.css", purpose=Purpose.STYLESHEET),
    ]
    assert found([page("/")], [page("/"), *other]) == []


class TestGenerations:
    def test_of_one_folder(self, tmp_path):
        out = make(tmp_path / "out", page("/", "One."))
        make(out, page("/", "Two."), generation=2)
        make(out, page("/", "Two."), page("/a"), generation=3)
        assert told(crawler.diff(f"{out}@1", f"{out}@2")) == [("changed", "", ("text",))]
        assert told(crawler.diff(f"{out}@2", out)) == [("added", "a", ())]
        assert told(crawler.diff(out)) == [("added", "a", ())], "the last two"
        assert told(crawler.diff(out, f"{out}@2")) == [("gone", "a", ())]

    def test_what_the_server_says_is_unchanged_is_not_read(self, tmp_path):
        out = make(tmp_path / "out", page("/", "One."))
        make(out, page("/", "Two.", unchanged=True), generation=2)
        assert list(crawler.diff(out)) == []

    def test_the_same_crawl_twice(self, tmp_path):
        out = make(tmp_path / "out", page("/"))
        with Comparison(out, f"{out}@1") as comparison:
            assert list(comparison) == []
            assert comparison.notes() == ["Both are the same crawl."]

    def test_one_alone_is_not_enough(self, tmp_path):
        out = make(tmp_path / "out", page("/"))
        with pytest.raises(OutputError, match="one crawl alone"):
            crawler.diff(out)

    @pytest.mark.parametrize("name", ["out@9", "out@2", "nothing", "nothing@2", "empty"])
    def test_what_is_not_there(self, tmp_path, name):
        make(tmp_path / "out", page("/"))
        (tmp_path / "empty").mkdir()
        with pytest.raises(OutputError, match=r"generation|holds no crawl"):
            crawler.diff(tmp_path / "out", tmp_path / name)


class TestDamage:
    def test_a_record_that_is_missing(self, tmp_path):
        old, new = make(tmp_path / "old", page("/", "a.")), make(tmp_path / "new", page("/", "b."))
        (new / "records.jsonl").write_bytes(b"")
        with pytest.raises(CrawlFailed, match=r"records\.jsonl"):
            list(crawler.diff(old, new))

    def test_a_record_that_is_broken(self, tmp_path):
        old, new = make(tmp_path / "old", page("/", "a.")), make(tmp_path / "new", page("/", "b."))
        file = new / "records.jsonl"
        file.write_bytes(b"x" * (file.stat().st_size - 1) + b"\n")
        with pytest.raises(CrawlFailed, match="damaged"):
            list(crawler.diff(old, new))

    def test_records_that_are_gone(self, tmp_path):
        old, new = make(tmp_path / "old", page("/")), make(tmp_path / "new", page("/"))
        (new / "records.jsonl").unlink()
        with pytest.raises(OutputError, match="gone"):
            crawler.diff(old, new)

    def test_no_records_were_kept(self, tmp_path):
        old = make(tmp_path / "old", page("/", "a."), page("/b", LONG, markup="1"), sinks=["facts"])
        new = make(
            tmp_path / "new", page("/", "b."), page("/b", LONG, markup="2"), page("/c"), sinks=["facts"]
        )
        assert told(crawler.diff(old, new)) == [("added", "c", ()), ("changed", "", ("text",))]


@pytest.mark.parametrize("schema", [4, 5])
def test_records_that_lie_apart(found, schema):
    """Of those that changed the batches are read, in the order in which each crawl has them."""
    changed = (0, 1, 11, 12, 25)
    old = [page(f"/{number:02}", "Old.") for number in range(30)]
    new = [page(f"/{number:02}", "New." if number in changed else "Old.") for number in reversed(range(30))]
    assert told(found(old, new, schema=schema)) == [
        ("changed", f"{number:02}", ("text",)) for number in changed
    ]


def test_a_page_of_many_links(found):
    old, new = [f"/{number}" for number in range(10_000)], ["/9999"]
    (difference,) = found([page("/", "", *old)], [page("/", "", *new)])
    assert len(difference.links_gone) == 9_999
