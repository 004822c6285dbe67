"""What is noted of a page beside its references, and what is asked for because of it."""

import re
import time

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model.facts import Mark, Odd
from crawler.model.outcomes import Outcome, Purpose
from crawler.model.record import decode
from crawler.model.sources import Source
from crawler.parse.noted import MAX_REFERENCES
from crawler.parse.page_marks import MAX_MARKS
from crawler.rules.charset import decode as decode_text
from crawler.rules.scope import Scope
from tests.stations.noted import SITE, URL, Found, asked_for, facts_of, marks_of, parse, references_of
from tests.stations.test_parse_hostile import HOSTILE, MIMES, WORDS

HTML = "<!DOCTYPE html><html lang=en><head><title>T</title></head><body>"


def test_without_facts_nothing_is_noted_and_nothing_else_asked_for() -> None:
    body = "<a href=a></a><img src=i><link rel=stylesheet href=s><a href=http://other.test/></a>"
    plain = parse(body, notes_facts=False, asks_external=True)
    noted = parse(body, asks_external=True)
    assert plain.facts == b""
    assert list(asked_for(plain)) == [Purpose.PAGE]
    assert noted.record == plain.record
    assert noted.links[0] == plain.links[0]


# -- what is asked for ------------------------------------------------------------------------------


def test_each_target_is_asked_for_once_and_for_its_purpose() -> None:
    body = (
        "<link rel=preload href=s as=style><link rel=stylesheet href=s><link rel=next href=a><img src=i>"
        "<img src=i><script src=//cdn.test/j></script><a href=a></a><a href=//other.test/></a>"
        "<a href=mailto:a@b></a>"
        "<style>@import 't'; b {c: url(i)}</style><a href=//no.test/ rel=nofollow></a><form action=f></form>"
        "<form action=g method=post></form><form action=//p.test/ method=post></form>"
        "<link rel=stylesheet href=//cdn.test/s>"
    )
    inside = {
        Purpose.PAGE: [f"{SITE}/dir/a"],
        Purpose.STYLESHEET: [f"{SITE}/dir/s", f"{SITE}/dir/t"],
        Purpose.ASSET: [f"{SITE}/dir/i", f"{SITE}/dir/f"],
    }
    assert asked_for(parse(body)) == inside
    outside = ["http://cdn.test/j", "http://other.test/", "http://cdn.test/s"]
    assert asked_for(parse(body, asks_external=True)) == inside | {Purpose.EXTERNAL: outside}


def test_what_is_included_narrows_pages_alone_and_what_is_excluded_all() -> None:
    body = (
        "<a href=/in/a></a><a href=/out/a></a><img src=/out/i><img src=/secret/i>"
        "<link rel=stylesheet href=/secret/s><img src=//other.test/secret><img src=//other.test/i>"
        "<iframe src=/out/f></iframe>"
    )
    scope = Scope(frozenset([SITE]), include=("/in/",), exclude=("secret",))
    assert asked_for(parse(body, scope=scope, asks_external=True)) == {
        Purpose.PAGE: [f"{SITE}/in/a"],
        Purpose.ASSET: [f"{SITE}/out/i"],
        Purpose.EXTERNAL: ["http://other.test/i"],
    }
    assert facts_of(body, scope=scope).targets[1] == f"{SITE}/out/a"


def test_a_page_that_says_nofollow_still_has_its_pictures_asked_for() -> None:
    body = "<meta name=robots content=nofollow><a href=a></a><a href=//other.test/></a><img src=i>"
    assert asked_for(parse(body, asks_external=True)) == {Purpose.ASSET: [f"{SITE}/dir/i"]}
    assert asked_for(parse(body, asks_external=True, obey_robots=False)) == {
        Purpose.PAGE: [f"{SITE}/dir/a"],
        Purpose.ASSET: [f"{SITE}/dir/i"],
        Purpose.EXTERNAL: ["http://other.test/"],
    }


