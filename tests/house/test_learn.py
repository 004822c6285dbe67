"""The hour in docs/learn is one, and the words of its glossary stand in the code where it says."""

import ast
import re
from pathlib import Path

import pytest

from docs.parsed import parsed

ROOT = Path(__file__).parents[2]
LEARN = ROOT / "docs" / "learn"
WORDS, LINES = 200, 20
"""Of prose, and of code, that a learner reads in a minute."""
ROW = re.compile(r"^\| (?P<minutes>\d+) \| (?P<read>.*?) \|", re.MULTILINE)
CODE = re.compile(r"\]\(\.\./\.\./(?P<path>[\w/.]+\.py)(?:#(?P<name>[\w.]+))?\)")


def rows(page: str) -> list[tuple[int, list[tuple[str, str]]]]:
    """Minutes, and what is read in them: file and function."""
    text = (LEARN / page).read_text(encoding="utf-8")
    return [
        (int(row["minutes"]), [(code["path"], code["name"] or "") for code in CODE.finditer(row["read"])])
        for row in ROW.finditer(text)
    ]


def minutes_for(path: str, name: str = "", *, only_head: bool = False) -> float:
    """To read a file or one of its functions, or only what a file says of itself."""
    source = (ROOT / path).read_text(encoding="utf-8")
    node: ast.AST = parsed(source)
    if name:
        node = next(child for child in ast.walk(node) if getattr(child, "name", None) == name)
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", len(source.splitlines()))
    if only_head:
        assert isinstance(node, ast.Module)
        last = node.body[0].end_lineno
    said, prose = 0, set[int]()
    for child in ast.walk(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and child.lineno <= last:
            said += len(str(child.value.value).split())
            prose.update(range(child.lineno, (child.end_lineno or child.lineno) + 1))
    lines = source.splitlines()
    code = [number for number in range(first, last + 1) if number not in prose and lines[number - 1].strip()]
    return said / WORDS + len(code) / LINES


def minutes_of_step(path: str) -> float:
    """To read what the ladder says of a step, without code and without its try."""
    step = re.match(r"step(\d\w?)_", Path(path).name)
    if step is None:
        return 0.0
    ladder = (LEARN / "ladder.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", ladder.split(f"\n## Step {step[1]}:")[1], maxsplit=1, flags=re.MULTILINE)[0]
    part = re.sub(r"^```.*?^```|^\*\*Try\.\*\*.*?\n\n|\]\([^)]*\)", "", part, flags=re.MULTILINE | re.DOTALL)
    return len(part.split()) / WORDS


def test_the_hour_is_an_hour():
    way = rows("index.md")
    assert len(way) >= 10
    assert 50 <= sum(minutes for minutes, _ in way) <= 60
    for minutes, read in way:
        named = {path for path, name in read if name}
        needed = sum(
            minutes_for(path, name, only_head=not name and path in named) + minutes_of_step(path)
            for path, name in read
        )
        assert needed <= minutes, f"{needed:.1f} minutes for {read}"


def test_both_languages_give_the_same_minutes():
    assert rows("index.md") == rows("index.zh.md")


def normal(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.lower())


def entries(heading: str) -> list[str]:
    part = (LEARN / "glossary.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| **")]


@pytest.mark.parametrize("heading", ["Words of this program", "Words of the field"])
def test_the_words_stand_in_the_code_where_the_glossary_says(heading: str):
    """A word of ours with one of those that others say for it; a word of the field, or one for what it is."""
    found = entries(heading)
    assert len(found) > 20
    for line in found:
        word, _, meaning, where = line.strip("| ").split(" | ")
        code = CODE.search(where)
        assert code is not None, line
        text = normal((ROOT / code["path"]).read_text(encoding="utf-8"))
        ours = word.strip("*").split(", ")
        others = re.findall(r"\*([^*]+)\*", meaning)
        wanted = [ours, others] if heading == "Words of this program" else [ours + others]
        for words in filter(None, wanted):
            assert any(normal(one) in text for one in words), f"none of {words} is in {code['path']}"
