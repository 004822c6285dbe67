"""Where the program uses private parts of other libraries, it says beside it: do not copy this."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "crawler"
FILES = sorted(PACKAGE.rglob("*.py"))
OWN = {"self", "cls"}
PUBLIC = {"_asdict", "_replace", "_make", "_fields", "_exit", "_getframe", "_is_gil_enabled"}
"""Named so, and in Python's documentation."""
SAYS = "do not copy this"
ABOVE = 4
"""Lines above in which it is said."""


def defined_in(tree: ast.Module) -> set[str]:
    """Attributes and methods that a file gives to its own classes."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own(node.value):
            names.add(node.attr)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def is_own(value: ast.expr) -> bool:
    is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    return is_super or (isinstance(value, ast.Name) and value.id in OWN)


def unsaid(text: str) -> Iterator[str]:
    """Each private part of somebody else's in a file of which that is not said."""
    tree, lines = ast.parse(text), text.lower().splitlines()
    own = defined_in(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if node.attr in PUBLIC or node.attr in own or is_own(node.value):
            continue
        if SAYS not in "".join(lines[max(0, node.lineno - 1 - ABOVE) : node.lineno]):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def test_private_parts_of_others_are_not_to_be_copied():
    found = {path: list(unsaid(path.read_text(encoding="utf-8"))) for path in FILES}
    assert len(found) > 500
    assert {path.relative_to(PACKAGE).as_posix(): said for path, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("queue._reader.close()", ["line 1: queue._reader"]),
        ("# Do not copy this: there is no other way.\nqueue._reader.close()", []),
        ("row._replace(a=1)\nself._anything\nsuper()._take()", []),
        ("class A:\n    def __init__(self, b):\n        self._c = b._c + b._d", ["line 3: b._d"]),
    ],
)
def test_it_is_found_where_it_is_not_said(text: str, found: list[str]):
    assert list(unsaid(text)) == found
