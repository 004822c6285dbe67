"""What is read for a check beside the pages: style sheets and probes; and the places in sitemaps."""

import gzip
import time

import pytest
import xxhash

from crawler.model.facts import Mark, Odd
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.model.record import decode
from crawler.model.sources import Source
from crawler.rules.scope import Scope
from tests.stations.noted import SITE, Found, asked_for, facts_of, marks_of, parse, references_of

SHEET = f"{SITE}/css/main.css"


def sheet(body: bytes | str, content_type: str | None = "text/css", **more: object) -> tuple:
    finished = parse(body, SHEET, content_type, Purpose.STYLESHEET, **more)
    return finished, facts_of(body, SHEET, content_type, Purpose.STYLESHEET, **more)


def test_what_a_style_sheet_refers_to() -> None:
    body = (
        "@charset \"utf-8\";\n@import 'a.css';\n@import url(//other.test/b.css) print;\n"
        "/* url(no) */ b {\n  background: url( '../i.png#x' ), url(\n  j.svg);"
        " c: url(#d) url(data:,x) 'url(no)' }"
    )
    finished, facts = sheet(body, asks_external=True)
    assert references_of(facts) == [
        Found(Source.CSS_IMPORT, 2, 9, f"{SITE}/css/a.css"),
        Found(Source.CSS_IMPORT, 3, 9, "http://other.test/b.css"),
        Found(Source.CSS_URL, 5, 15, f"{SITE}/i.png", "x"),
        Found(Source.CSS_URL, 5, 36, f"{SITE}/css/j.svg"),
    ]
    assert asked_for(finished) == {
        Purpose.STYLESHEET: [f"{SITE}/css/a.css"],
        Purpose.ASSET: [f"{SITE}/i.png", f"{SITE}/css/j.svg"],
        Purpose.EXTERNAL: ["http://other.test/b.css"],
    }
    assert (facts.is_html, facts.anchors, facts.marks) == (False, [], [])
    assert (finished.outcome, finished.kind) == (Outcome.OK, None)
    record = decode(finished.record)
    assert (record.url, record.links, record.charset, record.status) == (SHEET, [], "UTF-8", 200)


def test_a_style_sheet_that_was_wanted_as_an_asset_is_one() -> None:
    body = "@import 'a.css'; b{c:url(i)}"
    finished = parse(body, SHEET, "text/css", Purpose.ASSET)
    assert decode(finished.record).charset == "UTF-8"
    assert asked_for(finished) == asked_for(sheet(body)[0])
    assert facts_of(body, SHEET, "text/css", Purpose.ASSET) == sheet(body)[1]


def test_a_style_sheet_is_relative_to_where_it_came_from() -> None:
    _, facts = sheet("b{c:url(i)}", page={"final_url": f"{SITE}/elsewhere/main.css"})
    assert facts.targets == [f"{SITE}/elsewhere/i"]


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        (b"b{c:url(\xc3\xa4)}", "text/css", "UTF-8"),
        (b"b{c:url(\xe4)}", "text/css; charset=latin1", "windows-1252"),
        (b'@charset "latin1";b{c:url(\xe4)}', "text/css", "windows-1252"),
        (b'@charset "latin1";b{c:url(\xc3\xa4)}', "text/css; charset=utf-8", "UTF-8"),
        (b'@charset "utf-16";b{c:url(\xc3\xa4)}', None, "UTF-8"),
        (b'@charset "nonsense";b{c:url(\xc3\xa4)}', "text/css", "UTF-8"),
        (b" @charset 'latin1';b{c:url(\xc3\xa4)}", "text/css", "UTF-8"),
        (b"\xef\xbb\xbfb{c:url(\xc3\xa4)}", "text/css; charset=latin1", "UTF-8"),
        ("\ufeffb{c:url(ä)}".encode("utf-16-le"), "text/css", "UTF-16LE"),
    ],
)
def test_the_encoding_of_a_style_sheet(body: bytes, content_type: str | None, charset: str) -> None:
    finished, facts = sheet(body, content_type)
    assert decode(finished.record).charset == charset
    assert facts.targets == [f"{SITE}/css/%C3%A4"]


def test_the_faults_of_a_style_sheet() -> None:
    _, facts = sheet("b {\n c: url(http://[::1); d: url() }")
    assert facts.marks == [Mark(Odd.MALFORMED_URL, 2, 5, "http://[::1")]
    secure = facts_of(
        "b{c:url(http://a.test/)}", "https://site.test/s", "text/css", Purpose.STYLESHEET,
        scope=Scope(frozenset(["https://site.test"])),
    )  # fmt: skip
    assert secure.marks == [Mark(Odd.MIXED_CONTENT, 1, 5, "http://a.test/")]


def test_a_style_sheet_that_was_cut_counts_as_far_as_it_goes() -> None:
    finished, facts = sheet("b{c:url(i)} d{e:url(", page={"truncated": True})
    assert (finished.outcome, finished.kind) == (Outcome.TRUNCATED, Kind.TOO_LARGE)
    assert facts.targets[0] == f"{SITE}/css/i"


def test_what_is_excluded_is_not_loaded_and_what_is_not_included_is() -> None:
    scope = Scope(frozenset([SITE]), include=("/only/",), exclude=("secret",))
    finished, _ = sheet("@import 'secret.css'; b{c:url(i) url(secret)}", scope=scope)
    assert asked_for(finished) == {Purpose.ASSET: [f"{SITE}/css/i"]}


