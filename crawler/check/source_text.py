"""A file of the repository, and where in it a fault stands: by its place, or by what it names."""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

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
        for name in _names(target, text):
            hits = []
            for hit in name.finditer(self._text):
                hits.append(self._region(*hit.span()))
                if len(hits) == _HITS:
                    break
            if hits:
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


def _names(target: str, text: str) -> Iterator[re.Pattern[str]]:
    """What to look for, the surest first: the whole, without the host, the last part, without its suffix."""
    address, hash_mark, fragment = target.partition("#")
    path = urlsplit(address).path if "://" in address else address
    last = path.rstrip("/").rpartition("/")[2]
    stem = _HTML_NAME.sub("", last)
    behind = hash_mark + fragment
    for name in _each(target, path + behind, last + behind, behind, path, last):
        yield _word(re.escape(name))
    for name in _each(stem):  # as other sources write links: old.md, old/, `old`
        yield re.compile(rf"(?<=[/(\"'<`\s]){re.escape(name)}(?=\.\w|[/#?)\"'>`])")
    for name in _each(stem, text if len(text) >= _TEXT else ""):
        yield _word(re.escape(name))


def _each(*names: str) -> list[str]:
    """Each once, as it is written and percent-decoded; none that is found everywhere."""
    spelled = (each for name in names for each in (name, unquote(name)))
    return [name for name in dict.fromkeys(spelled) if len(name) > 1]


def _word(name: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if re.match(r"\w", name) else ""
    behind = r"(?!\w)" if re.search(r"\w$", name) else ""
    return re.compile(before + name + behind)
