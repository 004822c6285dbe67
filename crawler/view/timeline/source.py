"""The lines of source that ran in a bar, from the package as it is installed."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import crawler
from crawler.trace.recorded import Where

PACKAGE = Path(crawler.__file__).parent
_STEPS = {"enter", "leave"}
"""The methods of :class:`crawler.trace.steps.Step` at which one bar ends and the next one begins."""


class Function(NamedTuple):
    """One function of the package, as it is written."""

    file: str
    """Relative to the package's folder."""
    name: str
    first: int
    """The line at which it begins."""
    text: str
    steps: tuple[int, ...]
    """The lines at which it says that something else begins, in order."""


class Lines(NamedTuple):
    """What ran: a function by its number in :attr:`Sources.functions`, and the lines of it."""

    function: int
    first: int
    last: int


class Sources:
    """Finds the functions that bars name, and keeps each of them once."""

    def __init__(self, package: Path = PACKAGE) -> None:
        self._package = package.resolve()
        self._files: dict[str, list[Function]] = {}
        self._numbers: dict[tuple[str, int], int] = {}
        self.functions: list[Function] = []

    def lines_of(self, where: Where) -> Lines | None:
        """What ran from there up to the next step; None where this package has no such function there."""
        around = [each for each in self._of_file(where.file) if _holds(each, where)]
        if not around:
            return None
        function = max(around, key=lambda each: each.first)  # the innermost one
        key = function.file, function.first
        if key not in self._numbers:
            self._numbers[key] = len(self.functions)
            self.functions.append(function)
        end = function.first + function.text.count("\n")
        last = next((line - 1 for line in function.steps if line > where.line), end)
        return Lines(self._numbers[key], where.line, last)

    def _of_file(self, file: str) -> list[Function]:
        if file not in self._files:
            path = (self._package / file).resolve()
            # A trace may come from anywhere, and must not have the page show a file that is none of ours.
            ours = path.suffix == ".py" and path.is_relative_to(self._package) and path.is_file()
            self._files[file] = list(_functions(file, path.read_text("utf-8"))) if ours else []
        return self._files[file]


def _holds(function: Function, where: Where) -> bool:
    """Whether it is the one that is meant: another version may have another function at that line."""
    name = where.function.rpartition(".")[2]
    is_within = function.first <= where.line <= function.first + function.text.count("\n")
    return is_within and (name == function.name or name.startswith("<"))


def _functions(file: str, text: str) -> Iterator[Function]:
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, last = node.lineno, node.end_lineno or node.lineno
            yield Function(file, node.name, first, _flush(lines[first - 1 : last]), _steps(node))


def _flush(lines: list[str]) -> str:
    """Without the indentation that all of them have, as of a method."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines)


def _steps(function: ast.AST) -> tuple[int, ...]:
    called = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    named = (node for node in called if isinstance(node.func, ast.Attribute) and node.func.attr in _STEPS)
    return tuple(sorted({node.lineno for node in named}))
