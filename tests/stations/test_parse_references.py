"""Every kind of reference with its exact place, and what is none."""

import pytest

from crawler.model.facts import Mark, Odd
from crawler.model.sources import Source
from tests.stations.noted import SITE, URL, Found, facts_of, marks_of, references_of

DIR = f"{SITE}/dir"

ONE_EACH = [
    ("<a href=x>t</a>", Source.A, 4, "t"),
    ("<a\thref=x>t</a>", Source.A, 4, "t"),
    ('<a title="href=y" class=c HREF = "x">t</a>', Source.A, 27, "t"),
    ("<a data-href=y href=x>t</a>", Source.A, 16, "t"),
    ("<svg><a xlink:href=x>t</a></svg>", Source.A, 9, "t"),
    ("<svg><a href=x xlink:href=y>t</a></svg>", Source.A, 9, "t"),
    ("<map><area href=x alt=t></map>", Source.AREA, 12, "t"),
    ("<iframe title=t src=x></iframe>", Source.IFRAME, 17, ""),
    ("<meta http-equiv=Refresh content='5; URL=x'>", Source.REFRESH, 26, ""),
    ("<link rel=StyleSheet href=x>", Source.STYLESHEET, 22, ""),
    ("<link rel='alternate stylesheet' href=x>", Source.STYLESHEET, 34, ""),
    ("<link rel='shortcut icon' href=x>", Source.ICON, 27, ""),
    ("<link rel=apple-touch-icon href=x>", Source.ICON, 28, ""),
    ("<link rel=manifest href=x>", Source.MANIFEST, 20, ""),
    ("<link rel=preload as=font href=x>", Source.PRELOAD, 27, ""),
    ("<link rel=modulepreload href=x>", Source.PRELOAD, 25, ""),
    ("<link rel=prefetch href=x>", Source.PRELOAD, 20, ""),
    ("<link rel=alternate hreflang=de href=x>", Source.ALTERNATE, 33, ""),
    ("<link rel=next href=x>", Source.NEXT, 16, ""),
    ("<link rel=prev href=x>", Source.PREV, 16, ""),
    ("<link rel=author href=x>", Source.LINK, 18, ""),
    ("<link rev=made href=x>", Source.LINK, 16, ""),
    ("<link rel=Canonical href=x>", Source.CANONICAL, 21, ""),
    ("<img src=x alt=t>", Source.IMG, 6, "t"),
    ("<image src=x alt=t>", Source.IMG, 8, "t"),
    ("<img alt srcset='x 2x'>", Source.SRCSET, 10, ""),
    ("<picture><source srcset=x></picture>", Source.SRCSET, 18, ""),
    ("<link rel=preload as=image imagesrcset='x 1x'>", Source.SRCSET, 28, ""),
    ("<video><source src=x></video>", Source.SOURCE, 16, ""),
    ("<video controls src=x></video>", Source.VIDEO, 17, ""),
    ("<video poster=x></video>", Source.POSTER, 8, ""),
    ("<audio src=x></audio>", Source.AUDIO, 8, ""),
    ("<video><track src=x></video>", Source.TRACK, 15, ""),
    ("<script async src=x></script>", Source.SCRIPT, 15, ""),
    ("<svg><script href=x></script></svg>", Source.SCRIPT, 14, ""),
    ("<embed src=x>", Source.EMBED, 8, ""),
    ("<object data=x></object>", Source.OBJECT, 9, ""),
    ("<input type=Image src=x alt=t>", Source.INPUT, 19, "t"),
    ("<form action=x></form>", Source.FORM, 7, ""),
    ("<form method=Get action=x></form>", Source.FORM, 18, ""),
    ("<svg><use href=x /></svg>", Source.USE, 11, ""),
    ("<svg><use xlink:href=x /></svg>", Source.USE, 11, ""),
    ("<svg><image xlink:href=x /></svg>", Source.USE, 13, ""),
    ("<meta property=og:image content=x>", Source.OG_IMAGE, 25, ""),
    ("<meta name=OG:image:url content=x>", Source.OG_IMAGE, 25, ""),
    ("<meta property=og:url content=x>", Source.OG_URL, 23, ""),
    ("<style>b { background: url(x) }</style>", Source.CSS_URL, 24, ""),
    ("<style>b { background: url( 'x' ) }</style>", Source.CSS_URL, 24, ""),
    ("<style media=print>@import 'x';</style>", Source.CSS_IMPORT, 28, ""),
    ("<style>@import url(x);</style>", Source.CSS_IMPORT, 16, ""),
    ("<p style='background: url(x)'>", Source.CSS_URL, 23, ""),
    ('<p style="content: &quot;&quot;; background: url(x)">', Source.CSS_URL, 46, ""),
    ("<noscript><img alt src=x></noscript>", Source.IMG, 20, ""),
    ("<div><template shadowrootmode=open><a href=x>t</a></template></div>", Source.A, 39, "t"),
]


