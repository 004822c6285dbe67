"""What is shown again and again: in place on a terminal, as one line each time elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

T = TypeVar("T")


def can_draw(console: "Console | None", stream: TextIO) -> bool:
    """Whether ``console``, or ``stream`` where there is none, is a terminal whose cursor can be moved."""
    if console is not None:
        return console.is_terminal and not console.is_dumb_terminal
    return stream.isatty() and os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")


@contextmanager
def repeated(
    console: "Console | None",
    in_words: Callable[[T], str],
    drawn: "Callable[[T, int], RenderableType] | None",
) -> Iterator[Callable[[T], None]]:
    """What shows a thing: as one line of text, or ``drawn`` for a terminal of so many columns.

    Without ``drawn`` a terminal gets lines too, and so does one on which nothing can be drawn. ``console``:
    default stdout. What was drawn is gone when the block ends.
    """
    if drawn is None or not can_draw(console, sys.stdout):
        stream = console.file if console else sys.stdout

        def written(shown: T) -> None:
            stream.write(f"{in_words(shown)}\n")
            stream.flush()

        yield written
        return
    from rich.console import Console
    from rich.live import Live

    console = console or Console()
    with Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop") as live:
        yield lambda shown: live.update(drawn(shown, console.width), refresh=True)
