"""What a page says: title, links, visible text, and what it asks of crawlers.

HTML is read as browsers with scripting off read it (WHATWG HTML § 13), XHTML by the rules of XML
where it is well-formed. Any other text is its own visible text and has no links. Nothing here
knows of crawls, scopes or records.
"""

import copy
from typing import cast

import msgspec
import turbohtml

from crawler.parse.links import find_links
from crawler.parse.media import declared_late, is_html, is_text, is_xhtml, is_xml
from crawler.parse.visible_text import is_shadow_root, take_visible_text
from crawler.rules.charset import decode, sniff
from crawler.rules.content_type import essence
from crawler.rules.urls import resolve

_INSTRUCTIONS = turbohtml.XPath("//processing-instruction()")
"""Of XML alone, and no part of the text, which they would part."""
MOST_NULS = 10_000
"""NUL characters above which they are taken for spaces. HTML drops most of them, each as an error that the
parser keeps a note of: six megabytes of them cost three hundred megabytes and a second."""


class Document(msgspec.Struct, frozen=True):
    """A parsed page."""

    base: str
    """What its links are relative to: its own URL, or the first ``<base href>`` that is valid."""
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
        return Document(base=url, charset=None, text="")
    charset = sniff(body, content_type)
    tree = _tree(body, charset, mime)
    late = declared_late(tree, body, content_type, charset) if tree is not None and is_html(mime) else None
    if late is not None:
        charset = late
        tree = _tree(body, charset, mime)
    if tree is None:
        return Document(base=url, charset=charset, text=decode(body, charset))
    kept = copy.deepcopy(tree) if keep_tree else None

    # The content of a template is no part of the document until a script puts it there.
    for template in tree.find_all("template"):
        if not is_shadow_root(template):
            template.decompose()
    base = _base(tree, url)
    links, nofollow_links = find_links(tree, base, charset)
    canonical = tree.select_one("link[rel~=canonical i][href]:not([href=''])")
    robots = tree.select("meta[name=robots i][content]")
    return Document(
        base=base,
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
    if is_xml(mime) and is_xhtml(source := decode(body, charset)):
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
        markup = source.replace("\0", " ") if source.count("\0") > MOST_NULS else source
    return turbohtml.parse(markup, encoding=charset, positions=False, allow_declarative_shadow_roots=False)


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
