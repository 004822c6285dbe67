"""The links of a page: what a browser would go to, or load as a page of its own.

Followed are ``<a href>`` and ``<area href>``, the hyperlinks of WHATWG HTML § 4.6.1, and the pages
within the page, ``<frame src>`` and ``<iframe src>``. Images, scripts, style sheets and
``<link>`` are not pages.
"""

import codecs
import re
from typing import cast
from urllib.parse import quote

import turbohtml

from crawler.rules.urls import distinct_links

# An inline document (srcdoc) wins over src; an empty src means about:blank, not this page.
_ALL = 'a[href],area[href],iframe[src]:not([srcdoc],[src=""]),frame[src]:not([src=""])'
_HREFS = turbohtml.XPath("//a/@href")
"""What ``a[href]`` selects, as text in one step."""
_RARE_TAGS = ("area", "iframe", "frame")
_FRAME_TAGS = frozenset(("iframe", "frame"))

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_KEPT_IN_A_QUERY = "!$%()*+,-./:=?@[\\]^_`{|}~"


def find_links(tree: turbohtml.Document, base: str, charset: str) -> tuple[list[str], frozenset[str]]:
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
