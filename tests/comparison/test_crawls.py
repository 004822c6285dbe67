"""Real crawls of a site that changes in between, compared by the command and from Python."""

import json

import pytest

import crawler
from tests import crawls
from tests.comparison.made import serving, told

TEXT = "Crawlers ask for pages and follow what these link to. " * 8
PLAIN = {"Content-Type": "text/plain"}
BINARY = {"Content-Type": "application/pdf"}


@pytest.fixture(scope="module")
def outs(tmp_path_factory):
    """Two crawls of one site, before and after everything in it has changed."""
    folder = tmp_path_factory.mktemp("diff")
    with serving() as site:
        home = [
            "/same", "/edited", "/retitled", "/links", "/order", "/canonical", "/gone", "/gone410", "/moved",
            "/old", "/broken", "/hangs", "/redirect", "/became-redirect", "/was-redirect", "/away", "/plain",
            "/file.pdf", "/forgotten", "/back", "/not-yet",
        ]  # fmt: skip
        site.pages = {
            "/robots.txt": (404, {}, ""),
            "/": site.page("Home", *home, text="Welcome."),
            "/same": site.page("Same", text="Nothing happens here."),
            "/edited": site.page("Edited", text="The first sentence. It costs ten euros. The last sentence."),
            "/retitled": site.page("Before", text="T"),
            "/links": site.page("Links", "/same", "/edited", text="L"),
            "/order": site.page("Order", "/same", "/edited", text="O"),
            "/canonical": site.page("Canonical", text="C", canonical="/canonical"),
            "/gone": site.page("Gone", text="G"),
            "/gone410": site.page("Gone for good", text="GG"),
            "/moved": site.page("Moved", text="M" + TEXT),
            "/old": site.page("Old", text="N" + TEXT),
            "/broken": site.page("Broken", text="B"),
            "/hangs": site.page("Hangs", text="H"),
            "/redirect": (301, {"Location": "/same"}, ""),
            "/became-redirect": site.page("Became", text="R"),
            "/was-redirect": (302, {"Location": "/same"}, ""),
            "/away": (301, {"Location": "http://one.invalid/"}, ""),
            "/plain": (200, PLAIN, "one\ntwo\nthree"),
            "/file.pdf": (200, BINARY, "%PDF"),
            "/forgotten": site.page("Forgotten", text="F"),
            "/back": (404, {}, site.page("Not found here", text="404")),
            "/not-yet": (404, {}, ""),
        }
        old = site.crawl(folder / "old", "--set", "parse.keep_text=true", "--retries", 0)
        new_home = [path for path in home if path != "/forgotten"]
        site.pages |= {
            "/": site.page("Home", *new_home, "/new", text="Welcome."),
            "/edited": site.page(
                "Edited", text="The first sentence. It costs twelve euros. The last sentence."
            ),
            "/retitled": site.page("After", text="T"),
            "/links": site.page("Links", "/edited", "/moved", text="L"),
            "/order": site.page("Order", "/edited", "/same", text="O").replace("edited</a>", "e</a>"),
            "/canonical": site.page("Canonical", text="C", canonical="/same"),
            "/gone": (404, {}, ""),
            "/gone410": (410, {}, ""),
            "/moved": (404, {}, ""),
            "/moved-here": site.page("Moved", text="M" + TEXT),
            "/old": (301, {"Location": "/young"}, ""),
            "/young": site.page("Old", text="N" + TEXT),
            "/new": site.page("New", "/moved-here", text="New."),
            "/broken": (500, {}, ""),
            "/hangs": (0, {}, ""),
            "/redirect": (301, {"Location": "/edited"}, ""),
            "/became-redirect": (308, {"Location": "/same"}, ""),
            "/was-redirect": site.page("Here", text="W"),
            "/away": (301, {"Location": "http://two.invalid/"}, ""),
            "/plain": (200, PLAIN, "one\n2\nthree"),
            "/file.pdf": (200, BINARY, "%PDF-2"),
            "/not-yet": site.page("At last", text="A"),
        }
        new = site.crawl(folder / "new", "--set", "parse.keep_text=true", "--retries", 0)
    return old, new


