"""What a page says: title, links, visible text, and what it asks of crawlers.

HTML is read as browsers with scripting off read it (WHATWG HTML § 13), XHTML by the rules of XML
where it is well-formed. Any other text is its own visible text and has no links.

Links are what a browser would go to, or load as a page of its own: ``<a href>`` and ``<area href>``, the
hyperlinks of WHATWG HTML § 4.6.1, and the pages within the page, ``<frame src>`` and ``<iframe src>``.
Images, scripts, style sheets and ``<link>`` are not pages. Nothing here knows of crawls, scopes or records.
"""

import codecs
import copy
import re
from codecs import BOM_UTF8
from typing import cast
from urllib.parse import quote

import msgspec
import turbohtml

from crawler.parse.visible_text import is_shadow_root, take_visible_text
from crawler.rules.charset import decode, name_of, of_header, of_meta, sniff
from crawler.rules.content_type import essence, is_html, is_text, is_xml
from crawler.rules.urls import distinct_links, resolve

_INSTRUCTIONS = turbohtml.XPath("//processing-instruction()")
"""Of XML alone, and no part of the text, which they would part."""
MAX_NULS = 10_000
"""NUL characters above which they are taken for spaces. HTML drops most of them, each as an error that the
parser keeps a note of: six megabytes of them cost three hundred megabytes and a second."""

_XHTML_ROOT = re.compile(r"\s*+(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*+)*+<html[\s/>]", re.S | re.I)
_INSTEAD = {"UTF-16LE": "UTF-8", "UTF-16BE": "UTF-8", "x-user-defined": "windows-1252"}
"""What is read as something else when a ``<meta>`` says it: it could not be read if it were true."""

# An inline document (srcdoc) wins over src; an empty src means about:blank, not this page.
_ALL = 'a[href],area[href],iframe[src]:not([srcdoc],[src=""]),frame[src]:not([src=""])'
_HREFS = turbohtml.XPath("//a/@href")
"""What ``a[href]`` selects, as text in one step."""
_RARE_TAGS = ("area", "iframe", "frame")
_FRAME_TAGS = frozenset(("iframe", "frame"))

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_KEPT_IN_A_QUERY = "!$%()*+,-./:=?@[\\]^_`{|}~"


class Document(msgspec.Struct, frozen=True):
    """A parsed page."""

    charset: str | None
    """The encoding it was read in, by its WHATWG name; None for what is no text."""
    text: str
    """Visible text, every run of white space as one space; without markup, the whole decoded body."""
    title: str | None = None
    """Of the first ``<title>``, white space collapsed; None without one."""
    links: list[str] = []
    """Absolute http(s) URLs without fragment, distinct, in document order."""
    nofollow_links: frozenset[str] = frozenset()
    """Those of the links that the page links with ``rel=nofollow`` only."""
    canonical: str | None = None
    """The target of the first ``<link rel=canonical>``, absolute."""
    meta_robots: tuple[str, ...] = ()
    """The contents of every ``<meta name=robots>``, as they stand."""
    asks_for_password: bool = False
    """It has a field for one."""
    tree: turbohtml.Document | None = None
    """The element tree, if it was asked for and there is one."""


def parse_html(body: bytes, content_type: str | None, url: str, *, keep_tree: bool = False) -> Document:
    """The page in ``body``, as sent with ``content_type`` from the absolute ``url``.

    Damaged markup and wrong encodings never raise. A missing content type means HTML.
    """
    mime = essence(content_type) if content_type else ""
    if not is_text(mime):
        return Document(charset=None, text="")
    charset = sniff(body, content_type)
    tree = _tree(body, charset, mime)
    late = _declared_late(tree, body, content_type, charset) if tree is not None and is_html(mime) else None
    if late is not None:
        charset = late
        tree = _tree(body, charset, mime)
    if tree is None:
        return Document(charset=charset, text=decode(body, charset))
    kept = copy.deepcopy(tree) if keep_tree else None

    # The content of a template is no part of the document until a script puts it there.
    for template in tree.find_all("template"):
        if not is_shadow_root(template):
            template.decompose()
    base = _base(tree, url)
    links, nofollow_links = _find_links(tree, base, charset)
    canonical = tree.select_one("link[rel~=canonical i][href]:not([href=''])")
    robots = tree.select("meta[name=robots i][content]")
    return Document(
        charset=charset,
        title=_title(tree),
        links=links,
        nofollow_links=nofollow_links,
        canonical=resolve(canonical.attr("href") or "", base) if canonical is not None else None,
        meta_robots=tuple(meta.attr("content") or "" for meta in robots),
        asks_for_password=tree.select_one("input[type=password i]") is not None,
        text=take_visible_text(tree, len(body)),
        tree=kept,
    )


