"""The ladder: seconds of each step, of the run that is kept in ``docs/assets/ladder.json``.

A bar has two halves: who waits for the answers, and below it who parses, in the colours of their models.
"""

import json
from pathlib import Path
from typing import Any

from docs.drawing.svg import NARROW, At, Sheet
from docs.drawing.words import models

MEASURED = Path(__file__).parents[1] / "assets" / "ladder.json"
WORDS = {
    "title": ("The ladder on {0} cores: seconds, shorter is better", "阶梯（{0} 个核）：秒数，越短越好"),
    "halves": (
        "First sign, upper half of a bar: who waits; second sign, lower half: who parses",
        "前一个记号、条的上半：谁在等；后一个记号、下半：谁来解析",
    ),
    "waiting": ("waiting: answers in {0:.0f} ms, parsed {1}×", "等待：{0:.0f} ms 才响应，解析 {1} 次"),
    "computing": ("computing: answers in {0:.0f} ms, parsed {1}×", "计算：{0:.0f} ms 响应，解析 {1} 次"),
}
ROW = 30


def models_of(step: dict[str, str]) -> tuple[str, str]:
    """On what a step waits, and on what it parses."""
    waits = next(model for model in ("coroutine", "process", "thread") if model in said(step["waits"]))
    parses = "process" if "process" in step["parses"] else waits
    return waits, parses


def said(waits: str) -> str:
    """Its words, in which coroutines are named as such."""
    return waits.replace("coroutines", "coroutine").replace("threads", "thread")


def draw(width: int = NARROW, language: str = "en") -> str:
    """The drawing, as SVG."""
    measured: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    sheet = Sheet(width, language)
    say = {key: words[language == "zh"] for key, words in WORDS.items()}
    title = say["title"].format(measured["machine"]["cores"])
    y = sheet.lines(14, 26, title, width - 28, "title") - 4
    y = sheet.legend(("coroutine", "thread", "process"), models(language), y)
    y = sheet.lines(14, y + 10, say["halves"], width - 28) + 4
    each = width - 24 if sheet.is_narrow else (width - 36) / 2
    low = y
    for number, load in enumerate(measured["workloads"]):
        x = 12.0 if sheet.is_narrow else 12 + number * (each + 12)
        head = say[load["name"]].format(load["latency"] * 1000, load["parses"])
        low = panel(sheet, measured, load["name"], head, At(x, low if sheet.is_narrow else y, each, 0)) + 14
    return sheet.svg(low, title)


def panel(sheet: Sheet, measured: dict[str, Any], name: str, head: str, at: At) -> float:
    """One kind of work; returns what is below."""
    took = measured["seconds"][name]
    sheet.text(at.x + 2, at.y + 14, head, "strong")
    y, left = at.y + 24, at.x + 136
    room = at.width - 136 - 52
    for step in measured["steps"]:
        seconds = took[step["file"]]
        word, _, rest = step["file"].partition("_")
        number = word.removeprefix("step").replace("ninth", "9")
        sheet.text(at.x + 2, y + 17, f"{number} {rest.replace('_', ' ')}")
        wide = max(2.0, room * seconds / max(took.values()))
        for half, model in enumerate(models_of(step)):
            sheet.sign(model, at.x + 102 + half * 16, y + 7)
            sheet.box(At(left, y + 3 + half * 10, wide, 10), f"{model} bar", 0)
        sheet.text(left + wide + 6, y + 17, f"{seconds:.2f} s")
        y += ROW - 4
    return y + 6