@pytest.mark.parametrize(("markup", "source", "column", "text"), ONE_EACH)
def test_each_kind_with_its_place(markup: str, source: Source, column: int, text: str) -> None:
    for before, line in (("", 1), ("<!DOCTYPE html>\n\r\n<title>é\U0001f600</title>\r", 4), ("é\n", 2)):
        facts = facts_of(before + markup)
        assert references_of(facts) == [Found(source, line, column, f"{DIR}/x", None, text)]
        assert not marks_of(facts, Odd.MALFORMED_URL, Odd.EMPTY_HREF)


def test_the_column_counts_characters_in_front_of_it() -> None:
    assert references_of(facts_of("ä€\U0001f600<a href=x>")) == [Found(Source.A, 1, 7, f"{DIR}/x")]
    with_mark = b"\xef\xbb\xbf<a href=x>"
    assert references_of(facts_of(with_mark)) == [Found(Source.A, 1, 4, f"{DIR}/x")]
    in_utf_16 = "\ufeffä<a href=x>".encode("utf-16-le")
    assert references_of(facts_of(in_utf_16, content_type="text/html")) == [Found(Source.A, 1, 5, f"{DIR}/x")]


def test_a_tag_of_several_lines() -> None:
    body = '<p>\n<a\n  title="a\n href=no"\n  href="x"\n>t</a><img alt\n\nsrc=y>'
    assert references_of(facts_of(body)) == [
        Found(Source.A, 5, 3, f"{DIR}/x", None, "t"),
        Found(Source.IMG, 8, 1, f"{DIR}/y"),
    ]
    css = "<style>\n\na{}\n b { src: url(\n x) }</style><p style='a: b;\n c: url(y)'>"
    assert [one[:4] for one in references_of(facts_of(css))] == [
        (Source.CSS_URL, 4, 11, f"{DIR}/x"),
        (Source.CSS_URL, 6, 5, f"{DIR}/y"),
    ]


def test_the_candidates_of_a_srcset_are_one_by_one() -> None:
    facts = facts_of('<img alt src="a" srcset="b,c 1x,\n d 2x, e">')
    assert [(one.source, one.column, one.target) for one in references_of(facts)] == [
        (Source.IMG, 10, f"{DIR}/a"),
        (Source.SRCSET, 18, f"{DIR}/b,c"),
        (Source.SRCSET, 18, f"{DIR}/d"),
        (Source.SRCSET, 18, f"{DIR}/e"),
    ]


def test_they_stand_in_the_order_of_their_places_and_targets_once_each() -> None:
    body = (
        "<link rel=icon href=i><a href=a#1></a><img alt src=i><a href=/b></a><a href='a#2'></a>"
        "<p style='a: url(c)'>"
    )
    facts = facts_of(body)
    assert facts.targets == [f"{DIR}/i", f"{DIR}/a", f"{SITE}/b", f"{DIR}/c"]
    assert [(one.target, one.fragment) for one in facts.references] == [
        (0, None),
        (1, "1"),
        (0, None),
        (2, None),
        (1, "2"),
        (3, None),
    ]


