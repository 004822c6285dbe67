"""Where in a page's text an attribute stands, and where in it a character of its value.

A parser gives the place of an element for next to nothing, but that of each attribute only at many times the
price, and values with their character references decoded. So a start tag is read again here, by the rules of
HTML's tokenizer (WHATWG HTML § 13.2.5.6 to § 13.2.5.40), for the one attribute that is asked for.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

_SPACE = r"\t\n\f\r "
_NAME = rf"[^{_SPACE}/>][^{_SPACE}/>=]*+"
"""An equals sign that begins a name is part of it."""
_VALUE = rf"""[{_SPACE}]*+=[{_SPACE}]*+(?:"[^"]*+"?+|'[^']*+'?+|[^{_SPACE}>]*+)"""
_TAG = re.compile(rf"<[^{_SPACE}/>]*+(?:[{_SPACE}/]*+{_NAME}(?:{_VALUE})?+)*+[{_SPACE}/]*+>")
_DECODED = re.compile(r"\r\n|&(?:#(?:[0-9]++|[xX][0-9a-fA-F]++);?+|([0-9A-Za-z]++)(;?+)(=?))")
"""What may be written in more characters than it means."""


def offset_of(source: str, tag_offset: int, name: str) -> int | None:
    """The offset in ``source`` of the attribute ``name`` of the start tag whose ``<`` is at ``tag_offset``.

    ``name`` is in ASCII, and its case does not matter. Where the tag has it twice the first counts. None
    where it has none, though the element may: a second ``<body>`` gives the first what that lacked.
    """
    found = finder(name).match(source, tag_offset)
    return None if found is None else found.start(1)


def offsets_in_value(source: str, tag_offset: int, name: str, indexes: Iterable[int]) -> list[int] | None:
    """The offsets in ``source`` of characters of the attribute's value, by their indexes in it, decoded.

    The indexes must not descend. What a character reference stands for is where its ``&`` is. None where the
    tag has no such attribute.
    """
    found = _finder(name).match(source, tag_offset)
    if found is None:
        return None
    raw = found.start(found.lastindex or 1)
    offsets, decoded, shifts = [], 0, _shifts(source, raw, found.end())
    shift = next(shifts, None)
    for index in indexes:
        # Behind a reference that is passed, and up to the next, all is as long as it is written.
        while shift is not None and decoded + shift[0] - raw + shift[2] <= index:
            decoded, raw = decoded + shift[0] - raw + shift[2], shift[1]
            shift = next(shifts, None)
        offset = raw + index - decoded
        offsets.append(offset if shift is None else min(offset, shift[0]))
    return offsets


def end_of_tag(source: str, tag_offset: int) -> int | None:
    """The offset behind the ``>`` of the start tag whose ``<`` is at ``tag_offset``.

    There the text of a ``<style>`` begins. None where the tag is not closed.
    """
    found = _TAG.match(source, tag_offset)
    return None if found is None else found.end()


@cache  # of as many names as the caller knows
def finder(name: str) -> re.Pattern[str]:
    """Matches a start tag as far as its attribute ``name``, which is the first group.

    For callers who ask of so many that even the call of :func:`offset_of` counts.
    """
    wanted = rf"{re.escape(name)}(?=[{_SPACE}/>=])"
    # Each part takes all that it can for good, so a tag is gone through once, whatever stands in it.
    return re.compile(
        rf"<[^{_SPACE}/>]*+(?:[{_SPACE}/]*+(?!{wanted}){_NAME}(?:{_VALUE})?+)*+[{_SPACE}/]*+({wanted})",
        re.ASCII | re.IGNORECASE,
    )


@cache
def _finder(name: str) -> re.Pattern[str]:
    """With the attribute's value as a further group."""
    return re.compile(
        rf"{finder(name).pattern}(?:[{_SPACE}]*+=[{_SPACE}]*+(?:\"([^\"]*+)|'([^']*+)|([^{_SPACE}>]*+)))?+",
        re.ASCII | re.IGNORECASE,
    )


def _shifts(source: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Of each reference in the value: where it begins, where it ends, how many characters it means."""
    from html.entities import html5 as named  # the standard's table; few values need it

    for found in _DECODED.finditer(source, start, end):
        name, semicolon, equals = found.groups()
        if name is None:  # a number, or a line end
            yield found.start(), found.end(), 1
        elif semicolon and (meant := named.get(f"{name};")):
            yield found.start(), found.start(3), len(meant)
        # Without its semicolon only some may stand, and in an attribute not before an equals sign; a longer
        # word that begins with one is no reference either.
        elif not semicolon and not equals and (meant := named.get(name)):
            yield found.start(), found.end(), len(meant)
