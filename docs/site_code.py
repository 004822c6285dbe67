"""The pages of the site that show source code: one for each file, and the index of them all."""

import ast
import functools
import posixpath
import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from docs import ROOT
from docs.parsed import parsed

ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
"""A reference to something named, as docstrings write it: :class:`Name`."""
CODE = re.compile(r"(`+)(.+?)\1")
LAST_WORD = re.compile(r"""(?!\W*(?:e\.g|i\.e|cf|vs)\.).*[.!?][)"']*""")
"""The last word of a sentence: one with a stop, which is no abbreviation's."""


class Block(NamedTuple):
    """A stretch of a source file: its head, or one function or class."""

    begin: int
    """Number of its first line."""
    lines: list[str]
    heading: str = ""
    name: str = ""
    members: dict[str, int] = {}
    """The line at which each of a class's own begins."""


@functools.cache
def blocks(name: str) -> list[Block]:
    """A source file, cut before each function and class."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    found = [Block(1, [])]
    for node in parsed(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            begin = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            members = {below.name: below.lineno for below in node.body if hasattr(below, "name")}
            found.append(Block(begin, [], f"{kind} {node.name}", node.name, members))
    ends = [block.begin for block in found[1:]] + [len(lines) + 1]
    for block, end in zip(found, ends, strict=True):
        block.lines.extend(lines[block.begin - 1 : end - 1])
        while block.lines and not block.lines[-1].strip():
            block.lines.pop()
    return [block for block in found if block.lines]


def anchor_of(name: str, wanted: str) -> str:
    """The anchor, on the page of a source file, of ``function`` or ``Class.method``. Raises LookupError."""
    owner, _, member = wanted.partition(".")
    for number, block in enumerate(blocks(name)):
        if block.name == owner and not member:
            return owner
        if block.name == owner and member in block.members:
            return f"__codelineno-{number}-{block.members[member]}"
    raise LookupError(f"there is no {wanted} in {name}")


def code_page(name: str) -> str:
    """A source file as a page: a heading for each function and class, so that links find them."""
    title = name.replace("_", r"\_")  # or __init__ is bold, and reads as another file's name
    parts = [f"# {title}", ""]
    for block in blocks(name):
        if block.heading:
            parts += [f"## {block.heading} {{ #{block.name} }}", ""]
        parts += [f'````python linenums="{block.begin}"', *block.lines, "````", ""]
    return "\n".join(parts)


def first_sentence(docstring: str) -> str:
    """The first sentence of ``docstring``, whole, in Markdown; without a stop, its first paragraph."""
    paragraph = " ".join(docstring.strip().partition("\n\n")[0].split())
    parts = CODE.split(ROLE.sub(r"`\1`", paragraph))  # prose, ticks, code, prose, ticks, code, …, prose
    said = ""
    for prose, code in zip(parts[::3], [*parts[2::3], ""], strict=True):
        words = prose.split(" ")
        for number, word in enumerate(words):
            last = number == len(words) - 1
            if LAST_WORD.fullmatch(word) and not (last and code):
                return said + escaped(" ".join(words[: number + 1]))
        said += escaped(prose) + (f"`{code}`" if code else "")
    return said


def escaped(prose: str) -> str:
    """``prose`` as it stands, in Markdown."""
    return re.sub(r"([\\*_<\[])", r"\\\1", prose)


def said_by(name: str) -> str:
    """The first sentence that a source file says of itself; empty if it has no docstring."""
    return first_sentence(ast.get_docstring(parsed((ROOT / name).read_text(encoding="utf-8"))) or "")


def code_index(names: Iterable[str]) -> str:
    """The list of all source files, room by room, each with its first sentence."""
    parts = [
        "# The code",
        "",
        "Every folder and every file, with the first sentence that it says of itself.",
        "",
    ]
    for folder, inside in groupby(sorted(names, key=posixpath.split), key=posixpath.dirname):
        files = list(inside)
        room = f"{folder}/__init__.py"
        if room in files:
            files.remove(room)
            parts += [f"## [{escaped(folder)}/]({room}.md)", "", said_by(room), ""]
        else:
            parts += [f"## {escaped(folder)}/", ""]
        for name in files:
            shown = escaped(posixpath.basename(name))
            parts += [f"- [{shown}]({name}.md) {said_by(name)}".rstrip()]
        parts += [""]
    return "\n".join(parts)
