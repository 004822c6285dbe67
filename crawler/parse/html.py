"""What a page says: title, links, visible text, and what it asks of crawlers.

HTML is read as browsers with scripting off read it (WHATWG HTML § 13), XHTML and SVG by the rules of XML
where they are well-formed. Any other text is its own visible text and has no links but where its header sends
the reader. What a link is, :mod:`crawler.parse.links` says. Nothing here knows of crawls, scopes or records.
"""

import copy
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import cast

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
    tree: turbohtml.Document | None = None
    """The element tree, if it was asked for and there is one."""


def parse_html(
    body: bytes,
    content_type: str | None,
    url: str,
    *,
    keep_tree: bool = False,
    refresh: str | None = None,
    told_apart: Callable[[list[str]], list[str]] = list,
) -> Document:
    """The page in ``body``, as sent with ``content_type`` from the absolute ``url``.

    Damaged markup and wrong encodings never raise. A missing content type means HTML. ``refresh`` is the
    answer's Refresh header; ``told_apart`` gives links the form in which the crawl tells them apart.
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
        href = None if refresh is None else target(refresh)
        link = None if href is None else resolve_in(href, url, charset)
        return Document(charset=charset, text=decode(body, charset), links=told_apart([link] if link else []))
    kept = copy.deepcopy(tree) if keep_tree else None

    # The content of a template is no part of the document until a script puts it there.
    for template in tree.find_all("template"):
        if not is_shadow_root(template):
            template.decompose()
    base = base_of(tree, url, charset)
    links, nofollow_links = find_links(tree, base, charset, refresh, told_apart, is_xml=is_xml(mime))
    canonical = tree.select_one("link[rel~=canonical i][href]:not([href=''])")
    robots = tree.select("meta[name=robots i][content]")
    return Document(
        charset=charset,
        title=_title(tree),
        links=links,
        nofollow_links=nofollow_links,
        canonical=resolve_in(canonical.attr("href") or "", base, charset) if canonical is not None else None,
        meta_robots=tuple(meta.attr("content") or "" for meta in robots),
        asks_for_password=tree.select_one("input[type=password i]") is not None,
        text=take_visible_text(tree, len(body)),
        tree=kept,
    )


def _tree(body: bytes, charset: str, mime: str) -> turbohtml.Document | None:
    if is_xml(mime) and (root := _ROOT.match(source := decode(body, charset))):
        try:
            if prefix := root["prefix"]:
                source = re.sub(rf"(</?){re.escape(prefix)}", r"\1", source)
            tree = turbohtml.parse_xml(source)
            for instruction in cast("list[turbohtml.Node]", _INSTRUCTIONS(tree)):
                instruction.decompose()
            return tree
        except turbohtml.HTMLParseError:
            pass  # not well-formed: a browser would refuse it, a crawler rather reads it as HTML
    elif not is_html(mime) and mime != SVG:
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


def _title(tree: turbohtml.Document) -> str | None:
    root = tree.root
    if root is not None and root.tag == "svg":  # as a document's title; elsewhere it is a tool tip
        titles = (child for child in root.children if isinstance(child, turbohtml.Element))
        return next((" ".join(child.text.split()) for child in titles if child.tag == "title"), None)
    for element in tree.find_all("title"):
        if element.namespace is turbohtml.Namespace.HTML:
            return " ".join(element.text.split())
    return None