WANTED = [
    ("added", "new", ()),
    ("added", "not-yet", ()),
    ("gone", "forgotten", ()),
    ("gone", "gone", ()),
    ("gone", "gone410", ()),
    ("changed", "", ("links", "text")),
    ("changed", "away", ("redirect",)),
    ("changed", "became-redirect", ("status", "kind", "redirect")),
    ("changed", "broken", ("status", "kind")),
    ("changed", "canonical", ("canonical",)),
    ("changed", "edited", ("text",)),
    ("changed", "hangs", ("status", "kind")),
    ("changed", "links", ("links", "text")),
    ("changed", "order", ("text",)),
    ("changed", "plain", ("text",)),
    ("changed", "redirect", ("redirect",)),
    ("changed", "retitled", ("title",)),
    ("changed", "was-redirect", ("status", "kind", "redirect")),
]


def test_every_kind_of_difference_is_found_and_no_other(outs):
    differences = list(crawler.diff(*outs))
    moved = [each for each in differences if each.what == "moved"]
    assert told(each for each in differences if each.what != "moved") == WANTED
    assert [
        (each.old_url.rpartition("/")[2], each.url.rpartition("/")[2], each.status) for each in moved
    ] == [
        ("moved", "moved-here", 404),
        ("old", "young", 301),
    ]


def test_backwards_what_was_added_is_gone(outs):
    backwards = list(crawler.diff(*reversed(outs)))
    swapped = {"added": "gone", "gone": "added"}
    found = told(each for each in backwards if each.what != "moved")
    assert sorted(found) == sorted((swapped.get(what, what), path, fields) for what, path, fields in WANTED)
    moved = [(each.old_url, each.url) for each in backwards if each.what == "moved"]
    forwards = [(each.old_url, each.url) for each in crawler.diff(*outs) if each.what == "moved"]
    assert sorted(moved) == sorted((new, old) for old, new in forwards)


def test_the_text_is_told_as_a_diff(outs):
    edited = next(each for each in crawler.diff(*outs) if each.url.endswith("/edited"))
    assert "-It costs ten euros." in edited.text
    assert "+It costs twelve euros." in edited.text
    assert not [line for line in edited.text if line.startswith("-The")]


def test_a_crawl_compared_with_another_of_the_same_state(outs, tmp_path):
    with serving() as site:
        site.pages = {"/": site.page("Home", "/a"), "/a": site.page("A")}
        one, other = site.crawl(tmp_path / "one"), site.crawl(tmp_path / "other")
    done = crawls.crawl("diff", one, other)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "no difference: exit code 0"
    assert list(crawler.diff(one, other)) == []


@pytest.mark.parametrize("sink", ["sqlite", "csv", "parquet", "warc"])
def test_records_of_every_sink(sink, tmp_path):
    with serving() as site:
        site.pages = {"/": site.page("Home", "/a", text="One."), "/a": site.page("A", text="Old.")}
        one = site.crawl(tmp_path / "one", "--sink", sink, "--set", "parse.keep_text=true")
        site.pages["/a"] = site.page("B", text="New.")
        other = site.crawl(tmp_path / "other", "--sink", sink, "--set", "parse.keep_text=true")
    assert told(crawler.diff(one, other)) == [("changed", "a", ("title", "text"))]


