"""Put the steps of the ladder, and what they took, into ``docs/learn/ladder.md`` and its Chinese twin.

``python -m docs`` does so wherever a page has such a comment; a test compares the pages with the files as
they are now. ``python -m docs.make_ladder`` runs the ladder first, which takes minutes and needs a machine
with nothing else to do: the figures in ``docs/assets/ladder.json`` are of that run.

- ``<!-- code STEP -->``: the program of that step;
- ``<!-- diff BEFORE STEP -->``: what is other in it than in one before;
- ``<!-- table en -->``: seconds of all steps.
"""

import difflib
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from docs import DOCS, ROOT
from examples.ladder.running import Step

STEPS = ROOT / "examples" / "ladder"
PAGES = (DOCS / "learn" / "ladder.md", DOCS / "learn" / "ladder.zh.md")
MEASURED = DOCS / "assets" / "ladder.json"
CONTEXT = 2
"""Lines around a change that are shown with it."""
_PLACE = re.compile(
    r"^<!-- (?P<what>code|diff|table) (?P<names>[\w ]+) -->\n(?:```\w+\n(?s:.*?)^```\n|(?:\|.*\n)+)?",
    re.MULTILINE,
)
_WORDS = {
    "en": ("step", "who waits", "who parses", "{name}: {latency:g} ms, parsed {parses}×"),
    "zh": ("步骤", "谁在等", "谁来解析", "{name}：{latency:g} ms，解析 {parses} 次"),
}
_CHINESE = {
    "waiting": "等待",
    "computing": "计算",
    "one thread": "一个线程",
    "the same": "同左",
    "16 threads": "16 个线程",
    "a process for each core": "每核一个进程",
    "a coroutine for each URL": "每个 URL 一个协程",
    "16 of these coroutines": "其中 16 个协程",
    "16 coroutines": "16 个协程",
    "their loop": "它们的事件循环",
}


def make(page: str) -> str:
    """The page with all that is generated in it as it should be."""

    def replace(match: re.Match[str]) -> str:
        names = match["names"].split()
        made = {"code": _code, "diff": _diff, "table": _table}[match["what"]](*names)
        return f"<!-- {match['what']} {match['names']} -->\n{made}"

    return _PLACE.sub(replace, page)


def body(step: str) -> list[str]:
    """The lines of a step without its docstring, which the page says in more words."""
    text = (STEPS / f"{step}.py").read_text(encoding="utf-8")
    return text.split('"""\n', 1)[1].strip("\n").splitlines()


def _code(step: str) -> str:
    return "\n".join(["```python", *body(step), "```", ""])


def _diff(before: str, step: str) -> str:
    lines = list(difflib.unified_diff(body(before), body(step), n=CONTEXT, lineterm=""))[3:]
    shown = "\n".join("@@" if line.startswith("@@") else line.rstrip() for line in lines)
    return f"```diff\n{shown.rstrip()}\n```\n"


def _table(language: str) -> str:
    measured: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    steps = measured["steps"]

    def word(text: str) -> str:
        return _CHINESE[text] if language == "zh" else text

    *names, column = _WORDS[language]
    heads = [
        column.format(name=word(one["name"]), latency=one["latency"] * 1000, parses=one["parses"])
        for one in measured["workloads"]
    ]
    rows = [
        [
            f"[{Step(**step).name}](../../examples/ladder/{step['file']}.py)",
            word(step["waits"]),
            word(step["parses"]),
            *(f"{seconds[step['file']]:.2f} s" for seconds in measured["seconds"].values()),
        ]
        for step in steps
    ]
    table = [[*names, *heads], ["---"] * (len(names) + len(heads)), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in table)


def measure(rounds: int = 3) -> None:
    """Run the ladder, and keep what it has written."""
    from examples.ladder.__main__ import WORKLOADS, climb

    with tempfile.TemporaryDirectory() as folder:
        climb(WORKLOADS, rounds, Path(folder))
        shutil.copy(Path(folder) / MEASURED.name, MEASURED)


if __name__ == "__main__":
    measure()