def test_logins_and_overlong_urls_are_not_asked_for() -> None:
    body = f"<img src=http://u:p@site.test/i><img src={'x' * 200}><a href=//u@other.test/></a>"
    scope = Scope(frozenset([SITE]), max_url_length=100)
    finished = parse(body, scope=scope, asks_external=True)
    assert asked_for(finished) == {
        Purpose.ASSET: [f"{SITE}/i"],
        Purpose.EXTERNAL: ["http://other.test/"],
    }


# -- anchors and ids ---------------------------------------------------------------------------------


def test_anchors_are_ids_and_names_of_links() -> None:
    body = (
        "<h1 id=a></h1><a name=b></a><map name=no></map><a id=c name=c></a><svg><g id=d></g></svg><p id=''>"
        "<template><p id=no></template><div><template shadowrootmode=open><p id=no></p><p id=a></p>"
        "</template></div><input name=no><!-- <p id=no> --><p ID='e é'>"
    )
    facts = facts_of(body)
    assert facts.anchors == ["a", "b", "c", "d", "e é"]
    assert marks_of(facts, Odd.DUPLICATE_ID) == []
    assert facts_of("<p id=x><p id=y>").anchors == ["x", "y"]


def test_each_further_element_of_an_id_is_marked() -> None:
    body = (
        "<p id=a>\n<b id=b></b><i class=x id=a></i><a name=b></a>\n"
        "<u id=a></u><p id=A><template><p id=b></template>"
    )
    assert marks_of(facts_of(body), Odd.DUPLICATE_ID) == [
        Mark(Odd.DUPLICATE_ID, 2, 24, "a"),
        Mark(Odd.DUPLICATE_ID, 3, 4, "a"),
    ]


# -- images ------------------------------------------------------------------------------------------


def test_images_without_alt() -> None:
    body = (
        "<img src=a>\n<p><img src=b alt><img src=c alt=''><input type=image src=d>"
        "<input type=image alt=x src=e><img>"
    )
    assert marks_of(facts_of(body), Odd.NO_ALT) == [
        Mark(Odd.NO_ALT, 1, 1, "a"),
        Mark(Odd.NO_ALT, 2, 37, "d"),
        Mark(Odd.NO_ALT, 2, 91, ""),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "<img role=presentation>",
        "<img role=None>",
        "<img aria-hidden=true>",
        "<img hidden>",
        "<div hidden><p><img></p><img></div>",
        "<div aria-hidden=TRUE><p><img></div>",
        "<template><img></template>",
        "<svg><image href=x /></svg>",
        "<input src=x>",
    ],
)
def test_images_that_nobody_misses(markup: str) -> None:
    assert marks_of(facts_of(markup), Odd.NO_ALT) == []


def test_an_image_is_missed_beside_what_is_hidden() -> None:
    facts = facts_of("<p hidden><img></p><p aria-hidden=false><img>")
    assert [mark.column for mark in marks_of(facts, Odd.NO_ALT)] == [41]


# -- forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "marks"),
    [
        ("<form action=/in method=post><input type=Password>", [(7, f"{SITE}/in")]),
        ("<form method=post><p><input type=password>", [(1, URL)]),
        ("<form action=''><input type=password>", [(7, URL)]),
        ("<form action=http://other.test/><input type=password>", [(7, "http://other.test/")]),
        (
            "<form></form><table><form action=a><tr><td><input type=password></form></table>",
            [(27, f"{SITE}/dir/a")],
        ),
        ("<form action=a></form><table><tr><td><input type=password></table>", []),
        (
            "<form action=a><input type=password><button formaction=b></form>",
            [(7, f"{SITE}/dir/a"), (45, f"{SITE}/dir/b")],
        ),
        ("<form id=f action=a></form><input type=password form=f>", [(12, f"{SITE}/dir/a")]),
        ("<form action=a></form><form action=b><input type=password>", [(29, f"{SITE}/dir/b")]),
        ("<form action=a><input type=text></form><input type=password>", []),
        ("<form id=g action=a><input type=password form=f></form>", []),
        ("<form action='javascript:x'><input type=password></form>", []),
        ("<template><form action=a><input type=password></form></template>", []),
        ("<table><form action=a><tr><td><input type=password></table>", [(14, f"{SITE}/dir/a")]),
    ],
)
def test_forms_that_ask_for_a_password(markup: str, marks: list[tuple[int, str]]) -> None:
    found = marks_of(facts_of(markup), Odd.LOGIN_FORM)
    assert [(mark.column, mark.detail) for mark in found] == marks


