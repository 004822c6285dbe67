"""Every reference of a page: what makes a browser, or its reader, ask for something (WHATWG HTML).

Also the hrefs that lead nowhere. What they mean, and whether they are asked for, is told elsewhere:
:mod:`crawler.parse.noted`.
"""

from itertools import islice, repeat
from operator import itemgetter
from typing import NamedTuple

import turbohtml

from crawler.model.facts import Mark, Odd
from crawler.model.sources import Source
from crawler.parse.element_places import NOWHERE, Places
from crawler.parse.html import Markup
from crawler.parse.link_relations import source_of
from crawler.parse.noted import MAX_REFERENCES, Row
from crawler.parse.page_css import find_css
from crawler.rules.refresh import target
from crawler.rules.srcset import candidates

MAX_TEXT = 80
"""Characters of a link's text that are kept."""
_LARGE = 128 * 1024
"""Characters of a page from which on it is looked at whether a link lies within a link, as it cannot by the
standard: the text of each would be that of all within it, too."""

_PLAIN = {
    "area": (("href", Source.AREA),),
    "img": (("src", Source.IMG),),
    "source": (("src", Source.SOURCE),),
    "video": (("src", Source.VIDEO), ("poster", Source.POSTER)),
    "audio": (("src", Source.AUDIO),),
    "track": (("src", Source.TRACK),),
    "script": (("src", Source.SCRIPT),),
    "iframe": (("src", Source.IFRAME),),
    "frame": (("src", Source.FRAME),),
    "embed": (("src", Source.EMBED),),
    "object": (("data", Source.OBJECT),),
}
_OTHERS = (*_PLAIN, "input", "link", "meta", "form")
_OF_SVG = ("use", "image", "script")
_SRCSETS = {"img": "srcset", "source": "srcset", "link": "imagesrcset"}
_NO_FAULT = frozenset({Source.IFRAME, Source.FRAME})
"""Where empty means ``about:blank``."""
_OPEN_GRAPH = {
    "og:image": Source.OG_IMAGE,
    "og:image:url": Source.OG_IMAGE,
    "og:url": Source.OG_URL,
}


class References(NamedTuple):
    """What was found."""

    rows: list[Row]
    marks: list[Mark]


def find_references(markup: Markup, places: Places, refresh: str | None, *, obey_robots: bool) -> References:
    """All in ``markup``, in the order of their places. ``refresh`` is the answer's Refresh header.

    To ``obey_robots`` is not to ask for what is linked with ``rel=nofollow``.
    """
    found = References(find_refresh(refresh), [])
    _add_links(found, markup, places, obey_robots=obey_robots)
    tree = markup.tree
    for element in islice(tree.iter_elements(_OTHERS), MAX_REFERENCES):
        if markup.is_xml or element.namespace is turbohtml.Namespace.HTML:
            _add_element(found, element, places, obey_robots=obey_robots)
    for tag in _OF_SVG:
        for element in islice(tree.find_all(tag), MAX_REFERENCES):
            if markup.is_xml or element.namespace is turbohtml.Namespace.SVG:
                source = Source.SCRIPT if tag == "script" else Source.USE
                name = "href" if element.attr("href") is not None else "xlink:href"
                _add(found, element, name, source, places)
    found.rows.extend(find_css(markup, places))
    if not (found.rows and found.rows[0][1] is Source.REFRESH):
        _add_refresh(found, tree, places)
    # By place alone: a sort that looked at the rest would put a link's text before its source.
    found.rows.sort(key=itemgetter(0))
    del found.rows[MAX_REFERENCES:]
    return found


def _add_links(found: References, markup: Markup, places: Places, *, obey_robots: bool) -> None:
    """Each ``<a>``: nearly all references of nearly all pages, so this is done for all at once."""
    links = markup.tree.find_all("a")[:MAX_REFERENCES]
    named = [link.attr("href") for link in links]
    hrefs = [href for href in named if href is not None]
    if len(hrefs) < len(links):
        for link in markup.tree.select(r"a[xlink\:href]:not([href])")[:MAX_REFERENCES]:
            if markup.is_xml or link.namespace is not turbohtml.Namespace.HTML:  # only SVG has that
                _add(found, link, "xlink:href", Source.A, places, *_texts_of([link], is_large=True))
        links = [link for link, href in zip(links, named, strict=True) if href is not None]
    where = places.of_attribute(links, "href")
    if len(set(where)) < len(where):
        # One tag can stand for several elements: of badly nested markup the parser makes copies.
        first = {place: number for number, place in reversed(list(enumerate(where)))}
        chosen = [number for number, place in enumerate(where) if first[place] == number or place == NOWHERE]
        links, hrefs = [links[n] for n in chosen], [hrefs[n] for n in chosen]
        where = [where[n] for n in chosen]
    refused = {*markup.tree.select("a[rel~=nofollow i]")} if obey_robots else set()
    asked = [link not in refused for link in links] if refused else repeat(True)
    texts = _texts_of(links, is_large=len(markup.source) >= _LARGE)
    found.rows.extend(zip(where, repeat(Source.A), hrefs, texts, asked, strict=False))
    if not all(hrefs) or any(map(str.isspace, hrefs)):
        pairs = zip(where, hrefs, strict=True)
        empty = (place for place, href in pairs if not href or href.isspace())
        found.marks.extend(Mark(Odd.EMPTY_HREF, *place, "a") for place in empty)


