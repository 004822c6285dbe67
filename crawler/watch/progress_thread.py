"""The progress display.

Runs as: one thread. Stops when: stop() is called. Fails as: the display ends with one log line;
the crawl goes on.

It has a thread of its own because writing to a terminal blocks for as long as the terminal does
not read (a slow connection, Ctrl-S), and because importing rich alone takes 40 ms.
"""

import logging
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from crawler.watch.log_thread import TERMINAL
from crawler.watch.picture import Picture
from crawler.watch.progress_line import plain_line
from crawler.watch.repeated import can_draw

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_INTERVAL = 5.0
"""Seconds between two lines where there is no terminal."""

_STOP_TIMEOUT = 2.0  # seconds that stop() waits for a terminal that does not take our bytes

log = logging.getLogger(__name__)


class ProgressDisplay:
    """Shows how the crawl stands every ``interval`` seconds, until it is stopped.

    ``picture`` is called in the display's thread. Live on a terminal, a plain line every few
    seconds elsewhere, nothing at all where ``show`` is false. Written to ``console``, or to
    stderr.
    """

    def __init__(
        self,
        picture: Callable[[], Picture],
        interval: float = 0.2,
        show: bool = True,
        console: "Console | None" = None,
    ) -> None:
        self._picture = picture
        self._interval = interval
        self._console = console
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if show:
            # A daemon, so that a terminal which takes no more bytes cannot keep the program alive.
            self._thread = threading.Thread(target=self._run, name="progress_thread", daemon=True)

    def start(self) -> None:
        """Begin; the first display comes after one interval."""
        if self._thread is not None:
            self._thread.start()

    def stop(self) -> None:
        """Take the display off the terminal and end the thread. Blocks: not for the event loop."""
        self._ended.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT)

    def _run(self) -> None:
        try:
            if can_draw(self._console, sys.stderr):
                self._show_live()
            else:
                self._print_lines()
        except OSError:
            return  # the terminal was closed, or the pipe's reader has gone: nobody looks any more
        except Exception:
            log.exception("the progress display failed; the crawl goes on without it")

    def _show_live(self) -> None:
        # The first interval passes before the import: it must not compete with the crawl's start.
        if self._ended.wait(self._interval):
            return
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        from crawler.watch.progress_view import render

        console = self._console or Console(stderr=True)
        live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
            # What others print meanwhile appears above the display, unless it goes elsewhere.
            redirect_stdout=sys.stdout.isatty(),
        )
        with TERMINAL:
            live.start()
        try:
            while True:
                drawn = render(self._picture(), console.width)
                with TERMINAL:
                    live.update(drawn, refresh=True)
                if self._ended.wait(self._interval):
                    break
            # What is taken off at the end is what was drawn last: nothing, so that nothing of a
            # display higher than the window is left behind.
            live.update(Text())
        finally:
            with TERMINAL:
                live.stop()

    def _print_lines(self) -> None:
        while not self._ended.wait(max(PLAIN_INTERVAL, self._interval)):
            stream = self._console.file if self._console else sys.stderr
            stream.write(plain_line(self._picture()) + "\n")
            stream.flush()