# -- http within https -------------------------------------------------------------------------------

SECURE = "https://site.test/dir/page"
LOADED = (
    "<img alt src={}>",
    "<script src={}></script>",
    "<link rel=stylesheet href={}>",
    "<iframe src={}></iframe>",
    "<video src={}></video>",
    "<object data={}></object>",
    "<embed src={}>",
    "<img alt srcset={}>",
    "<style>a{{b:url({})}}</style>",
    "<p style='a:url({})'>",
    "<style>@import '{}';</style>",
    "<video poster={}></video>",
    "<audio src={}></audio>",
    "<link rel=icon href={}>",
    "<svg><use href={} /></svg>",
)
NOT_LOADED = (
    "<a href={}></a>",
    "<link rel=canonical href={}>",
    "<link rel=alternate href={}>",
    "<form action={}></form>",
    "<meta property=og:image content={}>",
    "<meta property=og:url content={}>",
    "<link rel=next href={}>",
    "<link rel=license href={}>",
    "<meta http-equiv=refresh content=0;url={}>",
)


@pytest.mark.parametrize("markup", LOADED)
def test_what_an_https_page_loads_by_http(markup: str) -> None:
    body = markup.format("http://other.test/x")
    (mark,) = marks_of(facts_of(body, SECURE), Odd.MIXED_CONTENT)
    assert (mark.line, mark.detail) == (1, "http://other.test/x")
    assert mark.column > 1
    assert marks_of(facts_of(body), Odd.MIXED_CONTENT) == []
    for trusted in ("//other.test/x", "https://other.test/x", "http://127.0.0.1/x", "http://localhost:1/x"):
        assert marks_of(facts_of(markup.format(trusted), SECURE), Odd.MIXED_CONTENT) == []


@pytest.mark.parametrize("markup", NOT_LOADED)
def test_what_is_not_loaded_with_the_page_is_no_mixed_content(markup: str) -> None:
    assert marks_of(facts_of(markup.format("http://other.test/x"), SECURE), Odd.MIXED_CONTENT) == []


def test_what_browsers_are_told_to_ask_for_by_https_is_no_mixed_content() -> None:
    body = "<img alt src=http://other.test/x>"
    policy = "default-src *; upgrade-insecure-requests"
    for facts in (
        facts_of(body, SECURE, headers={"content-security-policy": policy}),
        facts_of(f"<meta http-equiv=Content-Security-Policy content='{policy}'>{body}", SECURE),
    ):
        assert marks_of(facts, Odd.MIXED_CONTENT) == []
    other = facts_of(body, SECURE, headers={"content-security-policy": "default-src *"})
    assert len(marks_of(other, Odd.MIXED_CONTENT)) == 1


# -- encodings ---------------------------------------------------------------------------------------

UTF8, LATIN = "text/html; charset=utf-8", "text/html; charset=iso-8859-1"


