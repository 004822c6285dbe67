"""What is shown while several nodes run on this machine: how their crawl stands, and what they say."""

import sys
import time
from typing import TYPE_CHECKING

from crawler.cluster.standing import Standing
from crawler.watch.progress_thread import PLAIN_INTERVAL
from crawler.watch.rate import Rate
from crawler.watch.repeated import can_draw
from crawler.watch.units import clock, per_second

if TYPE_CHECKING:
    from rich.live import Live

_OF_THE_PROGRAM = "crawler: "


class NodesDisplay:
    """On standard error: a line that is kept up to date on a terminal, one every few seconds elsewhere.

    Without ``show``, only what the nodes say.
    """

    def __init__(self, *, show: bool) -> None:
        self._shows = show
        self._rate, self._begun = Rate(), time.monotonic()
        self._due = self._begun + PLAIN_INTERVAL
        self._refusals: set[str] = set()
        self._live: Live | None = None

    def line(self, name: str, text: str) -> None:
        """What node ``name`` says, or what is said of it. What several are refused for is said once."""
        if text.startswith(_OF_THE_PROGRAM):
            if text in self._refusals:
                return
            self._refusals.add(text)
        else:
            text = f"{name}: {text}"
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
            return
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def show(self, standing: Standing) -> None:
        """How the crawl stands now."""
        now = time.monotonic()
        self._rate.add(now, standing.done)
        if not self._shows:
            return
        if can_draw(None, sys.stderr):
            self._update(self.words(standing))
        elif now >= self._due:
            self._due = now + PLAIN_INTERVAL
            sys.stderr.write(f"{self.words(standing)}\n")
            sys.stderr.flush()

    def words(self, standing: Standing) -> str:
        """One line."""
        held: dict[str, int] = {}
        for owner in standing.owners.values():
            held[owner] = held.get(owner, 0) + 1
        nodes = ", ".join(
            f"{name} {pages:,} pages ({held.get(name, 0)} partitions)"
            for name, pages in standing.pages.items()
        )
        return (
            f"{clock(time.monotonic() - self._begun)}  {standing.done:,} of {standing.urls:,} URLs done,"
            f" {per_second(self._rate.recent)} a second; {nodes or 'no node yet'}"
        )

    def end(self) -> None:
        """Take off the terminal what is to be seen only meanwhile. May be repeated."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _update(self, words: str) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Text(words), refresh=True)
