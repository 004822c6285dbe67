"""What tables say, as lines, for a terminal too narrow for them: every figure stays whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from crawler.watch.hosts import COLUMNS
from crawler.watch.units import age

NARROW = 70
"""Columns below which figures win over bars and tables."""


def is_narrow(width: int) -> bool:
    """Whether a terminal of ``width`` columns is."""
    return width < NARROW


def hosts(rows: Sequence[Mapping[str, Any]], total: int, most: int) -> RenderableType:
    """Each of the first ``most`` hosts, and below it those of its counts that are not 0."""
    lines: list[RenderableType] = []
    for host in rows[:most]:
        counts = ", ".join(f"{column} {host[column]:,}" for column in COLUMNS if host[column])
        lines += _entry(host["origin"], counts or "nothing yet")
    if total > min(most, len(rows)):
        lines.append(Text(f"and {total - min(most, len(rows)):,} more", style="dim"))
    return Group(*lines)


def paces(rows: Sequence[Mapping[str, Any]], pace: Sequence[Mapping[str, str]]) -> RenderableType:
    """Each host, and below it how it was asked: ``pace`` has the figures in words, by what they are."""
    lines: list[RenderableType] = []
    for host, figures in zip(rows, pace, strict=True):
        said = (said if name == "now" else f"{name} {said}" for name, said in figures.items() if said)
        lines += _entry(host["origin"], ", ".join(said))
    return Group(*lines)


def steps(rows: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Each URL in flight, and below it for how long, where and with whom."""
    for step in rows:
        facts = f"{age(step['age_seconds'])}, {step['stage']}, {step['step']}, {step['holder']}"
        yield from _entry(step["url"], f"{facts}, pid {step['pid']}")


def _entry(name: str, said: str) -> list[RenderableType]:
    return [Text(name, overflow="fold"), Padding(Text(said), (0, 0, 0, 2))]