@pytest.mark.parametrize(
    ("href", "target", "fragment"),
    [
        ("#", URL, ""),
        ("#top", URL, "top"),
        ("page", URL, None),
        ("page#caf%C3%A9", URL, "caf%C3%A9"),
        ("x#café", f"{DIR}/x", "café"),
        ("x#a#b", f"{DIR}/x", "a#b"),
        ("x#:~:text=a,b", f"{DIR}/x", ":~:text=a,b"),
        ("  x#a  ", f"{DIR}/x", "a"),
        ("\n x \n", f"{DIR}/x", None),
        ("x\ty\n#a\tb", f"{DIR}/xy", "ab"),
        ("x #a", f"{DIR}/x%20", "a"),
        ("?q=é", f"{URL}?q=%C3%A9", None),
        ("//site.test/x", f"{SITE}/x", None),
        ("HTTP:x", f"{DIR}/x", None),
        ("http://user:secret@site.test/x", f"{SITE}/x", None),
        ("http://bücher.example/", "http://xn--bcher-kva.example/", None),
    ],
)
def test_what_a_href_means(href: str, target: str, fragment: str | None) -> None:
    (found,) = references_of(facts_of(f'<a href="{href}">'))
    assert (found.target, found.fragment) == (target, fragment)


def test_the_base_counts_for_all_and_the_pages_encoding_for_queries() -> None:
    body = "<base href=/base/><a href=x></a><a href='#y'></a><img alt src=i><style>a{b:url(c)}</style>"
    assert facts_of(body).targets == [f"{SITE}/base/{name}" for name in ("x", "", "i", "c")]
    russian = "<a href='?я'>".encode("cp1251")
    assert facts_of(russian, content_type="text/html; charset=windows-1251").targets == [f"{URL}?%FF"]


SILENT = [
    "<a>no href</a><a name=x></a>",
    "<a href=mailto:a@b.c></a><a href=tel:1></a><a href='javascript:void(0)'></a><a href=data:,x></a>",
    "<a href=JavaScript:x></a><a href=' mailto:x'></a><a href='java\nscript:x'></a><a href=ftp://a/></a>",
    "<img alt src='data:image/gif;base64,xx'><iframe src=about:blank></iframe><video src=blob:x></video>",
    "<!-- <a href=x> --><template><a href=x><img src=y></template>",
    "<script>var a = '<a href=x>'; b = 'url(x)'</script><script type=text/x-t><a href=x></script>",
    "<textarea><a href=x></textarea><title><a href=x></title><xmp><a href=x></xmp>",
    "<p data-href=x data-src=y data-style='a: url(x)'><div href=x src=y action=z>",
    "<iframe srcdoc='<a href=x>' src=y></iframe><iframe src></iframe><iframe></iframe>",
    "<link rel=dns-prefetch href=//x><link rel=preconnect href=//x><link href=x><link rel=pingback href=x>",
    "<form></form><form action=''></form><form method=dialog action=x></form><input src=x>",
    "<use href=x></use><svg><g href=x></g><rect fill='url(#a)'/></svg><math><mi href=x></mi></math>",
    "<style>a{b:url(#x); c:url(); d:url(data:,x)}</style><p style='a: url(#x)'>",
    "<style>/* url(x) */ a{b:'url(x)'} @import 'late';</style><style type=text/less>@import 'x';</style>",
    "<meta http-equiv=refresh content=5><meta name=og:title content=x><meta content=x>",
    "<img alt srcset=''><img alt srcset=', '>",
]


