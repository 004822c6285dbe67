"""What sitemaps name, in every form; and those that are damaged, endless or hostile."""

import gzip
import time
import tracemalloc

import pytest

from crawler.model.outcomes import Kind
from crawler.parse.sitemap import MAX_MEMBERS, MAX_URLS, Sitemap, read_sitemap
from crawler.parse.sitemap_xml import MAX_LETTERS, MAX_NESTED

URL = "http://site.test/maps/sitemap.xml"
MIB = 1024 * 1024
URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def read(body: bytes | str, content_type: str | None = "application/xml", most: int = 50 * MIB) -> Sitemap:
    return read_sitemap(body if isinstance(body, bytes) else body.encode(), content_type, URL, most)


def pages(body: bytes | str, content_type: str | None = "application/xml") -> list[str]:
    found = read(body, content_type)
    assert (found.kind, found.message) == (None, None)
    assert not found.sitemaps
    return list(found.pages)


def urlset(*locs: str) -> str:
    return URLSET + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + "</urlset>"


# -- forms -----------------------------------------------------------------------------------------


def test_a_urlset_in_its_order_each_once_and_nothing_but_its_locs() -> None:
    assert pages(
        f"""<?xml version="1.0" encoding="UTF-8"?>
        <!-- made by hand --><?xml-stylesheet href="http://site.test/style.xsl"?>
        {URLSET.replace(">", ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">')}
        <url><loc>
            http://site.test/a?x=1&amp;y=2#part
        </loc><lastmod>2020-01-01</lastmod><priority>0.5</priority>
        <image:image><image:loc>http://site.test/picture.png</image:loc></image:image></url>
        <url><loc><![CDATA[http://site.test/b]]></loc></url>
        <url><loc>/c</loc></url><url><loc>d</loc></url><url><loc/></url>
        <url><loc>http://site.test/a?x=1&amp;y=2</loc></url>
        <url><loc>mailto:x@site.test</loc></url><loc>/not-in-a-url</loc>
        <link>/no-feed</link></urlset>"""
    ) == [
        "http://site.test/a?x=1&y=2",
        "http://site.test/b",
        "http://site.test/c",
        "http://site.test/maps/d",
    ]


def test_without_a_namespace_or_with_a_prefix() -> None:
    assert pages("<urlset><url><loc>/a</loc></url></urlset>") == ["http://site.test/a"]
    prefixed = (
        '<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>/a</s:loc></s:url>'
    )
    assert pages(prefixed + "</s:urlset>") == ["http://site.test/a"]


def test_an_index_names_sitemaps() -> None:
    found = read(
        "<sitemapindex><sitemap><loc>/one.xml</loc></sitemap><sitemap><loc>/two.xml.gz</loc></sitemap>"
        "<url><loc>/page</loc></url></sitemapindex>"
    )
    assert list(found.sitemaps) == ["http://site.test/one.xml", "http://site.test/two.xml.gz"]
    assert not found.pages
    assert found.kind is None


def test_rss_by_link_else_by_a_permanent_guid() -> None:
    assert pages(
        """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
        "http://my.netscape.com/publish/formats/rss-0.91.dtd">
        <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>http://site.test/</link>
        <atom:link href="http://site.test/feed" rel="self"/>
        <item><title>a</title><link>http://site.test/a</link><guid>http://site.test/guid-of-a</guid></item>
        <item><guid>http://site.test/b</guid></item>
        <item><guid isPermaLink="false">http://site.test/no</guid></item>
        <item><guid isPermaLink="true">http://site.test/c</guid><link/></item>
        <item><atom:link href="http://site.test/x"/><link>/d</link></item></channel></rss>""",
        "application/rss+xml",
    ) == [f"http://site.test/{name}" for name in "abcd"]


def test_rss_1_has_its_items_beside_the_channel() -> None:
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><link>/</link></channel><item><link>/a</link></item></rdf:RDF>"
    )
    assert pages(rdf) == ["http://site.test/a"]


