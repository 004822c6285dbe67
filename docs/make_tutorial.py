"""Put the programs of ``examples/tutorial`` into ``docs/learn/tutorial.md`` and its Chinese twin.

``python -m docs`` does so at each ``<!-- example NAME -->``: the program without its docstring, which the
page says in more words, and then what the docstring says that it prints. A test runs every program and wants
just that, and compares the pages with the files as they are now.
"""

import ast
import inspect
import re

from docs import DOCS, ROOT

EXAMPLES = ROOT / "examples" / "tutorial"
PAGES = (DOCS / "learn" / "tutorial.md", DOCS / "learn" / "tutorial.zh.md")
_BLOCK = r"```{}\n(?s:.*?)^```\n"
_PLACE = re.compile(
    rf"^<!-- example (?P<name>\w+) -->\n(?:{_BLOCK.format('python')}\n{_BLOCK.format('text')})?", re.MULTILINE
)


def make(page: str) -> str:
    """The page with all its programs as they are now."""

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        code, prints = "\n".join(_code(name)), "".join(f"{line}\n" for line in printed(name))
        return f"<!-- example {name} -->\n```python\n{code}\n```\n\n```text\n{prints}```\n"

    return _PLACE.sub(replace, page)


def printed(name: str) -> list[str]:
    """The lines that a program prints, as its docstring says. Raises LookupError where it does not say."""
    said = ast.get_docstring(ast.parse(_text(name))) or ""
    _, found, block = said.partition("::\n\n")
    if not found:
        raise LookupError(f"{name}.py does not say what it prints")
    return inspect.cleandoc(block).splitlines()


def _code(name: str) -> list[str]:
    return _text(name).split('"""\n', 1)[1].strip("\n").splitlines()


def _text(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
