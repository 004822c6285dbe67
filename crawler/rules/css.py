"""What a style sheet refers to: ``url(…)`` and ``@import``, by CSS Syntax Level 3 (§ 4, tokenization).

This is no parser of CSS: it skips comments, strings and all that stands between, and takes the url tokens,
the functions ``url("…")``, and the imports. Left out are bad url tokens, ``src()``, the bare strings of
``image-set()``, and what stands between an at-rule's name and its block or semicolon (``@namespace``,
``@supports``), which no browser fetches. Whether a declaration is valid, or a custom property is used
anywhere, is not known here.

Every expression keeps what it took, so the time is linear in the text, whatever that is.
"""

import re
from typing import NamedTuple

_SPACE = r"[\t\n\f\r ]"
_AFTER_HEX = rf"(?:\r\n|{_SPACE})?+"
"""One white space behind the digits of an escape belongs to it."""
_HEX = rf"[0-9A-Fa-f]{{1,6}}+{_AFTER_HEX}"
_ESCAPE = rf"\\(?:{_HEX}|[^\n\r\f]|\Z)"
_NAMED = r"\-0-9A-Z_a-z\x00\x80-\U0010FFFF"
"""What a name may go on with, for a class. A NUL stands for U+FFFD."""
_NAME = rf"(?=--|-?(?:[A-Z_a-z\x00\x80-\U0010FFFF]|{_ESCAPE}))(?:[{_NAMED}]++|{_ESCAPE})++"
_COMMENT = r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?+"
_BETWEEN = rf"(?:{_SPACE}++|{_COMMENT})*+"
_DOUBLE, _SINGLE = (
    rf"[^{quote}\\\n\r\f]*+(?:\\(?:{_HEX}|\r\n|[\S\s]|\Z)[^{quote}\\\n\r\f]*+)*+" for quote in ('"', "'")
)
_STRING = rf"""(?:"({_DOUBLE})(?:"|\Z)|'({_SINGLE})(?:'|\Z))"""
_ANY_STRING = rf"""(?:"{_DOUBLE}"?+|'{_SINGLE}'?+)"""
"""Also a bad one, which ends where its line does."""

# None of the three letters is a hexadecimal digit: an escape of one ends before the next.
_LETTERS = "".join(
    rf"(?:\\?+{letter}|\\0{{0,4}}+{digits}{_AFTER_HEX})"
    for letter, digits in (("[Uu]", "[57]5"), ("[Rr]", "[57]2"), ("[Ll]", "[46][Cc]"))
)
_URL = rf"{_LETTERS}\({_SPACE}*+"
"""As a function's name, or as the beginning of a url token."""
_BARE_URL = rf"""{_URL}(?!["'])"""
_MODIFIER = rf"(?!-->|{_URL})(?={_NAME})"
"""May follow the string of a url: CSS Values Level 4 § 4.5.4."""
_WHOLE = (
    rf"""(?:{_BARE_URL}((?:[^"'()\\\t\n\f\r \x01-\x08\x0b\x0e-\x1f\x7f]++|{_ESCAPE})*+){_SPACE}*+(?:\)|\Z)"""
    rf"""|{_URL}{_STRING}{_BETWEEN}(?:\)|\Z|{_MODIFIER}))"""
)
_REMNANTS = rf"{_BARE_URL}(?:[^)\\]++|\\[\S\s]?+)*+\)?+"
"""All of a url token, even a bad one."""
_BEGINS = rf"(?<![#{_NAMED}])"
"""True where what follows is no part of a longer name or a hash."""
_LONGER_NAME = rf"(?:(?:{_ESCAPE}[{_NAMED}]*+)++|[Uu\\])"