@pytest.mark.parametrize(
    "body", [b"a{b:url(x)}\n" * 400_000, b"url(" * 1_000_000, b"\n" * 10_000_000, b"@import 'x';" * 300_000]
)
def test_hostile_style_sheets_are_cheap(body: bytes) -> None:
    start = time.process_time()
    finished = parse(body, SHEET, "text/css", Purpose.STYLESHEET)
    assert time.process_time() - start < 8.0
    assert finished.outcome is Outcome.OK


# -- probes ------------------------------------------------------------------------------------------


def test_of_a_probe_only_what_the_server_says_is_noted() -> None:
    body = "<title>Not here</title><a href=a>Go <b>home</b></a><img src=i><p id=x>"
    finished = parse(body, f"{SITE}/none", purpose=Purpose.PROBE, page={"certificate_ends": 1_900_000_000.0})
    assert finished.links == ()
    facts = facts_of(body, f"{SITE}/none", purpose=Purpose.PROBE, page={"certificate_ends": 1_900_000_000.0})
    assert (facts.targets, facts.references, facts.anchors, facts.is_html) == ([], [], [], True)
    assert facts.marks == [Mark(Odd.CERTIFICATE, 0, 0, "1900000000.0")]
    assert facts.text_hash % 2**64 == xxhash.xxh3_64_intdigest(b"Go home")
    assert facts.text_length == len("Go home")
    record = decode(finished.record)
    assert (record.title, record.links, record.outcome) == ("Not here", [], Outcome.OK)
    # A page with the same text has the same hash.
    assert facts_of(body).text_hash == facts.text_hash
    assert facts_of("x", purpose=Purpose.PROBE).marks == []


# -- sitemaps ----------------------------------------------------------------------------------------


def places(body: str | bytes, content_type: str = "text/xml", **more: object) -> list[tuple]:
    facts = facts_of(body, f"{SITE}/sitemap.xml", content_type, Purpose.SITEMAP, **more)
    assert all(one.source is Source.SITEMAP for one in facts.references)
    return [(one.line, one.column, one.target) for one in references_of(facts)]


URLSET = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc>http://site.test/a</loc></url>
  <url>
    <lastmod>2024-01-01</lastmod><loc>
      /b?x&amp;y
    </loc>
  </url>
  <url><loc>http://site.test/a</loc></url><url><loc>http://other.test/</loc></url>
</urlset>
"""


def test_each_entry_of_a_sitemap_has_its_place() -> None:
    expected = [(3, 8, f"{SITE}/a"), (5, 34, f"{SITE}/b?x&y"), (9, 48, "http://other.test/")]
    assert places(URLSET) == expected
    assert places(URLSET.replace("\n", "\r\n")) == expected
    assert places("\n\n" + URLSET.partition("\n")[2])[0] == (4, 8, f"{SITE}/a")
    assert places(gzip.compress(URLSET.encode()), "application/gzip") == expected


def test_the_entries_of_indexes_feeds_and_lists_have_places_too() -> None:
    index = "<sitemapindex>\n<sitemap><loc>/a.xml</loc></sitemap></sitemapindex>"
    assert places(index) == [(2, 10, f"{SITE}/a.xml")]
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry>\n<link href='/a'/></entry></feed>"
    assert places(atom) == [(2, 1, f"{SITE}/a")]
    rss = "<rss><channel><item>\n<link>/a</link></item><item><guid>/b</guid></item></channel></rss>"
    assert places(rss) == [(2, 1, f"{SITE}/a"), (2, 29, f"{SITE}/b")]
    lines = "\nhttp://site.test/a\r\n\r\nnothing\nhttp://site.test/b"
    assert places(lines, "text/plain") == [(2, 1, f"{SITE}/a"), (5, 1, f"{SITE}/b")]
    damaged = "<urlset>\n<url><loc>/a?x&y</loc></url></urlset>"
    assert places(damaged) == [(0, 0, f"{SITE}/a?x&y")]


def test_what_a_sitemap_names_is_followed_and_asked_for_as_always() -> None:
    finished = parse(URLSET, f"{SITE}/sitemap.xml", "text/xml", Purpose.SITEMAP, asks_external=True)
    assert asked_for(finished) == {
        Purpose.PAGE: [f"{SITE}/a", f"{SITE}/b?x&y"],
        Purpose.EXTERNAL: ["http://other.test/"],
    }
    assert asked_for(
        parse(URLSET, f"{SITE}/sitemap.xml", "text/xml", Purpose.SITEMAP, notes_facts=False)
    ) == {Purpose.PAGE: [f"{SITE}/a", f"{SITE}/b?x&y"]}


def test_an_entry_that_is_no_url_is_marked() -> None:
    body = "<urlset><url><loc>http://[bad</loc></url><url><loc>/a</loc></url></urlset>"
    facts = facts_of(body, f"{SITE}/sitemap.xml", "text/xml", Purpose.SITEMAP)
    assert marks_of(facts, Odd.MALFORMED_URL) == [Mark(Odd.MALFORMED_URL, 1, 14, "http://[bad")]
    assert facts.targets == [f"{SITE}/a"]
