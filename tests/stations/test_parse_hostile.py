"""Pages made to hurt: nothing may crash, and nothing may take long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.parse.html import parse_html

URL = "http://site.test/dir/"
DEEP = 200_000

HOSTILE = {
    "deep div": b"<div>x" * DEEP,
    "deep span, closed": b"<span>x" * DEEP + b"</span>" * DEEP,
    "deep template": b"<template>" * DEEP,
    "deep svg": b"<svg><g>" * (DEEP // 2),
    "deep table": b"<table><tr><td>" * (DEEP // 4),
    "deep formatting": b"<p><b><i><u>x" * 20_000,
    "deep links": b"<div><a href=x>" * (DEEP // 2),
    "hidden in hidden": b"<p hidden><div hidden>" * (DEEP // 2),
    "attributes": b"<a " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b" href=x>",
    "many links": b"".join(b"<a href=p%d>" % n for n in range(100_000)),
    "many nofollow": b"".join(b"<a rel=nofollow href=p%d>" % n for n in range(50_000)),
    "many scripts": b"<script></script>" * DEEP,
    "many bases": b"<base href=x>" * DEEP,
    "many titles": b"<svg><title>" * (DEEP // 4),
    "one huge attribute": b"<a href='" + b"x" * 5_000_000,
    "one huge text": b"a " * 1_500_000,
    "open comments": b"<!--" * DEEP,
    "entities": b"&amp;&lt" * DEEP,
    "NUL bytes": bytes(10_000_000),
    "NUL bytes between others": b"<\0p\0>\0" * 1_000_000,
    "bytes": bytes(range(256)) * 4_000,
    "wide table, long cell": b"<table>" + b"<tr><td>" * 5_000 + b"x" * 500_000,
}


CHEAP = 4.0
"""Seconds of processor time, of which a busy machine takes little more: the worst takes about 0.25."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_cheap(name: str) -> None:
    start = time.process_time()
    parse_html(HOSTILE[name], "text/html", URL, keep_tree=True)
    assert time.process_time() - start < CHEAP


@pytest.mark.parametrize(
    "body", [b"<?xml " * DEEP, b"<!--" * DEEP, b"<!DOCTYPE " * DEEP, b"<a>" * DEEP, b"<html>" * DEEP]
)
def test_hostile_xml_is_cheap(body: bytes) -> None:
    start = time.process_time()
    parse_html(body, "application/xhtml+xml", URL)
    assert time.process_time() - start < CHEAP


def test_xml_entities_are_not_expanded() -> None:
    body = b'<!DOCTYPE html [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]><html><p>&b;</p></html>'
    assert len(parse_html(body, "application/xhtml+xml", URL).text) < 200


MIMES = [
    "text/html",
    "application/xhtml+xml",
    "application/json",
    "text/xml; charset=koi8-r",
    "text/html; charset=gbk",
    None,
]
WORDS = [
    "<a href=", "x", "'", '"', ">", "<", "/", "</a>", "<b>", "</b>", "<table>", "<tr>", "<td>", "</table>",
    "<svg>", "</svg>", "<template>", "</template>", "<base href=", "<iframe src=", "<title>", "</title>",
    "<script>", "</script>", "<!--", "-->", "&amp;", "&#xD800;", "&#0;", " ", "\n", "\0", "é", "\U0001f600",
    "http:", "//", "?ö", "#", "rel=nofollow ", " hidden ", "<select>", "<frameset>", "<p>",
    "<meta charset=utf-16>", "<![CDATA[", "]]>", "<?", "?>", "<html>",
]  # fmt: skip


def assert_sane(body: bytes, content_type: str | None) -> None:
    page = parse_html(body, content_type, URL)
    links = page.links
    assert len(set(links)) == len(links)
    assert all(link.startswith(("http://", "https://")) and "#" not in link for link in links)
    assert page.nofollow_links <= set(links)
    # What goes into a record and onto a pipe must be encodable, and a link must fit on one line.
    "\n".join([page.text, page.title or "", page.canonical or "", *page.meta_robots, *links]).encode()
    assert not any(character in link for link in links for character in "\n\r\t ")


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(MIMES))
def test_any_bytes(body: bytes, content_type: str | None) -> None:
    """Would catch bytes on which the parser raises, hangs, or returns what no record can hold."""
    assert_sane(body, content_type)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(MIMES))
def test_any_markup(words: list[str], content_type: str | None) -> None:
    """Would catch a nesting of elements that does the same."""
    assert_sane("".join(words).encode(), content_type)


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=100), st.text(max_size=40))
def test_any_content_type(body: bytes, content_type: str) -> None:
    """Would catch a header that does the same."""
    assert_sane(body, content_type)
