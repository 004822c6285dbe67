"""What style sheets ask for: ``<style>`` elements, ``style`` attributes, and files of their own."""

import re
from collections.abc import Iterator

from crawler.model.sources import Source
from crawler.parse.element_places import NOWHERE, Place, Places
from crawler.parse.html import Markup
from crawler.parse.noted import MAX_REFERENCES, Row
from crawler.rules.charset import decode, name_of, of_header, of_mark
from crawler.rules.css import CssReference, declaration_references, references
from crawler.rules.places import Lines

_CHARSET = re.compile(rb'@charset "([^"]{0,100})";')
_CDATA = "<![CDATA["


def find_css(markup: Markup, places: Places) -> list[Row]:
    """All of it, each with the place of its url token."""
    return [*_of_elements(markup, places), *_of_attributes(markup, places)]


def find_in_sheet(body: bytes, content_type: str | None) -> tuple[str, list[Row]]:
    """The encoding in which the style sheet ``body`` is read, and what it refers to.

    By byte order mark, header, and ``@charset``; else it is UTF-8 (CSS Syntax Level 3 § 3.2).
    """
    said = _CHARSET.match(body)
    named = name_of(said[1].decode("latin-1")) if said else None
    if named in ("UTF-16LE", "UTF-16BE"):
        named = "UTF-8"  # it could not be read if it were true
    charset = of_mark(body) or of_header(content_type) or named or "UTF-8"
    css = decode(body, charset)
    lines = Lines(css)
    found = references(css)[:MAX_REFERENCES]
    rows = (_row_of(reference, lines.place(reference.offset)) for reference in found)
    return charset, [row for row in rows if row is not None]


def _row_of(reference: CssReference, place: Place) -> Row | None:
    """The reference as a row; None where it asks for nothing."""
    # A fragment alone is meant in the document itself (CSS Values Level 4 § 4.5.1).
    if not reference.value or reference.value.startswith("#"):
        return None
    source = Source.CSS_IMPORT if reference.is_import else Source.CSS_URL
    return place, source, reference.value, "", True


def _of_elements(markup: Markup, places: Places) -> Iterator[Row]:
    for style in markup.tree.find_all("style"):
        if (style.attr("type") or "").strip().lower() not in ("", "text/css"):
            continue
        if not (markup.is_xml or references(style.text)):
            continue  # most ask for nothing, and to find out where they stand takes longer
        css, begin = places.of_style(style)
        if _CDATA in css:  # as SVG has it
            css = css.replace(_CDATA, " " * len(_CDATA)).replace("]]>", "   ")
        for reference in references(css):
            place = NOWHERE if begin is None else places.at(begin + reference.offset)
            if row := _row_of(reference, place):
                yield row


def _of_attributes(markup: Markup, places: Places) -> Iterator[Row]:
    met: set[Row] = set()
    for element in markup.tree.select("[style]"):
        if not (urls := declaration_references(element.attr("style") or "")):
            continue
        where = places.in_value(element, "style", [url.offset for url in urls])
        for url, place in zip(urls, where, strict=True):
            # One tag can stand for several elements: of badly nested markup the parser makes copies.
            if (row := _row_of(url, place)) and (place == NOWHERE or row not in met):
                met.add(row)
                yield row