@pytest.mark.parametrize(
    ("body", "content_type", "place", "detail"),
    [
        (
            b"\n<meta charset=latin1>",
            UTF8,
            (2, 7),
            "the Content-Type header says UTF-8, and the <meta> says windows-1252",
        ),
        (
            b"<meta http-equiv=Content-Type content='text/html; charset=utf-8'>",
            LATIN,
            (1, 31),
            "the Content-Type header says windows-1252, and the <meta> says UTF-8",
        ),
        (
            b"\xef\xbb\xbfx",
            LATIN,
            (0, 0),
            "the byte order mark says UTF-8, and the Content-Type header says windows-1252",
        ),
        (b"<p>\xc3\xa4\n\xe4", UTF8, (2, 1), "it is declared as UTF-8, and what stands here is not"),
        (
            b"<meta charset=utf-8>\xff",
            "text/html",
            (1, 21),
            "it is declared as UTF-8, and what stands here is not",
        ),
        (b"<p>\xc3\xa4", "text/html", (1, 4), "it is not declared, and was read as UTF-8"),
        (b"<p>\xe4", None, (1, 4), "it is not declared, and was read as windows-1252"),
    ],
)
def test_encodings_declared_wrong(
    body: bytes, content_type: str | None, place: tuple[int, int], detail: str
) -> None:
    assert marks_of(facts_of(body, content_type=content_type), Odd.CHARSET) == [
        Mark(Odd.CHARSET, *place, detail)
    ]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<meta charset=latin1>\xe4", LATIN),
        (b"<meta charset=ISO-8859-1>\xe4", "text/html; charset=windows-1252"),
        (b"<meta charset=UTF8>\xc3\xa4", UTF8),
        (b"<meta charset=utf-16>\xc3\xa4", UTF8),
        (b"<p>plain", "text/html"),
        (b"<p>&auml;", "text/html"),
        (b"\xef\xbb\xbf\xc3\xa4", "text/html"),
        ("\ufeff<meta charset=utf-16>ä".encode("utf-16-le"), "text/html"),
        (b"<p>\xef\xbf\xbd", UTF8),
        (b"\xc3\xa4", "text/plain"),
        (b" " * 1_500 + b"<meta charset=utf-8>\xc3\xa4", "text/html"),
        ("<html xmlns='http://www.w3.org/1999/xhtml'>ä</html>".encode(), "application/xhtml+xml"),
        (b"<?xml version='1.0' encoding='latin1'?><html>\xe4</html>", "application/xhtml+xml"),
        (b"<template><meta charset=latin1></template>", UTF8),
    ],
)
def test_encodings_declared_well_enough(body: bytes, content_type: str) -> None:
    assert marks_of(facts_of(body, content_type=content_type), Odd.CHARSET) == []


def test_a_character_that_the_body_limit_cut_is_no_wrong_one() -> None:
    for truncated in (True, False):
        marks = marks_of(facts_of(b"<p>\xc3", page={"truncated": truncated}), Odd.CHARSET)
        assert len(marks) == (0 if truncated else 1)


def test_an_xml_declaration_is_one_too() -> None:
    body = b"<?xml version='1.0' encoding='latin1'?><html></html>"
    (mark,) = marks_of(facts_of(body, content_type="application/xhtml+xml; charset=utf-8"), Odd.CHARSET)
    assert mark.detail == "the Content-Type header says UTF-8, and the XML declaration says windows-1252"


# -- the page as a whole -----------------------------------------------------------------------------


def test_a_page_as_a_whole() -> None:
    facts = facts_of(f"{HTML}<p>Some  text<script>1</script>")
    assert (facts.is_html, facts.lang, facts.title_line, facts.title_column) == (True, "en", 1, 36)
    digest = xxhash.xxh3_64_intdigest(b"Some text")
    assert (facts.text_length, facts.text_hash % 2**64, facts.scripts) == (9, digest, 1)
    assert -(2**63) <= facts.text_hash < 2**63
    assert not facts.noindex
    plain = facts_of("<title>Some text", content_type="text/plain")
    assert (plain.is_html, plain.lang, plain.title_line, plain.text_length) == (False, None, 0, 16)


@pytest.mark.parametrize(
    ("tag", "lang"),
    [
        ("<html>", None),
        ("", None),
        ("<html lang>", ""),
        ("<html lang=''>", ""),
        ("<html LANG=de-AT>", "de-AT"),
        ("<html xml:lang=fr>", "fr"),
        ("<html lang=de xml:lang=fr>", "de"),
        ("<html lang='' xml:lang=fr>", ""),
        ("<body lang=de>", None),
    ],
)
def test_the_language(tag: str, lang: str | None) -> None:
    assert facts_of(f"<!DOCTYPE html>{tag}<p>x").lang == lang