_WHOLE_URL = re.compile(_WHOLE)
_BAD_URL = re.compile(_REMNANTS)
_NEXT = re.compile(
    rf"""(?:[^"'/\\Uu@<]++|{_COMMENT}|{_ANY_STRING}|/"""
    rf"""|(?!{_BEGINS}{_URL}){_LONGER_NAME}|(?!<!--{_URL})<|@(?!{_NAME}))*+"""
    rf"(?:(?:<!--|{_BEGINS})({_URL})|@{_NAME})"
)
"""Up to the next url and behind its parenthesis, or behind the next at-keyword."""
_IN_PRELUDE = re.compile(
    rf"""(?:[^"'/\\Uu<;(){{}}[\]]++|\([^"'/\\;(){{}}[\]]*+\)|{_COMMENT}|{_ANY_STRING}|/"""
    rf"""|(?:<!--|{_BEGINS}){_REMNANTS}|<|{_LONGER_NAME})*+([;(){{}}[\]])"""
)
_AT_RULE = re.compile(rf"(?:{_SPACE}++|{_COMMENT}|<!--|-->)*+@({_NAME}){_BETWEEN}")
_IMPORTED = re.compile(rf"{_WHOLE}|{_STRING}")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_UNESCAPED = re.compile(rf"\\(?:([0-9A-Fa-f]{{1,6}}+){_AFTER_HEX}|(\r\n|[\S\s])|\Z)")


class CssReference(NamedTuple):
    """Something that a style sheet asks for."""

    offset: int
    """Where it begins in the text, in characters: its ``url(``, or the string of an ``@import``."""
    value: str
    """As written but for its escapes: not resolved, and perhaps empty, ``#id`` or ``data:…``."""
    is_import: bool
    """It is another style sheet."""


def references(css: str) -> list[CssReference]:
    """What the style sheet ``css`` refers to, in order.

    An ``@import`` counts only in front of all other rules, but for ``@charset`` and ``@layer``, which
    may name layers before the first (CSS Cascade Level 5 § 2): browsers ignore a later one.
    """
    if not _may_refer(css):
        return []
    found, position = _imports(css)
    return found + _urls(css, position)


def declaration_references(css: str) -> list[CssReference]:
    """What a list of declarations, such as a ``style`` attribute, refers to, in order."""
    return _urls(css, 0) if _may_refer(css) else []


def _may_refer(css: str) -> bool:
    lowered = css.lower()
    return "url(" in lowered or "@import" in lowered or "\\" in css


def _imports(css: str) -> tuple[list[CssReference], int]:
    found: list[CssReference] = []
    position = 0
    while rule := _AT_RULE.match(css, position):
        keyword = _unescape(rule[1], "\ufffd").lower()
        if keyword not in ("charset", "import", "layer") or (keyword == "layer" and found):
            break
        imported = _IMPORTED.match(css, rule.end()) if keyword == "import" else None
        end, has_block = _end_of_prelude(css, rule.end() if imported is None else imported.end())
        if has_block:
            break
        if imported is not None:
            found.append(_reference(imported, is_import=True))
        position = end
    return found, position


def _urls(css: str, position: int) -> list[CssReference]:
    found: list[CssReference] = []
    while following := _NEXT.match(css, position):
        begin = following.start(1)
        if begin < 0:
            position, _ = _end_of_prelude(css, following.end())
        elif url := _WHOLE_URL.match(css, begin):
            found.append(_reference(url, is_import=False))
            position = url.end()
        else:
            position = (_BAD_URL.match(css, begin) or following).end()
    return found


def _end_of_prelude(css: str, position: int) -> tuple[int, bool]:
    """Behind what ends an at-rule's prelude, and whether a block begins there.

    That is a semicolon, a brace, or the end of the block that the at-rule stands in.
    """
    open_until: list[str] = []
    while step := _IN_PRELUDE.match(css, position):
        position, mark = step.end(), step[1]
        if open_until and mark == open_until[-1]:
            open_until.pop()
        elif not open_until and mark in ";{}":
            return position, mark == "{"
        elif mark in _CLOSING:
            open_until.append(_CLOSING[mark])
    return len(css), False


def _reference(found: re.Match[str], *, is_import: bool) -> CssReference:
    group = found.lastindex or 1
    at_end = "\ufffd" if group == 1 else ""  # the first is of a url without quotes
    return CssReference(found.start(), _unescape(found[group], at_end), is_import)


def _unescape(written: str, at_end: str) -> str:
    """With what the escapes stand for; a backslash that ends the style sheet stands for ``at_end``."""

    def meant(escape: re.Match[str]) -> str:
        if digits := escape[1]:
            code = int(digits, 16)
            return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"
        if (character := escape[2]) is None:
            return at_end
        return "" if character in ("\n", "\r\n", "\r", "\f") else character

    if "\\" in written:
        written = _UNESCAPED.sub(meant, written)
    return written.replace("\0", "\ufffd")