def test_atom_by_its_alternate_links() -> None:
    assert pages(
        """<feed xmlns="http://www.w3.org/2005/Atom"><link href="/home"/><link rel="self" href="/feed"/>
        <entry><link href="/a"/><link rel="edit" href="/no"/><link rel="enclosure" href="/sound.mp3"/></entry>
        <entry><link rel="alternate" type="text/html" href="/b"/><content type="xhtml"><div>
        <a href="/no">x</a></div></content></entry></feed>""",
        "application/atom+xml",
    ) == ["http://site.test/a", "http://site.test/b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text_with_one_absolute_url_on_each_line(end: str) -> None:
    text = end.join(
        ["\ufeffhttp://site.test/a", " HTTPS://site.test/b ", "", "nothing", "/c", "http://site.test/d"]
    )
    assert pages(text, "text/plain") == [
        "http://site.test/a",
        "https://site.test/b",
        "http://site.test/d",
    ]


def test_nothing_at_all_is_an_empty_sitemap() -> None:
    assert pages("") == pages(" \n ") == pages(gzip.compress(b"")) == []


@pytest.mark.parametrize("media", ["application/gzip", "application/octet-stream", "application/xml", None])
def test_a_gzip_file_whatever_it_is_called(media: str | None) -> None:
    parts = urlset("/a", "/b").encode()
    packed = gzip.compress(parts[:60]) + gzip.compress(parts[60:]) + b"\0" * 100
    assert pages(packed, media) == ["http://site.test/a", "http://site.test/b"]


# -- encodings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media", "charset"),
    [
        (b"\xef\xbb\xbf" + urlset("/ä").encode(), "application/xml", "UTF-8"),
        (("\ufeff" + urlset("/ä")).encode("utf-16-le"), "application/xml", "UTF-16LE"),
        (("\ufeff" + urlset("/ä")).encode("utf-16-be"), "text/plain", "UTF-16BE"),
        (
            b"<?xml version='1.0' encoding='ISO-8859-1'?>" + urlset("/ä").encode("latin-1"),
            None,
            "windows-1252",
        ),
        (urlset("/ä").encode("latin-1"), "application/xml; charset=latin1", "windows-1252"),
        (
            ("<?xml version='1.0' encoding='Shift_JIS'?>" + urlset("/灯")).encode("shift_jis"),
            None,
            "Shift_JIS",
        ),
        # The header has the last word (RFC 7303 section 3.2), and a label that is none counts for nothing.
        (
            b"<?xml version='1.0' encoding='KOI8-R'?>" + urlset("/ä").encode(),
            "text/xml; charset=utf-8",
            "UTF-8",
        ),
        (b"<?xml version='1.0' encoding='UTF-16'?>" + urlset("/ä").encode(), None, "UTF-8"),
        (b"<?xml version='1.0' encoding='no-such'?>" + urlset("/ä").encode(), None, "UTF-8"),
    ],
)
def test_every_encoding(body: bytes, media: str | None, charset: str) -> None:
    found = read(body, media)
    assert (found.kind, found.charset) == (None, charset)
    assert list(found.pages) == [
        "http://site.test/%E7%81%AF" if charset == "Shift_JIS" else "http://site.test/%C3%A4"
    ]


def test_wrong_bytes_cost_their_url_alone() -> None:
    body = urlset("/a", "/b!", "/c").encode().replace(b"!", b"\xff")
    found = read(body)
    assert list(found.pages) == ["http://site.test/a", "http://site.test/b%EF%BF%BD", "http://site.test/c"]
    assert (found.kind, found.message) == (None, "the sitemap holds bytes that are no UTF-8")


def test_a_character_cut_by_a_piece_s_end_is_whole() -> None:
    for start in range(4):
        body = f"{URLSET}<!--{'x' * start}{'灯' * 100_000}--><url><loc>/灯</loc></url></urlset>"
        assert pages(body) == ["http://site.test/%E7%81%AF"]


