"""What parse_html says about a page: title, links, base, charset, and what it asks of crawlers."""

import pytest

from crawler.parse.html import Document, parse_html

URL = "http://site.test/dir/page?q=1"


def parse(html: str, content_type: str | None = "text/html; charset=utf-8") -> Document:
    return parse_html(html.encode(), content_type, URL)


def links(html: str) -> list[str]:
    return [link.removeprefix("http://site.test") for link in parse(html).links]


def test_an_ordinary_page() -> None:
    page = parse(
        "<!doctype html><title> A \n title </title><link rel=canonical href=/c>"
        "<meta name=ROBOTS content='NoIndex, nofollow'><p>Text with <a href=x>a link</a>"
    )
    assert page.title == "A title"
    assert page.links == ["http://site.test/dir/x"]
    assert page.text == "Text with a link"
    assert page.charset == "UTF-8"
    assert page.canonical == "http://site.test/c"
    assert page.meta_robots == ("NoIndex, nofollow",)
    assert page.tree is None


def test_an_empty_body() -> None:
    page = parse_html(b"", None, URL)
    assert (page.title, page.links, page.text) == (None, [], "")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href=b><a href=a><a href=b#x>", ["/dir/b", "/dir/a"]),
        ("<a href=' x '><a href='\n/y\t'>", ["/dir/x", "/y"]),
        ("<a href='/a\n\tb'>", ["/ab"]),
        ("<a href=1 href=2>", ["/dir/1"]),
        ("<A HREF=UP>", ["/dir/UP"]),
        ("<a href='?a=1&amp;b=2&copy=3'>", ["/dir/page?a=1&b=2&copy=3"]),
        ("<a href='#top'>", ["/dir/page?q=1"]),
        ("<a href>", ["/dir/page?q=1"]),
        ("<a name=x><a>no", []),
        ("<a href='mailto:a@b'><a href='javascript:x'><a href='data:,x'><a href='http://'>", []),
        ("<map><area href=m></map><a href=n>", ["/dir/m", "/dir/n"]),
        ("<a href=n><iframe src=f></iframe><a href=o>", ["/dir/n", "/dir/f", "/dir/o"]),
        ("<frameset><frame src=l><frame src=r></frameset>", ["/dir/l", "/dir/r"]),
        ("<iframe src=''></iframe><iframe src=s srcdoc='x'></iframe><iframe href=h></iframe>", []),
        ("<img src=i><script src=s></script><link rel=stylesheet href=c><form action=f>", []),
        ("<a href=x src=y><iframe src=z href=w></iframe>", ["/dir/x", "/dir/z"]),
        ("<!-- <a href=x> --><script>'<a href=x>'</script><textarea><a href=x></textarea>", []),
        ("<noscript><a href=x></noscript>", ["/dir/x"]),
        ("<template><a href=x><template><a href=y></template></template><a href=z>", ["/dir/z"]),
        ("<div><template shadowrootmode=open><a href=x></template></div>", ["/dir/x"]),
        ("<table><a href=x>foster<tr><td><a href=y>", ["/dir/x", "/dir/y"]),
        ("<p><b><a href=x>mis</b>nested</a><a href=y", ["/dir/x"]),
        ("<svg><a href=s><text>s</text></a></svg>", ["/dir/s"]),
        ("<a href=//other.test/x>", ["http://other.test/x"]),
    ],
)
def test_links(html: str, expected: list[str]) -> None:
    assert links(html) == expected


@pytest.mark.parametrize(
    ("html", "base"),
    [
        ("<base href=/up/>", "http://site.test/up/"),
        ("<base href=/one/><base href=/two/>", "http://site.test/one/"),
        ("<base target=x><base href=/two/>", "http://site.test/two/"),
        ("<base href='http://'><base href=/two/>", URL),
        ("<base href='javascript:x'>", URL),
        ("<template><base href=/t/></template>", URL),
        ("<svg><base href=/s/></svg>", URL),
        ("<body><p><base href=//h.test/late/>", "http://h.test/late/"),
    ],
)
def test_base(html: str, base: str) -> None:
    page = parse(html + "<a href=x>")
    assert page.links == [base.rpartition("/")[0] + "/x"]


def test_links_before_the_base_are_relative_to_it_too() -> None:
    assert links("<a href=x></a><base href=/b/>") == ["/b/x"]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>a&amp;b</title>", "a&b"),
        ("<title><b>raw</b></title>", "<b>raw</b>"),
        ("<title>one</title><title>two</title>", "one"),
        ("<title></title><body><title>two</title>", ""),
        ("<svg><title>drawing</title></svg><title>page</title>", "page"),
        ("<template><title>t</title></template>", None),
        ("<p>none", None),
        ("<title>cut off", "cut off"),
    ],
)
def test_title(html: str, title: str | None) -> None:
    assert parse(html).title == title


