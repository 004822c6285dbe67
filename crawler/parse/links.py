"""The links of a page: what a browser would go to, or load as a page of its own.

``<a href>`` and ``<area href>``, the hyperlinks of WHATWG HTML § 4.6.1, and SVG's ``<a>``, whose address may
stand in ``xlink:href`` (SVG 2 § 16.1.3); the pages within the page, ``<frame src>`` and ``<iframe src>``; and
where it sends its reader by itself. Images, scripts, style sheets and ``<link>`` are not pages.
"""

from collections import Counter
from collections.abc import Callable
from typing import cast

import turbohtml

from crawler.rules.refresh import target
from crawler.rules.urls import distinct_links, resolve

# An inline document (srcdoc) wins over src; an empty src means about:blank, not this page.
_ALL = 'a[href],area[href],iframe[src]:not([srcdoc],[src=""]),frame[src]:not([src=""])'
_XLINK = r"a[xlink\:href]:not([href])"
_HREFS = turbohtml.XPath("//a/@href")
"""What ``a[href]`` selects, as text in one step."""
_RARE_TAGS = ("area", "iframe", "frame")
_FRAME_TAGS = frozenset(("iframe", "frame"))


def base_of(tree: turbohtml.Document, url: str, charset: str) -> str:
    """What the page's relative addresses are meant from."""
    # WHATWG HTML § 4.2.3: the first one that has a href counts, and only that, even if it is invalid.
    for element in tree.select("base[href]"):
        if element.namespace is turbohtml.Namespace.HTML:
            return resolve_in(element.attr("href") or "", url, charset) or url
    return url


def resolve_in(href: str, base: str, charset: str) -> str | None:
    """As :func:`crawler.rules.urls.resolve`, in a document of that encoding."""
    return resolve(encode_queries([href], charset)[0], base)


def find_links(
    tree: turbohtml.Document,
    base: str,
    charset: str,
    refresh: str | None,
    told_apart: Callable[[list[str]], list[str]],
    *,
    is_xml: bool,
) -> tuple[list[str], frozenset[str]]:
    """The distinct absolute links in document order, and those of them that are only ever nofollow.

    ``charset`` is the document's encoding by its WHATWG name: queries are sent in it. ``refresh`` is the
    answer's Refresh header; where it leads comes first, as what a ``<meta>`` says in its place does.
    """
    sent_to = _sent_to(tree, refresh)
    # One name alone is looked up in the parser's index; several make it go through all elements.
    selector = _ALL if any(tree.find(tag) is not None for tag in _RARE_TAGS) else "a[href]"
    refused = {*tree.select("a[rel~=nofollow i]"), *tree.select("area[rel~=nofollow i]")}
    drawn = tree.select(_XLINK)
    if not (selector == _ALL or drawn):
        hrefs = encode_queries(sent_to + cast("list[str]", _HREFS(tree)), charset)
        links = told_apart(distinct_links(hrefs, base))
        if not refused:
            return links, frozenset()
        named = encode_queries([href for a in refused if (href := a.attr("href")) is not None], charset)
        times = Counter(hrefs)
        never = {href for href, refusals in Counter(named).items() if refusals == times[href]}
        followed = [href for href in hrefs if href not in never]
        not_followed = frozenset(told_apart(distinct_links(never, base)))
        return links, not_followed.difference(told_apart(distinct_links(followed, base)))
    if drawn:
        selector = f"{selector},{_XLINK}"
    # XML's elements have no namespace here.
    no_links = {a for a in drawn if a.namespace is turbohtml.Namespace.HTML} if not is_xml else set()
    elements = [element for element in tree.select(selector) if element not in no_links]
    hrefs = encode_queries([*sent_to, *map(_href, elements)], charset)
    links = told_apart(distinct_links(hrefs, base))
    # A URL linked twice may be followed if one of the two links says nothing against it.
    linked = zip(elements, hrefs[len(sent_to) :], strict=True)
    followed = [*hrefs[: len(sent_to)], *(href for element, href in linked if element not in refused)]
    return links, frozenset(links).difference(told_apart(distinct_links(followed, base)))


def _href(element: turbohtml.Element) -> str:
    href = element.attr("src" if element.tag in _FRAME_TAGS else "href")
    return (element.attr("xlink:href") if href is None else href) or ""


def _sent_to(tree: turbohtml.Document, header: str | None) -> list[str]:
    """Where the page sends its reader by itself: the first that says so counts, a header above all."""
    said = [meta.attr("content") or "" for meta in tree.select("meta[http-equiv=refresh i][content]")]
    targets = map(target, said if header is None else [header, *said])
    return [href for href in targets if href is not None][:1]


def encode_queries(hrefs: list[str], charset: str) -> list[str]:
    """Percent-code what is not ASCII in the queries, in the page's own encoding.

    WHATWG URL, query state: a link on a windows-1251 page asks in windows-1251. All else in a URL
    is UTF-8, and so are queries on UTF-8 and UTF-16 pages: those are left to the resolver.
    """
    if charset.startswith("UTF-") or all(map(str.isascii, hrefs)):
        return hrefs
    from crawler.rules.encoders import encode_query  # few pages need it

    return [href if href.isascii() else encode_query(href, charset) for href in hrefs]
