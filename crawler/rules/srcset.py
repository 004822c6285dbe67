"""The images of a ``srcset`` or ``imagesrcset``: WHATWG HTML § 4.8.4.3.10, "parse a srcset attribute".

A comma may be part of a URL; only one at its end parts it from the next. A candidate whose descriptors are
wrong is dropped, as browsers do: nobody will ask for it.
"""

import re
from typing import NamedTuple

_SPACE = r"\t\n\f\r "
_CANDIDATE = re.compile(rf"[{_SPACE},]*+([^{_SPACE}]*[^{_SPACE},])(?:,|((?:[^,(]++|\([^)]*+\)?+)*+),?+)")
"""A URL; and unless that ends in a comma, descriptors, up to one that stands in no parentheses."""
_DESCRIPTOR = re.compile(rf"(?:[^{_SPACE}(]++|\([^)]*+\)?+)++")
_VALID = re.compile(
    r"""0*+[1-9][0-9]*+[wh]
    |(?:(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++|-(?:0++(?:\.0++)?|\.0++))(?:[eE][+-]?[0-9]++)?)x""",
    re.VERBOSE,
)
"""A width or a height above zero, or a density that is not below it."""
_TOGETHER = frozenset({(), ("w",), ("x",), ("w", "h"), ("h", "w")})
"""Descriptors that may stand beside each other. A height alone may not."""


class Candidate(NamedTuple):
    """One image of the set."""

    offset: int
    """Of the URL, in characters from the attribute value's beginning."""
    url: str
    """As written, not resolved."""


def candidates(value: str) -> list[Candidate]:
    """The image candidates of the attribute's ``value``, in order."""
    found, position = [], 0
    while candidate := _CANDIDATE.match(value, position):
        position = candidate.end()
        if _are_valid(_DESCRIPTOR.findall(candidate[2] or "")):
            found.append(Candidate(candidate.start(1), candidate[1]))
    return found


def _are_valid(descriptors: list[str]) -> bool:
    if len(descriptors) > 2:
        return False
    return all(map(_VALID.fullmatch, descriptors)) and tuple(text[-1] for text in descriptors) in _TOGETHER