def test_nofollow_is_a_property_of_the_url_that_all_its_links_share() -> None:
    page = parse("<a href=a rel='ugc NoFollow'><a href=b rel=nofollow><a href=b#x><a href=c rel=nofollower>")
    assert [link[-1] for link in page.links] == ["a", "b", "c"]
    assert page.nofollow_links == {"http://site.test/dir/a"}


def test_canonical_is_relative_to_the_base_and_http_only() -> None:
    assert parse("<base href=/b/><link rel='x CANONICAL' href='c#f'>").canonical == "http://site.test/b/c"
    assert parse("<link rel=canonical href='mailto:x'>").canonical is None
    assert (
        parse("<link rel=canonical href=''><link rel=canonical href=d>").canonical == "http://site.test/dir/d"
    )
    assert parse("<template><link rel=canonical href=c></template>").canonical is None


@pytest.mark.parametrize(
    ("body", "content_type", "charset", "text"),
    [
        (b"<p>\xc3\xa9", "text/html; charset=utf-8", "UTF-8", "é"),
        (b"<p>\xe9", "text/html; charset=ISO-8859-1", "windows-1252", "é"),
        (b"<meta charset=koi8-r><p>\xc1", None, "KOI8-R", "а"),
        (b"<meta charset=koi8-r><p>\xe9", "text/html; charset=latin1", "windows-1252", "é"),
        (b"\xef\xbb\xbf<p>\xc3\xa9", "text/html; charset=koi8-r", "UTF-8", "é"),
        (b"\xff\xfe<\0p\0>\0\xe9\0", None, "UTF-16LE", "é"),
        (b"\x83A", "text/html; charset=sjis", "Shift_JIS", "ア"),
        (b"<p>\xff\xc3", "text/html; charset=utf-8", "UTF-8", "\ufffd\ufffd"),
    ],
)
def test_charset(body: bytes, content_type: str | None, charset: str, text: str) -> None:
    page = parse_html(body, content_type, URL)
    assert (page.charset, page.text) == (charset, text)


SHY = b"<!--" + b" " * 2_000 + b"-->"


@pytest.mark.parametrize(
    ("declaration", "content_type", "charset"),
    [
        (b"<meta charset=koi8-r>", None, "KOI8-R"),
        (b"<meta http-equiv=Content-Type content='text/html; charset= koi8-r'>", None, "KOI8-R"),
        (b"<meta charset=nonsense><meta charset=koi8-r>", None, "KOI8-R"),
        (b"<meta charset=utf-16>", None, "UTF-8"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=\'utf-8">', None, "windows-1252"),
        (b"<meta http-equiv=Content-Type content='charset charset=koi8-r'>", None, "KOI8-R"),
        (b"<meta charset='\xa0koi8-r'>", None, "windows-1252"),
        (b"<meta charset=nonsense http-equiv=content-type content='charset=koi8-r'>", None, "KOI8-R"),
        (b"<meta charset=koi8-r>", "text/html; charset=latin1", "windows-1252"),
        (b"<meta name=x><meta http-equiv=refresh content='charset=koi8-r'>", None, "windows-1252"),
    ],
)
def test_an_encoding_declared_late_still_counts(
    declaration: bytes, content_type: str | None, charset: str
) -> None:
    page = parse_html(SHY + declaration + b"<title>\xc1</title>", content_type, URL)
    assert page.charset == charset
    assert page.title == {"KOI8-R": "а", "UTF-8": "\ufffd", "windows-1252": "Á"}[charset]