def test_the_title_that_counts_has_a_place() -> None:
    for body, place in (
        ("<p>x\n<title>t</title>", (2, 1)),
        ("<svg><title>s</title></svg><title></title>", (1, 28)),
        ("<svg><title>s</title></svg>", (0, 0)),
        ("<head>\n <title\n>t", (2, 2)),
    ):
        facts = facts_of(body)
        assert (facts.title_line, facts.title_column) == place


def test_noindex_by_meta_or_header() -> None:
    for body, headers, noindex in (
        ("<meta name=robots content='noindex, follow'>", {}, True),
        ("<meta name=ROBOTS content=None>", {}, True),
        ("<meta name=robots content=index>", {"x-robots-tag": "noindex"}, True),
        ("x", {"x-robots-tag": "otherbot: noindex"}, False),
        ("x", {"x-robots-tag": "crawler: noindex"}, True),
        ("<!-- <meta name=robots content=noindex> -->", {}, False),
    ):
        assert facts_of(body, headers=headers).noindex is noindex
    assert facts_of("x", content_type="text/plain", headers={"x-robots-tag": "noindex"}).noindex


def test_scripts_that_are_run_are_counted() -> None:
    body = (
        "<script></script><script type=module></script><script type='text/JavaScript; x'></script>"
        "<script type=application/ld+json></script><script type=text/template></script>"
        "<script type=importmap></script><!-- <script></script> --><template><script></script></template>"
    )
    assert facts_of(body).scripts == 3


# -- hostile pages -----------------------------------------------------------------------------------

CHEAP = 8.0
"""Seconds of processor time, of which a busy machine takes little more: the worst takes about 1."""
MORE_HOSTILE = {
    "ids": b"".join(b"<p id=i%d>" % n for n in range(200_000)),
    "one id": b"<p id=a>" * 200_000,
    "images in images' place": b"<div aria-label=x>" * 400 + b"<img>" * 200_000,
    "hidden images": b"<div hidden>" * 400 + b"<img>" * 100_000,
    "links in links": b"<svg>" + b"<a href=x>t" * 100_000,
    "links in objects": b"<a href=x><object>" * 50_000,
    "forms": b"<form action=a><input type=password></form>" * 50_000,
    "fields of a table": b"<table><form action=a>" + b"<tr><td><input type=password>" * 50_000,
    "forms of tables": b"<table><form action=a>" * 50_000 + b"<input type=password>",
    "fields": b"<form action=a>" + b"<div><input type=password>" * 50_000,
    "styles": b"<style>a{b:url(x)}</style>\n" * 50_000,
    "style attributes": b"<p style='a:url(x)'>\n" * 50_000,
    "one style": b"<style>" + b"a{b:url(x)}\n" * 100_000,
    "one srcset": b"<img srcset='" + b"a 1x," * 200_000 + b"'>",
    "srcsets of one comma": b"<img srcset='" + b"," * 1_000_000 + b"'>",
    "tags of many lines": b"<a\n\n\n\nhref=x>" * 50_000,
    "a tag that is open": b"<a title='" + b"<a href=x>" * 200_000,
    "lines": b"\n" * 3_000_000 + b"<a\nhref=x>",
    "images": b"<img src=http://[>" * 100_000,
    "entities in a style": b"<p style='" + b"&amp;" * 200_000 + b"a:url(x)" * 1000 + b"'>",
    "references": b"<a href=x></a>" * 300_000,
    "shadow roots": b"<template shadowrootmode=open><p id=x>" * 50_000,
    "wrong bytes": b"\xff" * 1_000_000,
    "attributes of many": b"".join(b"<a " + b"a=1 " * 500 + b"href=x>" for _ in range(500)),
}


