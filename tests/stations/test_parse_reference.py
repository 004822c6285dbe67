"""parse_html against selectolax (lexbor), an independent parser, on real pages and on damaged ones."""

from pathlib import Path

import pytest

from crawler.parse.html import parse_html
from crawler.rules.urls import resolve

lexbor = pytest.importorskip("selectolax.lexbor", reason="selectolax, the reference parser, is not installed")

URL = "http://docs.test/library/page.html"
DOCS = sorted(Path("/usr/share/doc").glob("python3*/html/library/*.html"))[::9]

HIDDEN = ["head", "title", "script", "style", "template", "iframe", "noembed", "noframes", "datalist", "rp"]
HIDDEN += ["audio", "video", "canvas", "annotation", "annotation-xml", "desc", "metadata"]


def assert_same(html: str) -> None:
    page = parse_html(html.encode(), "text/html; charset=utf-8", URL)
    reference = lexbor.LexborHTMLParser(html)
    title = reference.css_first("title")
    assert page.title == (None if title is None else " ".join(title.text().split()))
    reference.strip_tags(["template"])
    links = reference.css("a[href], area[href], iframe[src], frame[src]")
    hrefs = [node.attributes["src" if "frame" in node.tag else "href"] or "" for node in links]
    urls = [resolve(href, URL) for href in hrefs]
    assert page.links == list(dict.fromkeys(url for url in urls if url is not None))
    # Where words part is our own decision; which characters are shown is not.
    reference.strip_tags(HIDDEN)
    shown = reference.root.text() if reference.root else ""
    assert "".join(page.text.split()) == "".join(shown.split())


@pytest.mark.skipif(not DOCS, reason="the pages of Debian's python3-doc are not installed")
@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_python_documentation(path: Path) -> None:
    """Would catch a title, text or link in which we differ from the reference parser."""
    assert_same(path.read_text())


@pytest.mark.parametrize(
    "html",
    [
        "<p><b>bold<p>still <i>both</b> italic</i> <a href=1>x<a href=2>y</a>",
        "<table><tr><td>1<a href=a>t</table><td>stray</td><a href=b>u",
        "<table>foster<a href=f>g<tr>h<td>i</table>j",
        "<a href=x><div><a href=y></div>z</a>",
        "<ul><li><a href='a>b'>q<li></ul></li></p></br>",
        "<svg><p><a href=out>breaks out</a></svg><math><mi><a href=m>i",
        "<select><a href=s>in<option>o</select><a href=t>",
        "<title>a<title>b</title>c</title>d",
        "<html><body><a href=1><html><body><head><a href=2>",
        "<script><!--<script></script>--></script><a href=x>v",
        "<a href=&#x2F;e&amp;f&notit;g>h",
        "<textarea><a href=x></textarea><xmp><a href=y></xmp><a href=z>",
        "<frameset><frame src=x></frameset><noframes><a href=y></noframes>",
        "\x00<a href='a\x00b'>n\x00l</a>\r\n<p>\r",
        "<a href='unclosed",
        "</p></a></title>only ends",
        "<!doctype html><?php echo 1 ?><a href=x>y</a><![CDATA[z]]>",
        "<p/><a/href=x/>y<br/>z",
        "<button><a href=b>in<button>out</a>",
        "<nobr>a<nobr>b<a href=n>c</nobr>d</a>",
    ],
)
def test_damaged(html: str) -> None:
    """Would catch the same on markup that is not well-formed."""
    assert_same(html)