@pytest.mark.parametrize(
    ("charset", "href", "expected"),
    [
        ("utf-8", "é?é#é", "%C3%A9?%C3%A9"),
        ("windows-1252", "é?é&x=1#é", "%C3%A9?%E9&x=1"),
        ("koi8-r", "?я=é", "page?%D1=%26%23233%3B"),
        ("shift_jis", "?a=ア\"'", "page?a=%83A%22%27"),
        ("windows-1252", "a#?é", "a"),
    ],
)
def test_queries_are_sent_in_the_page_s_own_encoding(charset: str, href: str, expected: str) -> None:
    body = f"<a href='{href.replace(chr(39), '&apos;')}'>".encode(charset, "xmlcharrefreplace")
    page = parse_html(body, f"text/html; charset={charset}", URL)
    assert page.links == [f"http://site.test/dir/{expected}"]


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        ('{"é": "<a href=x>"}'.encode(), "application/json", "UTF-8"),
        ('{"é": 1}'.encode(), "application/ld+json; profile=x", "UTF-8"),
        ("naïve <a href=x>\n  text".encode(), "text/plain", "UTF-8"),
        ("naïve".encode("latin-1"), "text/plain", "windows-1252"),
        ("naïve".encode("koi8-r", "replace"), "text/plain; charset=koi8-r", "KOI8-R"),
        ("<feed><title>é</title><a href='x'/></feed>".encode(), "application/atom+xml", "UTF-8"),
        ("<?xml version='1.0' encoding='latin1'?><r>é</r>".encode("latin-1"), "text/xml", "windows-1252"),
        ("cut éé".encode()[:-1], "text/css", "UTF-8"),
    ],
)
def test_what_is_no_html_is_its_own_text(body: bytes, content_type: str, charset: str) -> None:
    page = parse_html(body, content_type, URL)
    assert page.charset == charset
    python_name = "cp1252" if charset == "windows-1252" else charset
    assert page.text == body.decode(python_name, "replace")
    assert (page.title, page.links) == (None, [])


def test_what_is_no_text_has_none() -> None:
    page = parse_html(b"\x89PNG<a href=x>", "image/png", URL)
    assert (page.charset, page.text, page.links) == (None, "", [])


@pytest.mark.parametrize("content_type", [None, "", "nonsense", "TEXT/HTML"])
def test_without_a_usable_content_type_it_is_html(content_type: str | None) -> None:
    assert parse_html(b"<title>t</title>", content_type, URL).title == "t"


XHTML = (
    "<?xml version='1.0'?><!-- x --><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'><head>"
    "<script src='s'/><title>t</title></head><body><a href='x?a&amp;b'>l</a>%s</body></html>"
)


@pytest.mark.parametrize(
    "content_type", ["application/xhtml+xml", "application/xml", "text/xml; charset=utf-8"]
)
@pytest.mark.parametrize("rest", ["", "<p/>"])
def test_xhtml_is_read_by_the_rules_of_xml(content_type: str, rest: str) -> None:
    page = parse_html((XHTML % rest).encode(), content_type, URL)
    assert page.title == "t"
    assert page.links == ["http://site.test/dir/x?a&b"]
    assert page.text == "l"


def test_damaged_xhtml_is_read_as_html() -> None:
    body = "<html xmlns='http://www.w3.org/1999/xhtml'><title>t</title><p>a&nbsp;b<br><a href=x>"
    page = parse_html(body.encode(), "application/xhtml+xml", URL)
    assert (page.title, page.text, page.links) == ("t", "a b", ["http://site.test/dir/x"])


def test_the_tree_is_whole_when_it_is_kept() -> None:
    html = "<head><script>s</script></head><template><i>t</i></template><p hidden>a<b>c</b></p>"
    page = parse_html(html.encode(), None, URL, keep_tree=True)
    assert page.text == ""
    assert page.tree is not None
    assert [element.text for element in page.tree.select("script, i, p, b")] == ["s", "t", "ac", "c"]


# -- where else a page leads -------------------------------------------------------------------------

SVG_LINK = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def links_of(body: str, content_type: str = "text/html; charset=utf-8", **more: str) -> list[str]:
    links = parse_html(body.encode(), content_type, URL, **more).links  # type: ignore[arg-type]
    return [link.removeprefix("http://site.test") for link in links]


def test_links_that_are_drawn_are_links() -> None:
    drawn = '<svg><a xlink:href="/x">x</a><a href=/y xlink:href=/no>y</a><use xlink:href="/no"/></svg>'
    assert links_of(f"<a href=/1>1</a>{drawn}<a href=/2>2</a><a xlink:href=/no>no</a>") == [
        "/1",
        "/x",
        "/y",
        "/2",
    ]
    assert links_of(f"<area href=/1>{drawn}<iframe src=/2></iframe>") == ["/1", "/x", "/y", "/2"]
    page = parse_html(b"<svg><a xlink:href=/x rel=nofollow>x</a></svg>", "text/html", URL)
    assert (page.links, page.nofollow_links) == (["http://site.test/x"], {"http://site.test/x"})