# -- damaged and hostile ---------------------------------------------------------------------------

LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'http://site.test/lol'}'>" for n in range(10))
HOSTILE = {
    "billion laughs": f"<!DOCTYPE urlset [{LAUGHS}]>" + urlset("&l9;"),
    "quadratic": f"<!DOCTYPE urlset [<!ENTITY a '{'x' * 100_000}'>]>" + urlset("&a;" * 10_000),
    "external entity": "<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + urlset("http://h/&x;"),
    "entity elsewhere": "<!DOCTYPE urlset [<!ENTITY x SYSTEM 'http://10.0.0.1/'>]>" + urlset("http://h/&x;"),
    "parameter entity": "<!DOCTYPE urlset [<!ENTITY % x SYSTEM 'http://10.0.0.1/x.dtd'> %x;]>" + urlset("/a"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("packed", [False, True])
def test_entities_are_refused_and_never_expanded(body: str, packed: bool) -> None:
    tracemalloc.start()
    began = time.process_time()
    found = read(gzip.compress(body.encode()) if packed else body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.kind is Kind.ENCODING
    assert str(found.message).startswith("the sitemap cannot be read: it defines entities, which no sitemap")
    assert not found.pages
    assert time.process_time() - began < 5  # what is refused takes a moment of this
    assert peak < 10 * MIB


def test_a_document_type_elsewhere_is_not_fetched_and_its_entities_are_not_known() -> None:
    body = "<!DOCTYPE urlset SYSTEM 'http://10.0.0.1/x.dtd'>" + urlset("/a", "/b&x;", "/c")
    assert pages(body) == ["http://site.test/a", "http://site.test/b", "http://site.test/c"]


def test_deep_nesting_is_refused() -> None:
    found = read(URLSET + "<url><loc>/a</loc></url>" + "<x>" * 1_000_000)
    assert (found.kind, list(found.pages)) == (Kind.ENCODING, ["http://site.test/a"])
    assert f"more than {MAX_NESTED} elements are nested" in str(found.message)


@pytest.mark.parametrize(
    "body",
    [
        urlset("/a")[:-9],
        urlset("/a")[:-9] + "<url><loc>/cut-o",
        urlset("/a")[:-9] + "<url><loc>/cut-o</loc",
        urlset("/a")[:-9] + "<!-- </urlset>",
        urlset("/a")[:-9] + "<![CDATA[</urlset>",
    ],
)
def test_what_stands_before_the_end_of_one_that_was_cut_off_counts(body: str) -> None:
    found = read(body)
    assert (found.kind, list(found.pages)) == (Kind.ENCODING, ["http://site.test/a"])
    assert str(found.message).startswith("the sitemap cannot be read: it is not well-formed XML (")


DAMAGED = {
    "text in front": "Warning: x is not set in <b>y.php</b>\n<?xml version='1.0'?>"
    + urlset("/a", "/b", "/c"),
    "markup in front": "<br />\n<b>Notice</b>: x " + urlset("/a", "/b", "/c"),
    "raw ampersand": urlset("/a", "/b?x&y&copy=1&amp;z", "/c"),
    "raw ampersand at an end": urlset("/a", "/b?x&", "/c"),
    "raw less-than": urlset("/a", "/b?x< y<3", "/c"),
    "undeclared prefix": urlset("/a", "/b", "/c").replace("</url>", "<image:image/></url>"),
    "undeclared prefix of an attribute": urlset("/a", "/b", "/c").replace("<url>", "<url xlink:x='1'>"),
    "undefined entity": urlset("/a", "/b&nbsp;", "/c"),
    "undefined entity elsewhere": urlset("/a", "/b", "/c").replace("</loc>", "</loc>&hellip;"),
    "control character": urlset("/a", "/\x0bb\0", "/c"),
    "impossible reference": urlset("/a", "/b&#0;&#xFFFFFF;", "/c"),
    "URL that is not closed": urlset("/a", "/b", "/c").replace("b</loc>", "b"),
    "URL that is not closed before a date": urlset("/a", "/b", "/c").replace(
        "b</loc>", "b<lastmod>1</lastmod>"
    ),
    "entry that is not closed": urlset("/a", "/b", "/c").replace("b</loc></url>", "b</loc>"),
    "end that was not begun": urlset("/a", "/b", "/c").replace("b</loc>", "b</p></loc>"),
    "names in other cases": urlset("/a", "/b", "/c").replace("b</loc>", "b</LOC>"),
    "no quotes": urlset("/a", "/b", "/c").replace("<url>", "<url id=1 x>"),
    "attribute twice": urlset("/a", "/b", "/c").replace("<url>", "<url a='1' a='>'>"),
    "two in one": urlset("/a", "/b") + urlset("/c"),
    "junk behind it": urlset("/a", "/b", "/c") + "</html><p>x<url><loc>/d</loc></url>",
    "comment with dashes": urlset("/a", "/b", "/c").replace("<url>", "<url><!-- <loc>/d</loc> -- x -->"),
    "CDATA that holds markup": urlset("/a", "/<![CDATA[b]]>&", "/c").replace(
        "<loc>/c", "<![CDATA[<loc>]]><loc>/c"
    ),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_behind_the_damage_counts_too(body: str, packed: bool) -> None:
    found = read(gzip.compress(body.encode()) if packed else body)
    assert found.kind is None
    assert str(found.message).startswith("the sitemap is damaged, and was read all the same: ")
    first, second, last = found.pages
    assert (first, last) == ("http://site.test/a", "http://site.test/c")
    assert second.startswith("http://site.test/b")


def test_a_raw_ampersand_stays_what_it_is() -> None:
    found = read(urlset("/b?x&y&copy=1&amp;z&#38;&nbsp;"))
    assert list(found.pages) == ["http://site.test/b?x&y&copy=1&z&&nbsp;"]


def test_every_form_may_be_damaged() -> None:
    rss = "<rss><channel><title>A & B</title><item><link>/a</link></item><item><guid>/b</guid></item>"
    rss += "<item><guid isPermaLink='false'>/c</guid></item></channel></rss>"
    assert list(read(rss).pages) == ["http://site.test/a", "http://site.test/b"]
    atom = "<feed><title>A & B</title><entry><link href='/a?x&y' /></entry><entry><link rel=self href='/b'/>"
    atom += '</entry><entry><link rel="alternate" href="/c"/></entry></feed>'
    assert list(read(atom).pages) == ["http://site.test/a?x&y", "http://site.test/c"]
    index = read("<sitemapindex>&<sitemap><loc>/a</loc></sitemap></sitemapindex>")
    assert (list(index.sitemaps), index.kind) == (["http://site.test/a"], None)


def test_damage_opens_no_way_round_the_limits() -> None:
    damage = urlset("/a", "/&")[:-9]
    entities = read(f"<!DOCTYPE urlset [&<!ENTITY a 'x'>]>{urlset('&a;')}")
    assert (entities.kind, list(entities.pages)) == (Kind.ENCODING, [])
    nested = read(damage + "<x>" * 1_000)
    assert (nested.kind, f"more than {MAX_NESTED}" in str(nested.message)) == (Kind.ENCODING, True)
    many = read(damage + "".join(f"<url><loc>/{n}</loc></url>" for n in range(MAX_URLS + 9)) + "</urlset>")
    assert (many.kind, len(many.pages)) == (Kind.TOO_LARGE, MAX_URLS)
    other = read("&<html><a href='/a'>")
    assert (other.kind, list(other.pages)) == (Kind.CONTENT_TYPE, [])
    other = read("<a & b><url><loc>/a</loc></url></a>")
    assert (other.kind, list(other.pages)) == (Kind.CONTENT_TYPE, [])


@pytest.mark.parametrize(
    "what", ["<", "<a", "<a ", "<!--", "<a x='", "&", "<a b", "</a", "<![CDATA[", "a" * 99 + "<"]
)
def test_damage_takes_no_longer_than_it_is_long(what: str) -> None:
    body = URLSET + "<url>&<loc>/a</loc></url>" + what * (2 * MIB // len(what))
    began = time.process_time()
    assert list(read(body).pages) == ["http://site.test/a"]
    assert time.process_time() - began < 10


def test_a_gzip_file_that_was_cut_off_or_is_damaged() -> None:
    whole = gzip.compress(urlset(*(f"/{n * 7919 % 10_007}" for n in range(10_000))).encode())
    found = read(whole[:-20])
    assert (found.kind, found.message) == (
        Kind.ENCODING,
        "the sitemap cannot be read: the gzip file was cut off",
    )
    assert len(found.pages) > 9_000
    damaged = read(whole[:-8] + b"\0" * 8)
    assert damaged.kind is Kind.ENCODING
    assert "not a valid gzip file" in str(damaged.message)
    assert read(b"\x1f\x8b").kind is read(b"\x1f\x8b" + b"x" * 99).kind is Kind.ENCODING


def test_a_gzip_file_in_a_gzip_file_is_refused() -> None:
    found = read(gzip.compress(gzip.compress(urlset("/a").encode())))
    assert (found.kind, found.message) == (
        Kind.ENCODING,
        "the sitemap cannot be read: it is a gzip file in a gzip file",
    )


def test_a_gzip_bomb_is_unpacked_no_further_than_its_limit() -> None:
    bomb = gzip.compress(f"{URLSET}<url><loc>/a</loc></url>".encode() + b" " * 100 * MIB, 9)
    tracemalloc.start()
    found = read(bomb, most=4 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.kind, list(found.pages)) == (Kind.TOO_LARGE, ["http://site.test/a"])
    assert found.message == f"only the first {4 * MIB} bytes of the sitemap were read"
    assert peak < 4 * MIB
    members = read(gzip.compress(b" ") * (MAX_MEMBERS + 1))
    assert (members.kind, "parts" in str(members.message)) == (Kind.ENCODING, True)


@pytest.mark.parametrize("form", ["xml", "text"])
def test_more_urls_than_a_sitemap_may_name_are_cut(form: str) -> None:
    locs = [f"http://site.test/{number}" for number in range(MAX_URLS + 10)]
    found = read(urlset(*locs) if form == "xml" else "\n".join(locs))
    assert (found.kind, list(found.pages)) == (Kind.TOO_LARGE, locs[:MAX_URLS])
    assert found.message == f"only the first {MAX_URLS} URLs of the sitemap were taken"
    assert read("\n".join(locs[:MAX_URLS] * 2)).kind is None


def test_a_url_that_is_too_long_is_left_out() -> None:
    long, longest = f"http://site.test/{'x' * MAX_LETTERS}", "http://site.test/".ljust(MAX_LETTERS, "y")
    for body in (
        urlset(long, longest, "  " * MIB + "/a"),
        f"{long}\n{longest}\nhttp://site.test/a",
        f"{'x' * MIB}\n{longest}\nhttp://site.test/a",
    ):
        assert pages(body) == [longest, "http://site.test/a"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<!doctype html><title>Not here</title>", "it is an HTML page"),
        ("<HTML lang=en><p>Not here", "it is an HTML page"),
        ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "its root element is <html>"),
        ("<svg><a href='/x'/></svg>", "its root element is <svg>"),
        ("Not found.", "it is text without URLs"),
        ('{"urls": ["http://site.test/a"]}', "it is text without URLs"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "it is text without URLs"),
    ],
)
def test_what_is_no_sitemap_is_called_so(body: bytes | str, why: str) -> None:
    found = read(body)
    assert (found.kind, found.message) == (Kind.CONTENT_TYPE, f"this is not a sitemap: {why}")
    assert not found.pages