@pytest.mark.parametrize("name", [*HOSTILE, *MORE_HOSTILE])
def test_hostile_pages_are_cheap_to_note(name: str) -> None:
    body = (HOSTILE | MORE_HOSTILE)[name]
    start = time.process_time()
    finished = parse(body, SECURE, scope=Scope(frozenset(["https://site.test"])), asks_external=True)
    assert time.process_time() - start < CHEAP
    assert finished.outcome is Outcome.OK, decode(finished.record).message
    assert len(finished.facts) < 4 * len(body) + 1_000


def test_a_page_has_so_many_references() -> None:
    for body in (
        b"<a href=x></a>" * (MAX_REFERENCES + 1),
        b"<style>" + b"a{b:url(x)}" * (MAX_REFERENCES + 1),
    ):
        assert len(facts_of(body).references) == MAX_REFERENCES


def test_a_page_gets_so_many_marks_of_a_kind() -> None:
    facts = facts_of(b"<p id=a><img>" * 3_000)
    assert len(marks_of(facts, Odd.DUPLICATE_ID)) == MAX_MARKS
    assert len(marks_of(facts, Odd.NO_ALT)) == MAX_MARKS
    assert facts.marks == sorted(facts.marks, key=lambda mark: (mark.line, mark.column))


@pytest.mark.parametrize(
    "body",
    [b"<html>" + b"<a href='x'>" * 3_000 + b"</a>" * 3_000 + b"</html>", b"<html>" + b"<!--" * 200_000],
)
def test_hostile_xml_is_cheap_to_note(body: bytes) -> None:
    start = time.process_time()
    finished = parse(body, content_type="application/xhtml+xml")
    assert time.process_time() - start < CHEAP
    assert finished.outcome is Outcome.OK, decode(finished.record).message


NAMES = re.compile(
    r"href|xlink:href|src|srcset|imagesrcset|data|poster|action|content|url\(|@import|\"|'", re.IGNORECASE
)
BITS = st.sampled_from(
    [*WORDS, "<img ", "srcset=", "style='a:url(x)' ", "<style>@import 'x';</style>", "<a\n", "id=i ", "alt ",
     "<form action=", "type=password>", "<link rel=icon ", "\r\n", "\r", "&quot;", "xlink:href=", "<use "]
)  # fmt: skip


@given(st.lists(BITS, max_size=40).map("".join), st.sampled_from(MIMES))
@settings(derandomize=True, max_examples=400, deadline=None)
def test_whatever_the_markup_each_place_is_that_of_an_attribute(
    markup: str, content_type: str | None
) -> None:
    body = markup.encode("utf-8", "surrogatepass")
    finished = parse(body, content_type=content_type)
    assert finished.outcome is Outcome.OK, decode(finished.record).message
    facts = facts_of(body, content_type=content_type)
    charset = decode(finished.record).charset or "UTF-8"
    lines = re.split(r"\r\n?|\n", decode_text(body, charset))
    for one in facts.references:
        assert facts.targets[one.target].startswith(("http://", "https://"))
        if one.line:
            assert NAMES.match(lines[one.line - 1], one.column - 1), (one, lines[one.line - 1])
    for mark in facts.marks:
        assert mark.line == 0 or mark.column <= len(lines[mark.line - 1]) + 1


def test_a_style_sheet_that_is_linked_as_a_page_is_read_as_one_too() -> None:
    body = '@charset "windows-1252";\n@import "more.css"; a {background: url(\xe9.png)}'.encode("latin-1")
    found = references_of(facts_of(body, content_type="text/css; x=y"))
    assert found == [
        Found(Source.CSS_IMPORT, 2, 9, f"{SITE}/dir/more.css"),
        Found(Source.CSS_URL, 2, 36, f"{SITE}/dir/%C3%A9.png"),
    ]
    asked = {some.purpose: some.urls.decode().split() for some in parse(body, content_type="text/css").links}
    assert asked == {Purpose.STYLESHEET: [found[0].target], Purpose.ASSET: [found[1].target]}
    assert references_of(facts_of(body, content_type="text/plain")) == []