@pytest.mark.parametrize(
    "media", ["image/svg+xml", "image/svg+xml; charset=utf-8", "text/xml", "application/xml"]
)
@pytest.mark.parametrize("before", ["", "<?xml version='1.0'?>\n<!-- x -->", "<!DOCTYPE svg PUBLIC 'x' 'y'>"])
def test_a_picture_that_is_markup_has_links_and_a_title(media: str, before: str) -> None:
    inside = (
        "<g><title>tip</title></g><title>A  map</title><a xlink:href='x'><text>to x</text></a><a href='/y'/>"
    )
    page = parse_html((before + SVG_LINK.format(inside)).encode(), media, URL)
    assert page.links == ["http://site.test/dir/x", "http://site.test/y"]
    assert (page.title, page.text, page.charset) == ("A map", "to x", "UTF-8")


def test_prefixes_of_a_picture_s_elements_make_no_difference() -> None:
    body = SVG_LINK.replace("svg ", "s:svg ").replace("/svg>", "/s:svg>").replace("xmlns=", "xmlns:s=")
    assert links_of(body.format("<s:a xlink:href='/x'/>"), "image/svg+xml") == ["/x"]


def test_a_picture_that_is_not_well_formed_is_read_as_html_would_be() -> None:
    assert links_of(SVG_LINK.format("<a xlink:href=/x>"), "image/svg+xml") == ["/x"]
    defined = "<!DOCTYPE svg [<!ENTITY ns 'x'>]>" + SVG_LINK.format("<a xlink:href='/x'/>")
    assert links_of(defined, "image/svg+xml") == ["/x"]


def test_xhtml_may_hold_a_picture() -> None:
    inside = SVG_LINK.format("<a xlink:href='/x'/>")
    assert links_of(f"<html><body><a href='/1'/>{inside}</body></html>", "application/xhtml+xml") == [
        "/1",
        "/x",
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<meta http-equiv=refresh content="0;url=/real">', ["/real", "/1"]),
        ('<META HTTP-EQUIV="Refresh" CONTENT="5; URL=\'real\'">', ["/dir/real", "/1"]),
        ("<meta http-equiv=refresh content='0,/x'><meta http-equiv=refresh content='0,/no'>", ["/x", "/1"]),
        ("<meta http-equiv=refresh content=no><meta http-equiv=refresh content='0,/x'>", ["/x", "/1"]),
        ("<noscript><meta http-equiv=refresh content='0,/x'></noscript>", ["/x", "/1"]),
        ("<base href=/b/><meta http-equiv=refresh content='0,x'>", ["/b/x", "/1"]),
        ("<meta http-equiv=refresh content='60'>", ["/1"]),
        ("<meta http-equiv=refresh content='0;url=javascript:x'>", ["/1"]),
        ("<meta name=refresh content='0,/x'>", ["/1"]),
        ("<template><meta http-equiv=refresh content='0,/x'></template>", ["/1"]),
        ("<!-- <meta http-equiv=refresh content='0,/x'> -->", ["/1"]),
    ],
)
def test_where_a_page_sends_its_reader_is_a_link(head: str, expected: list[str]) -> None:
    assert links_of(f"{head}<a href=/1>1</a>") == expected
    assert links_of(f"{head}<a href=/1>1</a><a href=/1 rel=nofollow>") == expected


def test_the_header_may_send_the_reader_too_and_comes_first() -> None:
    body = "<meta http-equiv=refresh content='0,/no'><a href=/1>1</a>"
    assert links_of(body, refresh="3; url=/real") == ["/real", "/1"]
    assert links_of(body, refresh="nonsense") == ["/no", "/1"]
    assert links_of("words", "text/plain", refresh="0;url=real") == ["/dir/real"]
    assert links_of("words", "text/plain", refresh="10") == []


def test_every_address_of_a_page_is_written_in_its_encoding() -> None:
    body = '<base href="/?я"><link rel=canonical href="?ю"><meta http-equiv=refresh content="0;url=?э">'
    body += "<a href>x"
    page = parse_html(body.encode("koi8-r"), "text/html; charset=koi8-r", URL, refresh="nonsense")
    assert page.canonical == "http://site.test/?%C0"
    assert page.links == ["http://site.test/?%DC", "http://site.test/?%D1"]


def test_python_s_codecs_are_not_the_standard_s() -> None:
    for charset, body, query in (
        ("windows-874", b"\xa1", "%A1"),
        ("shift_jis", b"\x87@", "%87@"),
        ("iso-8859-8-i", b"\xe0", "%E0"),
        ("big5", b"\xf9\xf9", "%F9%F9"),
        ("x-mac-cyrillic", b"\x80", "%80"),
        ("koi8-u", b"\xae", "%AE"),
        ("x-user-defined", b"\x80", "%80"),
    ):
        page = parse_html(b"<a href='?q=" + body + b"'>", f"text/html; charset={charset}", URL)
        assert page.links == [f"http://site.test/dir/page?q={query}"]
