"""Lines of text as a terminal or a file can take them: parts with a style, broken only where words end."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LEAST_WIDTH = 20
"""A sentence gets so many columns at least, however narrow the terminal."""


class Part(NamedTuple):
    """Some words of a line."""

    text: str
    style: str = ""
    """Words of :data:`crawler.watch.terminal.STYLES`, with a blank between two."""
    link: str | None = None
    """What a click on it opens: an absolute URL."""


class Line(NamedTuple):
    """One line, without its end."""

    parts: Sequence[Part] = ()
    indent: int = 0
    """Blanks before it."""


def plain(line: Line) -> str:
    """The line without styles."""
    return f"{' ' * line.indent}{''.join(part.text for part in line.parts)}".rstrip()


def sentence(indent: int, text: str, width: int | None, style: str = "") -> Iterator[Line]:
    """A sentence, broken between words where ``width`` columns are too few; a URL in it stays whole."""
    room = max(width - indent, LEAST_WIDTH) if width else len(text) + 1
    for line in textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False):
        yield Line([Part(line, style)], indent)


def pair(
    indent: int, first: Sequence[Part], second: Sequence[Part], width: int | None, column: int = 0
) -> Iterator[Line]:
    """Two things in one line, the second in that column behind the indent; below it where they do not fit."""
    if not second:
        yield Line(first, indent)
        return
    length = sum(len(part.text) for part in first)
    gap = max(column - length, 2)
    if width and indent + length + gap + sum(len(part.text) for part in second) > width:
        yield Line(first, indent)
        yield Line(second, indent + 2)
    else:
        yield Line([*first, Part(" " * gap), *second], indent)


def table(
    indent: int, rows: Iterable[tuple[Sequence[Part], str, Sequence[Part]]], width: int | None
) -> Iterator[Line]:
    """Rows of a name, a figure, and what goes below them where a narrow terminal has no room beside them."""
    rows = list(rows)
    names = [sum(len(part.text) for part in name) for name, _, _ in rows]
    name_width, figure_width = max(names, default=0), max((len(figure) for _, figure, _ in rows), default=0)
    for (name, figure, more), length in zip(rows, names, strict=True):
        padded = Part(f"{' ' * (name_width - length)}  {figure:>{figure_width}}")
        yield from pair(indent, [*name, padded], more, width)
