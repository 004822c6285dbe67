"""Texts that no record has, read from archives."""

import gzip
import zlib

import pytest

import crawler
from crawler.comparison.archived import _visible
from crawler.comparison.records import NOT_KEPT
from tests.comparison.made import serving

LONG = "Crawlers ask for pages and follow what these link to. " * 8
WARC = ("--sink", "warc")
TEXT = ("--sink", "jsonl", "--set", "parse.keep_text=true")


@pytest.mark.parametrize(("first", "second"), [(WARC, WARC), (WARC, TEXT), (TEXT, WARC)], ids=str)
def test_the_text_of_a_page_is_told_where_an_archive_has_its_answer(tmp_path, first, second):
    with serving() as site:
        site.pages = {
            "/robots.txt": (404, {}, ""),
            "/": site.page("Home", "/a", "/b", text=LONG),
            "/a": site.page("A", text=f"{LONG} One sentence. Two sentences. {LONG}"),
            "/b": site.page("B", text=LONG),
        }
        old = site.crawl(tmp_path / "old", *first)
        site.pages["/a"] = site.page("A", text=f"{LONG} One sentence. Three sentences. {LONG}")
        new = site.crawl(tmp_path / "new", *second)
    (found,) = crawler.diff(old, new)
    assert found.url.endswith("/a")
    assert [line for line in found.text if line[0] in "+-"] == ["-Two sentences.", "+Three sentences."]
    assert found.text_note is None


def test_where_one_crawl_has_neither_that_is_said(tmp_path):
    with serving() as site:
        site.pages = {"/robots.txt": (404, {}, ""), "/": site.page("Home", text=LONG)}
        old = site.crawl(tmp_path / "old", *WARC)
        site.pages["/"] = site.page("Home", text=f"{LONG} And more.")
        new = site.crawl(tmp_path / "new")
    (found,) = crawler.diff(old, new)
    assert (found.text, found.text_note) == ((), NOT_KEPT)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
def test_codings_are_undone_as_in_a_crawl(coding):
    page = b"<title>A</title><p>One &amp; two."
    payload = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[coding](page)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {coding}".encode()
    assert _visible("http://a.example/", head, payload, 1_000) == "One & two."
    assert len(_visible("http://a.example/", head, payload, 25) or "") < len("One & two.")


def test_what_cannot_be_decoded_has_no_text():
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip"
    assert _visible("http://a.example/", head, b"<p>this is no gzip", 1_000) is None
    assert _visible("http://a.example/", head.replace(b"gzip", b"snappy"), b"", 1_000) is None
