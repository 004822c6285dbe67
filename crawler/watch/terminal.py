"""Lines in colour, with links that a terminal can open. Imports rich, so it is imported when needed."""

from typing import TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from crawler.watch.lines import Line

STYLES = {"error": "red", "warning": "yellow", "note": "cyan", "good": "green", "bold": "bold", "dim": "dim"}


class Terminal:
    """A stream that is one, or is to be taken for one (FORCE_COLOR)."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream)
        self._has_links = stream.isatty()  # a CI's log knows colours, and shows a link as rubbish
        self.width = self._console.width if stream.isatty() else None
        """Columns; None where nobody sees them."""
        self.has_colour = self._console.color_system is not None and not self._console.no_color
        """False for a dumb one, and with NO_COLOR."""

    def print(self, line: Line) -> None:
        """Print it unbroken: the terminal itself breaks what is too long, so that it is copied whole."""
        text = Text(" " * line.indent)
        for part in line.parts:
            style = Style.parse(" ".join(STYLES[word] for word in part.style.split()) or "none")
            link = part.link if self._has_links else None
            text.append(part.text, style + Style(link=link))
        self._console.print(text, soft_wrap=True)
