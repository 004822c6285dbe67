"""Texts as Markdown: what means something there is escaped, tables are set."""

import re
from collections.abc import Collection, Sequence

from crawler.lab.report.prose import EMPHASIS

_SPECIAL = re.compile(r"([\\*_<>|\[\]`~])")
_LITERAL = re.compile(r"``(.+?)``|`([^`]+)`")


def plain(text: str) -> str:
    """A text without markup."""
    return _SPECIAL.sub(r"\\\1", text)


def written(text: str) -> str:
    """A text as lessons have it, with code between backquotes and stress between asterisks."""
    parts, end = [], 0
    for code in _LITERAL.finditer(text):
        parts += [_stressed(text[end : code.start()]), f"`{code[1] or code[2]}`"]
        end = code.end()
    return "".join([*parts, _stressed(text[end:])])


def _stressed(text: str) -> str:
    """Its emphasis stays one, all other marks are signs."""
    parts = map(plain, EMPHASIS.split(text))
    return "".join(f"<em>{part}</em>" if number % 2 else part for number, part in enumerate(parts))


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Collection[int] = frozenset()
) -> str:
    """A table; ``numeric`` columns stand at the right."""
    rule = ["---:" if column in numeric else "---" for column in range(len(columns))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (columns, rule, *rows))