def _tree(body: bytes, charset: str, mime: str) -> turbohtml.Document | None:
    if is_xml(mime) and _XHTML_ROOT.match(source := decode(body, charset)):
        try:
            tree = turbohtml.parse_xml(source)
            for instruction in cast("list[turbohtml.Node]", _INSTRUCTIONS(tree)):
                instruction.decompose()
            return tree
        except turbohtml.HTMLParseError:
            pass  # not well-formed: a browser would refuse it, a crawler rather reads it as HTML
    elif not is_html(mime):
        return None
    markup: str | bytes = body
    if b"\0" in body:
        source = decode(body, charset)
        markup = source.replace("\0", " ") if source.count("\0") > MAX_NULS else source
    return turbohtml.parse(markup, encoding=charset, positions=False, allow_declarative_shadow_roots=False)


def _declared_late(
    tree: turbohtml.Document, body: bytes, content_type: str | None, charset: str
) -> str | None:
    """The encoding that a ``<meta>`` of the tree declares, if it is not ``charset``, the one sniffed.

    Only the first 1024 bytes are sniffed for a declaration; where the parser then meets one
    farther down it starts again (WHATWG HTML § 13.2.3.4), unless a byte order mark or the header
    had the last word.
    """
    if charset.startswith("UTF-16") or body.startswith(BOM_UTF8) or of_header(content_type):
        return None
    for meta in tree.find_all("meta"):
        name = name_of(meta.attr("charset") or "")
        if name is None and (meta.attr("http-equiv") or "").lower() == "content-type":
            name = of_meta(meta.attr("content") or "")
        if name is not None:
            name = _INSTEAD.get(name, name)
            return name if name != charset else None
    return None


def _base(tree: turbohtml.Document, url: str) -> str:
    # WHATWG HTML § 4.2.3: the first one that has a href counts, and only that, even if it is invalid.
    for element in tree.select("base[href]"):
        if element.namespace is turbohtml.Namespace.HTML:
            return resolve(element.attr("href") or "", url) or url
    return url


def _title(tree: turbohtml.Document) -> str | None:
    for element in tree.find_all("title"):
        if element.namespace is turbohtml.Namespace.HTML:
            return " ".join(element.text.split())
    return None


def _find_links(tree: turbohtml.Document, base: str, charset: str) -> tuple[list[str], frozenset[str]]:
    """The distinct absolute links in document order, and those of them that are only ever nofollow.

    ``charset`` is the document's encoding by its WHATWG name: queries are sent in it.
    """
    # One name alone is looked up in the parser's index; several make it go through all elements.
    selector = _ALL if any(tree.find(tag) is not None for tag in _RARE_TAGS) else "a[href]"
    refused = {*tree.select("a[rel~=nofollow i]"), *tree.select("area[rel~=nofollow i]")}
    if selector != _ALL and not refused:
        hrefs = _encode_queries(cast("list[str]", _HREFS(tree)), charset)
        return distinct_links(hrefs, base), frozenset()
    elements = tree.select(selector)
    hrefs = [element.attr("src" if element.tag in _FRAME_TAGS else "href") or "" for element in elements]
    hrefs = _encode_queries(hrefs, charset)
    links = distinct_links(hrefs, base)
    # A URL linked twice may be followed if one of the two links says nothing against it.
    followed = [href for element, href in zip(elements, hrefs, strict=True) if element not in refused]
    return links, frozenset(links).difference(distinct_links(followed, base))


def _encode_queries(hrefs: list[str], charset: str) -> list[str]:
    """Percent-code what is not ASCII in the queries, in the page's own encoding.

    WHATWG URL, query state: a link on a windows-1251 page asks in windows-1251. All else in a URL
    is UTF-8, and so are queries on UTF-8 and UTF-16 pages: those are left to the resolver.
    """
    if charset.startswith("UTF-") or all(map(str.isascii, hrefs)):
        return hrefs
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        return hrefs
    return [href if href.isascii() else _encode_query(href, codec) for href in hrefs]


def _encode_query(href: str, codec: str) -> str:
    def encoded(run: re.Match[str]) -> str:
        # What the encoding lacks is sent as a character reference, as forms do it.
        return quote(run[0].encode(codec, "xmlcharrefreplace"), safe=_KEPT_IN_A_QUERY)

    before, hash_sign, fragment = href.partition("#")
    path, mark, query = before.partition("?")
    return path + mark + _NOT_ASCII.sub(encoded, query) + hash_sign + fragment
