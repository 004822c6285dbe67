"""Where in a page, as it was served, an element or its attribute stands.

The parser tells of each element its line and column; where in its tag an attribute is, the source is asked.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

import turbohtml

from crawler.parse.html import Markup
from crawler.rules.attributes import end_of_tag, finder, offset_of, offsets_in_value
from crawler.rules.places import Lines

Place = tuple[int, int]
"""Line and column, both from 1, in characters; zeros where something has no place in the source."""
NOWHERE: Place = (0, 0)
_LINE_END = re.compile(r"\r\n?|\n")
_MARKUP_OF_XML = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</"
    r"""|<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*')*+(?:\[.*?\]\s*)?>|(<)(?!!)""",
    re.DOTALL,
)
_END_OF_STYLE = re.compile(r"</(?:[\w.-]+:)?style[\s/>]", re.IGNORECASE)


class Places:
    """The places of one page's elements."""

    def __init__(self, markup: Markup) -> None:
        self.source = markup.source
        self._rows = _LINE_END.split(self.source) if "\r" in self.source else self.source.split("\n")
        self._begins: defaultdict[str, set[str]] = defaultdict(set)
        """By attribute: how tags begin, up to it."""
        self._lines: Lines | None = None
        self._tags = _tags_of_xml(markup) if markup.is_xml else None

    def of_attribute(self, elements: Iterable[turbohtml.Element], name: str) -> list[Place]:
        """Of the attribute ``name`` of each element; of its tag, where that cannot be told."""
        found, match, rows, begins = [], finder(name).match, self._rows, self._begins[name]
        sign = f"{name}="
        for element in elements:
            # Most tags stand on one line; then there is no need to know where in the page that begins.
            line, column = element.source_line, element.source_col
            if line is None or column is None:
                found.append(self._slowly(element, name))
                continue
            row = rows[line - 1]
            # And most begin as another one does, which was looked at: that takes half the time.
            at = row.find(sign, column)
            if at > 0 and row[column:at] in begins:
                found.append((line, at + 1))
            elif tag := match(row, column):
                at = tag.start(1)
                begins.add(row[column:at])
                found.append((line, at + 1))
            else:
                found.append(self._slowly(element, name))
        return found

    def of_one(self, element: turbohtml.Element, name: str) -> Place:
        """The same of one element."""
        line, column = element.source_line, element.source_col
        if (
            line is not None
            and column is not None
            and (tag := finder(name).match(self._rows[line - 1], column))
        ):
            return line, tag.start(1) + 1
        return self._slowly(element, name)

    def _slowly(self, element: turbohtml.Element, name: str) -> Place:
        tag = self.tag_offset(element)
        if tag is None:
            return NOWHERE
        offset = offset_of(self.source, tag, name)
        return self.at(tag if offset is None else offset)

    def of_tag(self, element: turbohtml.Element) -> Place:
        """Of the element itself: its ``<``."""
        if element.source_line is not None and element.source_col is not None:
            return element.source_line, element.source_col + 1
        tag = self.tag_offset(element)
        return NOWHERE if tag is None else self.at(tag)

    def at(self, offset: int) -> Place:
        """Of a character of the source."""
        return self._whole_lines().place(offset)

    def in_value(self, element: turbohtml.Element, name: str, indexes: list[int]) -> list[Place]:
        """Of characters of an attribute's value, by their ascending indexes in it."""
        tag = self.tag_offset(element)
        offsets = None if tag is None else offsets_in_value(self.source, tag, name, indexes)
        return [NOWHERE] * len(indexes) if offsets is None else [self.at(offset) for offset in offsets]

    def of_style(self, style: turbohtml.Element) -> tuple[str, int | None]:
        """What stands in a ``<style>``, as it is written, and the offset at which it does; None: nowhere."""
        tag = self.tag_offset(style)
        begin = None if tag is None else end_of_tag(self.source, tag)
        if begin is None:
            return style.text, None
        end = _END_OF_STYLE.search(self.source, begin)
        return self.source[begin : end.start() if end else None], begin

    def tag_offset(self, element: turbohtml.Element) -> int | None:
        """Where in the source its tag begins; None where it has none."""
        if self._tags is not None:
            return self._tags.get(element)
        line, column = element.source_line, element.source_col
        if line is None or column is None:
            return None
        return self._whole_lines().tag_offset(line, column)

    def _whole_lines(self) -> Lines:
        if self._lines is None:
            self._lines = Lines(self.source)
        return self._lines


def _tags_of_xml(markup: Markup) -> dict[turbohtml.Element, int]:
    """Where the tag of each element begins. None has a place where what is counted does not come out even."""
    found = [tag.start() for tag in _MARKUP_OF_XML.finditer(markup.source) if tag[1]]
    elements = markup.elements
    return dict(zip(elements, found, strict=True)) if len(elements) == len(found) else {}
