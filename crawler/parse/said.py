"""What an extract function says: its prints, its log lines, its warnings; all of it bounded for each page.

A parse process has no terminal of its own. What it wrote to standard output or error would tear the
progress display, fill the disk behind ``> file``, or stand still on a pipe that nobody reads. So what
is printed becomes log lines, these go to the main process as the child's log does, and each page
may say so much and no more: a page that prints a gigabyte costs the time that takes, and nothing else.
"""

import io
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

MOST_CHARACTERS = 4_000
"""Characters that are kept of what is said about one page: as much as a page's record may take."""
MOST_LINES = 50
"""Lines that are kept of it."""

log = logging.getLogger("crawler.parse")
printed = logging.getLogger("crawler.parse.printed")

Send = Callable[[dict[str, Any]], object]


class Allowance:
    """What may still be said about the page at work. The crawl's own log does not count."""

    def __init__(self, send: Send) -> None:
        """``send`` takes log records, as :func:`crawler.trace.logs.to_dict` makes them."""
        self._send = send
        self._url = ""
        self._full = False
        self.begin("")

    def begin(self, url: str) -> None:
        """The page ``url`` is at work from now on."""
        self._url = url
        self._characters, self._lines, self._full = MOST_CHARACTERS, MOST_LINES, False

    @property
    def is_spent(self) -> bool:
        """Nothing more is kept of what is said about this page."""
        return self._full

    def send(self, record: dict[str, Any]) -> None:
        """Send one log record on, while there is some left."""
        if record["name"] == log.name:
            self._send(record)
            return
        if self._full:
            return
        self._characters -= len(record["message"]) + len(record["trace"] or "")
        self._lines -= 1
        if self._characters < 0 or self._lines < 0:
            self._full = True
            log.warning("%s: the extract function says too much; the rest of it is left out", self._url)
        else:
            self._send(record)


class PrintedLines(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr``: each line becomes a log line."""

    encoding = "utf-8"

    def __init__(self, allowance: Allowance) -> None:
        super().__init__()
        self._allowance = allowance
        self._begun = ""
        self.buffer = _PrintedBytes(self)

    def writable(self) -> bool:
        """It may be written to."""
        return True

    def write(self, text: str) -> int:
        """Log the lines that ``text`` completes; what is not kept costs next to nothing."""
        if self._allowance.is_spent:
            return len(text)
        # Whatever is longer than all that may be said need not be looked at.
        begun, self._begun = self._begun + text[: MOST_CHARACTERS + 1], ""
        *lines, rest = begun.split("\n", MOST_LINES + 1)
        for line in lines:
            if line:
                printed.info("%s", line)
        if len(rest) > MOST_CHARACTERS:
            printed.info("%s", rest)
        elif not self._allowance.is_spent:
            self._begun = rest
        return len(text)

    def end(self) -> None:
        """The page is over, and with it a line that was not ended."""
        if self._begun:
            begun, self._begun = self._begun, ""
            printed.info("%s", begun)


class _PrintedBytes(io.RawIOBase):
    """``sys.stdout.buffer``."""

    def __init__(self, lines: PrintedLines) -> None:
        super().__init__()
        self._lines = lines

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._lines.write(bytes(view[: MOST_CHARACTERS + 1]).decode("utf-8", "replace"))
        return view.nbytes


def take_over_output(allowance: Allowance) -> PrintedLines:
    """Have all that this process prints logged, and what goes past Python (C code, programs) go nowhere."""
    lines = PrintedLines(allowance)
    sys.stdout = sys.stderr = lines
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return lines
