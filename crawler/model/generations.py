"""Generations: the crawls of one site that lie in one output folder, numbered from 1.

The first has the plain names (``crawl.db``, ``records.jsonl``); what each later one has for itself is named
after it: ``crawl@2.db``, ``records@2.jsonl``.
"""

import re
from typing import NamedTuple

DATABASE = "crawl.db"
"""The frontier of the first generation."""
_NUMBERED = re.compile(r"(?P<stem>[^.@]*)@(?P<number>[2-9]|[1-9][0-9]{1,8})(?P<rest>\..*|)", re.ASCII)


class Named(NamedTuple):
    """What ``OUT`` or ``OUT@2`` names."""

    out: str
    generation: int | None
    """None is the last one there is."""


def file_name(name: str, generation: int) -> str:
    """The name of the file, or folder, ``name`` of a generation: ``records.jsonl``, ``records@2.jsonl``."""
    if generation == 1:
        return name
    stem, dot, rest = name.partition(".")
    return f"{stem}@{generation}{dot}{rest}"


def database_of(generation: int) -> str:
    """The name of a generation's frontier."""
    return file_name(DATABASE, generation)


def generation_of(name: str, first: str = DATABASE) -> int | None:
    """Whose file ``name`` is, of those that :func:`file_name` makes of ``first``; None where it is none."""
    if name == first:
        return 1
    found = _NUMBERED.fullmatch(name)
    if found is None or found["stem"] + found["rest"] != first:
        return None
    return int(found["number"])


def named(text: str, *, is_folder: bool) -> Named:
    """What a command line means by ``text``; ``is_folder``: there is a folder of just that name."""
    out, at, number = text.rpartition("@")
    if is_folder or not at or not out or not re.fullmatch(r"[1-9][0-9]{0,8}", number, re.ASCII):
        return Named(text, None)
    return Named(out, int(number))