def test_by_path_two_hosts_of_one_site(tmp_path):
    with serving() as production, serving() as staging:
        for site in (production, staging):
            site.pages = {
                "/": site.page("Home", f"{site.url}/a", "/r", text="One."),
                "/a": site.page("A", canonical=f"{site.url}/a"),
                "/r": (301, {"Location": f"{site.url}/a"}, ""),
            }
        one = production.crawl(tmp_path / "one", "--set", "parse.keep_text=true")
        same = staging.crawl(tmp_path / "same", "--set", "parse.keep_text=true")
        staging.pages["/a"] = staging.page("Another", canonical=f"{staging.url}/a")
        other = staging.crawl(tmp_path / "other", "--set", "parse.keep_text=true")
    refused = crawls.crawl("diff", one, other)
    assert refused.returncode == 2
    assert all(words in refused.stderr for words in (production.url, staging.url, "--by-path"))
    assert crawls.crawl("diff", one, same, "--by-path").stdout.endswith("exit code 0\n")
    done = crawls.crawl("diff", one, other, "--by-path", "--json")
    assert done.returncode == 1, done.stderr
    assert [(each["url"], each["fields"]) for each in json.loads(done.stdout)["differences"]] == [
        ("/a", ["title"])
    ]


def test_generations_of_one_site(tmp_path):
    """Crawled again: what has not changed is taken over, and what has is told."""
    with serving() as site:
        site.pages = {
            "/": site.page("Home", "/a", "/b", "/from", text="One."),
            "/a": (200, {"ETag": '"1"'}, site.page("A", text="Alpha.")),
            "/b": site.page("B", text="Beta."),
            "/from": site.page("Moved", text=TEXT),
        }
        out = site.crawl(tmp_path / "out", "--set", "parse.keep_text=true")
        again = crawls.crawl("recrawl", out, "--no-progress")
        assert again.returncode == 0, again.stderr
        assert list(crawler.diff(out)) == []
        site.pages |= {
            "/a": site.page("A", text="Alef."),
            "/b": (410, {}, ""),
            "/to": site.page("Moved", text=TEXT),
        }
        site.pages["/"] = site.page("Home", "/a", "/b", "/to", text="One.")
        again = crawls.crawl("recrawl", out, "--no-progress")
        assert again.returncode == 0, again.stderr
    wanted = [
        ("gone", "b", ()),
        ("moved", "to", ()),
        ("changed", "", ("links", "text")),
        ("changed", "a", ("text",)),
    ]
    assert told(crawler.diff(out)) == wanted
    assert told(crawler.diff(f"{out}@1", f"{out}@3")) == wanted
    done = crawls.crawl("diff", f"{out}@1", f"{out}@2", "--exact", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["differences"], found["totals"]["same"]) == (0, [], 4)
    assert (found["old"]["name"], found["new"]["name"]) == (f"{out}@1", f"{out}@2")


def test_a_crawl_that_was_killed_is_said_to_be_unfinished(tmp_path):
    with serving() as site:
        pages = [f"/{number}" for number in range(30)]
        site.pages = {path: site.page(path, text=path) for path in pages} | {"/": site.page("Home", *pages)}
        old = site.crawl(tmp_path / "old")
        new = site.crawl(tmp_path / "new", "--max-pages", 5)
    done = crawls.crawl("diff", old, new)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is not finished" in done.stdout
    assert "not told as gone" in done.stdout
    assert "no difference: exit code 0" in done.stdout


@pytest.mark.parametrize("sink", ["sqlite", "csv", "parquet", "warc"])
def test_generations_in_every_sink(sink, tmp_path):
    """Of a table, which holds all generations, each one's own rows are compared."""
    with serving() as site:
        site.pages = {"/": site.page("Home", "/a", "/b", text="One."), "/a": site.page("A", text="Old.")}
        site.pages["/b"] = site.page("B", text="Beta.")
        out = site.crawl(tmp_path / "out", "--sink", sink, "--set", "parse.keep_text=true")
        for text in ("New.", "Newest."):
            site.pages["/a"] = site.page("A", text=text)
            again = crawls.crawl("recrawl", out, "--no-progress")
            assert again.returncode == 0, again.stderr
    for old, new, before, after in (
        (1, 2, "Old.", "New."),
        (2, 3, "New.", "Newest."),
        (3, 1, "Newest.", "Old."),
    ):
        (difference,) = crawler.diff(f"{out}@{old}", f"{out}@{new}")
        assert difference.text == ("@@ -1 +1 @@", f"-{before}", f"+{after}")
