"""Docstrings for readers: the little of reStructuredText that they use, as text and as HTML."""

import re
from html import escape

_LITERAL = re.compile(r"``(.+?)``|`([^`]+)`")
EMPHASIS = re.compile(r"(?<![A-Za-z0-9_*])\*(\w[^*]*)\*(?![A-Za-z0-9_*])")
"""Not within a word or a sum. Chinese has no spaces between words: there it begins and ends anywhere."""
_ITEM = re.compile(r"^- ", re.MULTILINE)


def plain(text: str) -> str:
    """Without markup, and each paragraph in one line, to be wrapped where it is shown."""
    return "\n\n".join(_plain(block) for block in _blocks(text))


def html(text: str) -> str:
    """Paragraphs, lists, and what is set out in columns as it is."""
    return "".join(map(_html, _blocks(text)))


def inline(text: str) -> str:
    """One paragraph or less as HTML, with code between backquotes."""
    coded = _LITERAL.sub(lambda found: f"<code>{found[1] or found[2]}</code>", escape(text))
    return EMPHASIS.sub(r"<em>\1</em>", coded)


def _blocks(text: str) -> list[str]:
    return [block for block in text.split("\n\n") if block.strip() != "::"]


def _is_set_out(block: str) -> bool:
    """A drawing or a table: its lines are not one text."""
    return block.startswith((" ", "==="))


def _columns(block: str) -> str:
    """Without marks, and all columns where they were."""
    rows = [line for line in block.splitlines() if set(line) - {"=", " "}]
    return re.sub(r"``(.+?)``", r"\1    ", "\n".join(rows))


def _items(block: str) -> tuple[str, list[str]]:
    """What stands before a list, and its items, each in one line."""
    before, *items = _ITEM.split(block)
    return _joined(before), list(map(_joined, items))


def _joined(text: str) -> str:
    return " ".join(text.split())


def _plain(block: str) -> str:
    if _is_set_out(block):
        return _columns(block)
    before, items = _items(block)
    text = "\n".join([*([before] if before else []), *(f"- {item}" for item in items)])
    return EMPHASIS.sub(r"\1", text.replace("``", "`"))


def _html(block: str) -> str:
    if _is_set_out(block):
        return f"<div class=scroll tabindex=0><pre>{escape(_columns(block))}</pre></div>"
    before, items = _items(block)
    listed = "".join(f"<li>{inline(item)}</li>" for item in items)
    return (f"<p>{inline(before)}</p>" if before else "") + (f"<ul>{listed}</ul>" if listed else "")
