"""What a page says: title, links, visible text, and what it asks of crawlers.

HTML is read as browsers with scripting off read it (WHATWG HTML § 13), XHTML and SVG by the rules of XML
where they are well-formed. Any other text is its own visible text and has no links but where its header sends
the reader. What a link is, :mod:`crawler.parse.links` says. Nothing here knows of crawls, scopes or records.
"""

import copy
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import NamedTuple, cast

import msgspec
import turbohtml

from crawler.parse.links import base_of, find_links, resolve_in
from crawler.parse.visible_text import is_shadow_root, take_visible_text
from crawler.rules.charset import decode, name_of, of_header, of_meta, sniff
from crawler.rules.content_type import essence, is_html, is_text, is_xml
from crawler.rules.refresh import target

_INSTRUCTIONS = turbohtml.XPath("//processing-instruction()")
"""Of XML alone, and no part of the text, which they would part."""
MAX_NULS = 10_000
"""NUL characters above which they are taken for spaces. HTML drops most of them, each as an error that the
parser keeps a note of: six megabytes of them cost three hundred megabytes and a second."""

SVG = "image/svg+xml"
_ROOT = re.compile(
    r"\s*+(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*+)*+<(?P<prefix>[\w.-]+:)?(?:html|svg)[\s/>]",
    re.S | re.I,
)
_INSTEAD = {"UTF-16LE": "UTF-8", "UTF-16BE": "UTF-8", "x-user-defined": "windows-1252"}
"""What is read as something else when a ``<meta>`` says it: it could not be read if it were true."""


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
    is_one_line: bool = False
    """It was markup, so that the text has no other white space than single spaces."""
    tree: turbohtml.Document | None = None
    """The element tree, if it was asked for and there is one."""


class Markup(NamedTuple):
    """A page's element tree, without its templates and while its text is still in it."""

    tree: turbohtml.Document
    source: str
    """The page as text, which the places of the elements are places in."""
    base: str
    """What its relative addresses are meant from."""
    charset: str
    is_xml: bool
    """It was read by the rules of XML, so its elements have neither namespaces nor places."""
    elements: list[turbohtml.Element]
    """Of XML, all elements in document order, those within templates too."""


def parse_html(
    body: bytes,
    content_type: str | None,
    url: str,
    *,
    keep_tree: bool = False,
    refresh: str | None = None,
    told_apart: Callable[[list[str]], list[str]] = list,
    look: Callable[[Markup], None] | None = None,
) -> Document:
    """The page in ``body``, as sent with ``content_type`` from the absolute ``url``.

    Damaged markup and wrong encodings never raise. A missing content type means HTML. ``refresh`` is the
    answer's Refresh header; ``told_apart`` gives links the form in which the crawl tells them apart. ``look``
    is shown the markup, if there is some.
    """
    mime = essence(content_type) if content_type else ""
    if not is_text(mime):
        return Document(charset=None, text="")
    charset = sniff(body, content_type)
    with_places = look is not None
    source: str | bytes = decode(body, charset) if with_places else body
    tree, read_as_xml = _tree(source, charset, mime, positions=with_places)
    late = _declared_late(tree, body, content_type, charset) if tree is not None and is_html(mime) else None
    if late is not None:
        charset = late
        source = decode(body, charset) if with_places else body
        tree, read_as_xml = _tree(source, charset, mime, positions=with_places)
    if tree is None:
        href = None if refresh is None else target(refresh)
        link = None if href is None else resolve_in(href, url, charset)
        return Document(charset=charset, text=decode(body, charset), links=told_apart([link] if link else []))
    kept = copy.deepcopy(tree) if keep_tree else None
    elements = tree.select("*") if with_places and read_as_xml else []

    # The content of a template is no part of the document until a script puts it there.
    for template in tree.find_all("template"):
        if not is_shadow_root(template):
            template.decompose()
    base = base_of(tree, url, charset)
    if look is not None:
        look(Markup(tree, _decoded(source, charset), base, charset, read_as_xml, elements))
    links, nofollow_links = find_links(tree, base, charset, refresh, told_apart, is_xml=read_as_xml)
    canonical = tree.select_one("link[rel~=canonical i][href]:not([href=''])")
    robots = tree.select("meta[name=robots i][content]")
    title = title_of(tree)
    return Document(
        charset=charset,
        title=None if title is None else " ".join(title.text.split()),
        links=links,
        nofollow_links=nofollow_links,
        canonical=resolve_in(canonical.attr("href") or "", base, charset) if canonical is not None else None,
        meta_robots=tuple(meta.attr("content") or "" for meta in robots),
        asks_for_password=tree.select_one("input[type=password i]") is not None,
        text=take_visible_text(tree, body),
        is_one_line=True,
        tree=kept,
    )


def _decoded(source: str | bytes, charset: str) -> str:
    return source if isinstance(source, str) else decode(source, charset)


def _tree(
    body: str | bytes, charset: str, mime: str, *, positions: bool
) -> tuple[turbohtml.Document | None, bool]:
    """The tree, and whether it was read by the rules of XML; None where there is no markup."""
    if is_xml(mime) and (root := _ROOT.match(source := _decoded(body, charset))):
        try:
            if prefix := root["prefix"]:
                source = re.sub(rf"(</?){re.escape(prefix)}", r"\1", source)
            tree = turbohtml.parse_xml(source)
            for instruction in cast("list[turbohtml.Node]", _INSTRUCTIONS(tree)):
                instruction.decompose()
            return tree, True
        except turbohtml.HTMLParseError:
            pass  # not well-formed: a browser would refuse it, a crawler rather reads it as HTML
    elif not is_html(mime) and mime != SVG:
        return None, False
    if ("\0" in body) if isinstance(body, str) else (b"\0" in body):
        body = _decoded(body, charset)
        body = body.replace("\0", " ") if body.count("\0") > MAX_NULS else body
    tree = turbohtml.parse(body, encoding=charset, positions=positions, allow_declarative_shadow_roots=False)
    return tree, False


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
    meta = declared_by_meta(tree)
    return None if meta is None or meta[0] == charset else meta[0]


def declared_by_meta(tree: turbohtml.Document) -> tuple[str, turbohtml.Element] | None:
    """The encoding that the first ``<meta>`` to name one declares, as it is then read, and that element."""
    for meta in tree.find_all("meta"):
        name = name_of(meta.attr("charset") or "")
        if name is None and (meta.attr("http-equiv") or "").lower() == "content-type":
            name = of_meta(meta.attr("content") or "")
        if name is not None:
            return _INSTEAD.get(name, name), meta
    return None


def title_of(tree: turbohtml.Document) -> turbohtml.Element | None:
    """The element that holds the document's title."""
    root = tree.root
    if root is not None and root.tag == "svg":  # as a document's title; elsewhere it is a tool tip
        titles = (child for child in root.children if isinstance(child, turbohtml.Element))
        return next((child for child in titles if child.tag == "title"), None)
    for element in tree.find_all("title"):
        if element.namespace is turbohtml.Namespace.HTML:
            return element
    return None
