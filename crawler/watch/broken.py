"""Broken URLs, for people and for programs: each one that failed, and the pages that lead to it.

A page may lead to a million others, so nothing here holds more than one link of them at a time.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO, Any, NamedTuple


class Source(NamedTuple):
    """A page that leads to a failed URL."""

    url: str
    through: str | None
    """What it links to, where that redirects to the failed URL."""


class Broken(NamedTuple):
    """A URL that ended as an error."""

    url: str
    kind: str
    status: int | None
    message: str | None
    linked_from: Iterable[Source]
    """To be iterated before the next URL is asked for."""


def lines(errors: Iterable[Broken]) -> Iterator[tuple[str, str]]:
    """A heading for each kind, and lines for each URL; one of the two is empty."""
    for kind, some in groupby(errors, key=lambda error: error.kind):
        yield kind, ""
        for error in some:
            yield "", f"{shown(error.url)}: {words(error)}"
            none = True
            for page in error.linked_from:
                none = False
                through = f", through {shown(page.through)}" if page.through else ""
                yield "", f"  linked from {shown(page.url)}{through}"
            if none:
                yield "", "  linked from no page: a seed, or where one redirects to"


def words(error: Broken) -> str:
    """What became of a URL, in the system's own words."""
    said = shown(error.message or error.kind).rstrip(".").removeprefix("The server answered ")
    return said[:1].lower() + said[1:]


def shown(text: str) -> str:
    """``text`` with its control characters made visible: a server's words may hold anything."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def write_json(report: dict[str, Any], errors: Iterable[Broken], stream: IO[str]) -> None:
    """``report`` as JSON with one key more, ``errors``, written as they come."""
    stream.write(json.dumps(report, indent=2, ensure_ascii=False)[:-2] + ',\n  "errors": [')
    for number, error in enumerate(errors):
        facts = {key: value for key, value in error._asdict().items() if key != "linked_from"}
        stream.write(f"{',' * (number > 0)}\n    {json.dumps(facts, ensure_ascii=False)[:-1]}, ")
        stream.write('"linked_from": [')
        for place, page in enumerate(error.linked_from):
            stream.write(f"{',' * (place > 0)}\n      {json.dumps(page._asdict(), ensure_ascii=False)}")
        stream.write("]}")
    stream.write("\n  ]\n}\n")