@pytest.mark.parametrize("markup", SILENT)
def test_what_is_no_reference_is_not_told_of(markup: str) -> None:
    facts = facts_of(markup)
    assert references_of(facts) == []
    assert marks_of(facts, Odd.MALFORMED_URL, Odd.EMPTY_HREF, Odd.MIXED_CONTENT) == []


@pytest.mark.parametrize(
    "href", ["http://", "https://exa mple/", "http://[::1", "//x:99999/", "http://a:b/", "https:// /", "//%/"]
)
def test_what_should_be_a_url_and_is_none_is_marked(href: str) -> None:
    for markup, column in ((f"<a href='{href}'>", 4), (f"<img alt src='{href}'>", 10)):
        facts = facts_of(f"\n{markup}<a href=x>")
        assert marks_of(facts, Odd.MALFORMED_URL) == [Mark(Odd.MALFORMED_URL, 2, column, href)]
        assert facts.targets == [f"{DIR}/x"]
    style = facts_of(f"<style>a {{ b: url('{href}') }}</style>")
    assert marks_of(style, Odd.MALFORMED_URL) == [Mark(Odd.MALFORMED_URL, 1, 15, href)]
    og = facts_of(f"<meta property=og:url content='{href}'>")
    assert marks_of(og, Odd.MALFORMED_URL) == [Mark(Odd.MALFORMED_URL, 1, 23, href)]


def test_an_empty_href_is_marked_and_that_of_a_link_means_the_page() -> None:
    body = (
        "<a href=''>a</a><map><area href=' '></map><img alt src=''><script src></script>"
        "<link rel=icon href=''>"
    )
    facts = facts_of(body)
    assert [(mark.column, mark.detail) for mark in marks_of(facts, Odd.EMPTY_HREF)] == [
        (4, "a"),
        (28, "area"),
        (52, "img"),
        (67, "script"),
        (95, "link"),
    ]
    assert [one.target for one in references_of(facts)] == [URL, URL]


def test_the_text_of_a_link_is_short_and_in_one_line() -> None:
    body = (
        "<a href=1> two \n <b>wo</b>rds </a><a href=2></a><a href=3>"
        + "ab " * 40
        + "</a><a href=4><img alt=' a\n picture '></a><a href=5><!-- c --><span hidden>x</span></a>"
        "<a href=6>&lt;tag> &amp;</a>"
    )
    texts = [one.text for one in references_of(facts_of(body)) if one.source is Source.A]
    assert texts == ["two words", "", "ab " * 26 + "a…", "a picture", "x", "<tag> &"]
    assert len(texts[2]) == 80


def test_links_that_must_not_be_followed_are_noted_as_such() -> None:
    body = (
        "<a href=a rel='x NoFollow'></a><a href=b></a><map><area rel=nofollow href=c></map>"
        "<form action=d method=POST></form>"
    )
    assert [(one.target[-1], one.is_asked) for one in references_of(facts_of(body))] == [
        ("a", False),
        ("b", True),
        ("c", False),
        ("d", False),
    ]
    anyway = references_of(facts_of(body, obey_robots=False))
    assert [one.is_asked for one in anyway] == [True, True, True, False]
    whole = "<meta name=robots content=nofollow><a href=a></a><iframe src=b></iframe><img alt src=c>"
    assert [one.is_asked for one in references_of(facts_of(whole))] == [False, False, True]
    said = facts_of("<a href=a></a><img alt src=c>", page={"follow": False})
    assert [one.is_asked for one in references_of(said)] == [False, True]


def test_copies_that_the_parser_makes_of_badly_nested_markup_are_one_reference() -> None:
    facts = facts_of("<p><a href=x id=i>1<p>2<div>3</a><b style='a: url(y)' id=j>4<p>5</b>6")
    assert [(one.column, one.target) for one in references_of(facts)] == [(7, f"{DIR}/x"), (47, f"{DIR}/y")]
    assert marks_of(facts, Odd.DUPLICATE_ID) == []


