"""``crawler trace``: what there is to say of a trace, as tables or as JSON, on standard output."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crawler.view.trace.finding import find_url
from crawler.view.trace.life import life_as_dict, life_of
from crawler.view.trace.slowest import by_stages, overview_as_dict
from crawler.view.trace.traces import Found

if TYPE_CHECKING:
    from rich.console import Console

_NOT_A_TERMINAL = 1_000
"""Columns where no terminal is: nothing is cut or broken for a program that reads it."""


def tell_overview(found: Found, most: int, by: str, *, as_json: bool) -> None:
    """Print the stages and the ``most`` slowest URLs, ordered by ``by``. Raises UsageError."""
    overview = by_stages(found.trace, most, by)
    if as_json:
        write_json(overview_as_dict(found, overview))
        return
    from crawler.view.trace.tables import show_overview

    show_overview(found, overview, console())


def tell_life(found: Found, url: str, *, as_json: bool) -> None:
    """Print one URL's life. Raises UsageError where the trace has no such URL."""
    life = life_of(found.trace, *find_url(found.trace, url, found.others))
    if as_json:
        write_json(life_as_dict(found, life))
        return
    from crawler.view.trace.tables import show_life

    show_life(found, life, console())


def write_json(said: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def console() -> "Console":
    """Standard output, as wide as its terminal, or as wide as need be."""
    from rich.console import Console

    made = Console()
    if not made.is_terminal:
        made.width = _NOT_A_TERMINAL
    return made
