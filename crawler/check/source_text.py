"""A file of the repository, and where in it a fault stands: by its place, or by what it names."""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

_LARGEST = 4 * 1024 * 1024
"""Bytes; a larger file is not read."""
_LONGEST = 2_000
"""Characters of a region."""
_HITS = 100
_TEXT = 4
"""Characters; a shorter text of a link stands everywhere."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKUP = re.compile(
    r"""<[^<>]*>?"""  # a tag
    r"""|[\w:.@-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)"""  # an attribute
    r"""|url\(\s*(?:"[^"]*"|'[^']*'|[^)]*)\s*\)|@import[^;]*"""  # CSS
)
_HOST = re.compile(r"^\w[\w+.-]*://[^/]*")
_HTML_NAME = re.compile(r"\.x?html?$|/$")


class Region(NamedTuple):
    """Some characters of a file. Lines and columns count from 1, in characters (code points)."""

    line: int
    column: int
    end_line: int
    end_column: int
    """Just behind the last character, as SARIF counts (2.1.0, section 3.30.8)."""


class SourceText:
    """The text of a file."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    @classmethod
    def of(cls, file: str) -> "SourceText | None":
        """That of a file, as UTF-8; None where it cannot be read, or is too large."""
        try:
            if os.path.getsize(file) > _LARGEST:  # noqa: PTH202
                return None
            with open(file, encoding="utf-8-sig", errors="replace", newline="") as stream:  # noqa: PTH123
                return cls(stream.read())
        except (OSError, ValueError):
            return None

    def markup_at(self, line: int, column: int) -> Region | None:
        """The tag, the attribute or the reference of CSS that begins there; None where none does."""
        if line > len(self._starts):
            return None
        start = self._starts[line - 1] + column - 1
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        found = _MARKUP.match(self._text, start, start + _LONGEST) if start < end else None
        return found and self._region(*found.span())

    def mention(self, target: str, text: str, near: int = 1) -> Region | None:
        """Where ``target`` (a URL, a path, an id) is named, by what is left of it in a source.

        Of several such places: one in a line that has ``text`` (of the link) too, then the one next to the
        line ``near``. None where there is none.
        """
        for name, around in _names(target, text):
            if name not in self._text:  # which is quickly seen
                continue
            pattern = re.compile(around.format(re.escape(name)), re.MULTILINE)
            if hits := [self._region(*hit.span(1)) for hit in islice(pattern.finditer(self._text), _HITS)]:
                with_text = [hit for hit in hits if text and text in self._line(hit.line)]
                return min(with_text or hits, key=lambda hit: abs(hit.line - near))
        return None

    def _line(self, line: int) -> str:
        return self._text[slice(*self._starts[line - 1 : line + 1])]

    def _region(self, start: int, end: int) -> Region:
        return Region(*self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


_WORD = r"(?<!\w)({})(?!\w)"
_MARK_FIRST = r"({})(?!\w)"
_AS_LINKED = r"(?:^[ \t]*|(?<=[/(\"'<`=\[:]))({})(?=\.\w|[/#?)\"'>`\]]|[ \t]*$)"
"""As sources write the name of a page: ``(old.md)``, ``"old/"``, ```old```, or alone on a line."""
_AS_TEXT = r"(?<=[\[`>])({})(?=[\]`<]| <)"
"""As they write a link's text: ``[text]``, ```text <old>```, ``<a>text</a>``."""


def _names(target: str, text: str) -> Iterator[tuple[str, str]]:
    """What to look for, and in which surroundings: the surest first.

    The whole target, without its host, its last part, that without its suffix; then the link's text.
    """
    address, hash_mark, fragment = target.partition("#")
    path = _HOST.sub("", address)
    last = path.rstrip("/").rpartition("/")[2]
    behind = hash_mark + fragment
    whole = last if "." in last else ""  # else it may be any word
    for name in _each(target, path + behind, last + behind if behind else "", behind, path, whole):
        yield name, _WORD if name[0].isalnum() else _MARK_FIRST
    for name in _each(_HTML_NAME.sub("", last)):
        yield name, _AS_LINKED
    if len(text) >= _TEXT:
        yield text, _AS_TEXT


def _each(*names: str) -> list[str]:
    """Each once, as it is written and percent-decoded; none that is found everywhere."""
    spelled = (each for name in names for each in (name, unquote(name)))
    return [name for name in dict.fromkeys(spelled) if len(name) > 1]