def test_a_refresh_header_has_no_place_and_comes_before_what_a_meta_says() -> None:
    body = "<meta http-equiv=refresh content='0;url=m'>"
    for content_type in ("text/html", "text/plain"):
        facts = facts_of(body, content_type=content_type, headers={"refresh": "3; url=h#f"})
        assert references_of(facts) == [Found(Source.REFRESH, 0, 0, f"{DIR}/h", "f")]
    two = body + "<meta http-equiv=refresh content='0;url=n'>"
    assert facts_of("<meta http-equiv=refresh content=9>" + two).targets == [f"{DIR}/m"]


def test_urls_are_told_apart_as_the_crawl_does() -> None:
    from crawler.rules.scope import Scope

    body = "<a href=/%70></a><a href=/p?></a><a href=http://u@site.test/%70></a><a href=/q%2f></a>"
    facts = facts_of(body, scope=Scope(frozenset([SITE]), normalise="rfc3986"))
    assert facts.targets == [f"{SITE}/p", f"{SITE}/q%2F"]
    assert [one.target for one in facts.references] == [0, 0, 0, 1]


XHTML = """<?xml version="1.0"?>
<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'xhtml1-strict.dtd'>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de"><!-- <a href="no"/> -->
<head><title>t</title><style><![CDATA[ b { background: url(s) } ]]></style></head>
<body><template><a href="no"/></template><p
id="i">é<a
  href="x&amp;y">t</a></p><?pi <a href="no"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><a xlink:href="z"/></svg>
<![CDATA[<a href="no">]]></body></html>"""


def test_xhtml_has_places_too() -> None:
    for content_type in ("application/xhtml+xml", "text/xml"):
        facts = facts_of(XHTML, content_type=content_type)
        assert [one[:4] for one in references_of(facts)] == [
            (Source.CSS_URL, 4, 56, f"{DIR}/s"),
            (Source.A, 7, 3, f"{DIR}/x&y"),
            (Source.A, 8, 87, f"{DIR}/z"),
        ]
        assert (facts.lang, facts.is_html, facts.anchors) == ("de", True, ["i"])
        assert (facts.title_line, facts.title_column) == (4, 7)


def test_svg_has_places_too() -> None:
    body = (
        '<svg xmlns="http://www.w3.org/2000/svg">\n<title>t</title><a href="x"><text id="i">t</text></a>'
        '<use href="#i"/></svg>'
    )
    for markup in (body, body.replace("<svg xmlns=", "<s:svg xmlns:s=").replace("</svg", "</s:svg")):
        facts = facts_of(markup, content_type="image/svg+xml")
        assert references_of(facts)[0][:4] == (Source.A, 2, 20, f"{DIR}/x")
        assert not facts.is_html
        assert facts.anchors == ["i"]
    assert references_of(facts_of(body, content_type="image/svg+xml"))[1][:5] == (
        Source.USE,
        2,
        59,
        URL,
        "i",
    )


def test_an_answer_without_content_is_no_page() -> None:
    assert facts_of("", page={"status": 200}).is_html
    for status in (204, 205):
        assert not facts_of("", page={"status": status}).is_html


def test_a_button_may_send_its_form_elsewhere_and_otherwise() -> None:
    body = (
        "<form action=a method=post><button formaction=b></button>"
        "<input type=submit formaction=c formmethod=GET></form>\n"
        "<form><button formaction=d></button><button formaction=''></button>"
        "<button formaction=e formmethod=dialog></button>"
        "<button formaction=f formmethod=Post></button></form>"
    )
    found = references_of(facts_of(body))
    assert [(one.target[-1], one.is_asked, one.line, one.column) for one in found] == [
        ("a", False, 1, 7),
        ("b", False, 1, 36),
        ("c", True, 1, 77),
        ("d", True, 2, 15),
        ("f", False, 2, 124),
    ]
    assert {one.source for one in found} == {Source.FORM}
    assert not marks_of(facts_of(body), Odd.EMPTY_HREF)