def _texts_of(links: list[turbohtml.Element], *, is_large: bool) -> list[str]:
    texts = ["" if is_large and link.find("a") is not None else link.text for link in links]
    # Collapsed in one go, in a third of the time. The parser leaves no NUL in a text.
    texts = [text.strip() for text in " ".join("\0".join(texts).split()).split("\0")] if links else []
    if not all(texts):
        # A link without text may be a picture.
        texts = [text or _alt_in(link) for text, link in zip(texts, links, strict=True)]
    if max(map(len, texts), default=0) > MAX_TEXT:
        texts = [text if len(text) <= MAX_TEXT else _shortened(text) for text in texts]
    return texts


def _alt_in(link: turbohtml.Element) -> str:
    image = link.find("img") if link.find("a") is None else None
    return "" if image is None else " ".join((image.attr("alt") or "").split())


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _add_element(found: References, element: turbohtml.Element, places: Places, *, obey_robots: bool) -> None:
    tag = element.tag
    if tag in _PLAIN:
        if tag == "iframe" and element.attr("srcdoc") is not None:
            return
        text, refused = element.attr("alt") or "", False
        if tag == "area" and obey_robots:
            refused = "nofollow" in (element.attr("rel") or "").lower().split()
        for name, source in _PLAIN[tag]:
            _add(found, element, name, source, places, text, is_asked=not refused)
    elif tag == "link":
        if (relation := source_of(element)) is not None:
            _add(found, element, "href", relation, places)
    elif tag == "input":
        if (element.attr("type") or "").lower() == "image":
            _add(found, element, "src", Source.INPUT, places, element.attr("alt") or "")
    elif tag == "form":
        _add_form(found, element, places)
    elif element.attr("content"):
        name = (element.attr("property") or element.attr("name") or "").strip().lower()
        if name in _OPEN_GRAPH:
            _add(found, element, "content", _OPEN_GRAPH[name], places)
    if tag in _SRCSETS and (value := element.attr(_SRCSETS[tag])):
        place = places.of_one(element, _SRCSETS[tag])
        for candidate in candidates(value):
            found.rows.append((place, Source.SRCSET, candidate.url, "", True))


def _add_form(found: References, form: turbohtml.Element, places: Places) -> None:
    """Where it is sent to, as it is and by buttons that say otherwise; asked for by what is no POST."""
    method = (form.attr("method") or "get").lower()
    buttons = form.select("[formaction]")
    others = [(one, "formaction", (one.attr("formmethod") or method).lower()) for one in buttons]
    for element, name, by in [(form, "action", method), *others]:
        if by != "dialog" and (element.attr(name) or "").strip():
            _add(found, element, name, Source.FORM, places, is_asked=by != "post")


def _add(
    found: References,
    element: turbohtml.Element,
    name: str,
    source: Source,
    places: Places,
    text: str = "",
    *,
    is_asked: bool = True,
) -> None:
    href = element.attr(name)
    if href is None:
        return
    place = places.of_one(element, name)
    if not href or href.isspace():
        if source not in _NO_FAULT:
            found.marks.append(Mark(Odd.EMPTY_HREF, *place, element.tag))
        if source not in (Source.A, Source.AREA):
            return
    found.rows.append((place, source, href, _shortened(text) if text else "", is_asked))


def find_refresh(header: str | None) -> list[Row]:
    """Where the Refresh header sends the page's reader; a ``<meta>`` counts only where it says nothing."""
    href = None if header is None else target(header)
    return [] if href is None else [(NOWHERE, Source.REFRESH, href, "", True)]


def _add_refresh(found: References, tree: turbohtml.Document, places: Places) -> None:
    for meta in tree.select("meta[http-equiv=refresh i][content]"):
        if (href := target(meta.attr("content") or "")) is not None:
            place = places.of_one(meta, "content")
            found.rows.append((place, Source.REFRESH, href, "", True))
            return
