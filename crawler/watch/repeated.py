"""What is shown again and again: in place on a terminal, as one line each time elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

T = TypeVar("T")


@contextmanager
def repeated(
    console: "Console | None",
    in_words: Callable[[T], str],
    drawn: "Callable[[T, int], RenderableType] | None",
) -> Iterator[Callable[[T], None]]:
    """What shows a thing: as one line of text, or ``drawn`` for a terminal of so many columns.

    Without ``drawn`` a terminal gets lines too. ``console``: default stdout. What was drawn is gone when the
    block ends.
    """
    is_terminal = console.is_terminal if console else sys.stdout.isatty()
    if drawn is None or not is_terminal:
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
