"""What a user's extract function says: its prints, its log lines, its warnings; all bounded for each page.

A parse process has no terminal of its own. What it wrote to standard output or error would tear the
progress display, fill the disk behind ``> file``, or stand still on a pipe that nobody reads. So what
is printed becomes log lines, these go to the main process as the child's log does, and each page
may say so much and no more: a page that prints a gigabyte costs the time that takes, and nothing else.
"""

import io
import logging
from collections.abc import Callable
from typing import Any

from crawler.model.messages import Finished, Page

MAX_CHARACTERS = 4_000
"""Characters that are kept of what is said about one page: as much as a page's record may take."""
MAX_LINES = 50
"""Lines that are kept of it."""

log = logging.getLogger("crawler.parse")
printed = logging.getLogger("crawler.parse.printed")


class OutputQuota:
    """What may still be said about the page at work. The crawl's own log does not count."""

    def __init__(self, send: Callable[[dict[str, Any]], object]) -> None:
        """``send`` takes log records, as :func:`crawler.trace.logs.to_dict` makes them."""
        self._send = send
        self.renew("")

    def renew(self, url: str) -> None:
        """The page ``url`` is at work from now on."""
        self._url, self._characters, self._lines = url, MAX_CHARACTERS, MAX_LINES
        self.is_spent = False
        """Nothing more is kept of what is said about this page."""

    def send(self, record: dict[str, Any]) -> None:
        """Send one log record on, while there is some left."""
        if record["name"] == log.name:
            self._send(record)
            return
        if self.is_spent:
            return
        self._characters -= len(record["message"]) + len(record["trace"] or "")
        self._lines -= 1
        if self._characters < 0 or self._lines < 0:
            self.is_spent = True
            log.warning("%s: the extract function says too much; the rest of it is left out", self._url)
        else:
            self._send(record)


class CapturedOutput(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr``: each line becomes a log line."""

    encoding = "utf-8"

    def __init__(self, quota: OutputQuota) -> None:
        super().__init__()
        self._quota = quota
        self._begun = ""
        self.buffer = _CapturedBytes(self)

    def of_each_page(self, parse: Callable[[Page], Finished]) -> Callable[[Page], Finished]:
        """``parse``, with a quota for each page."""

        def parse_with_quota(page: Page) -> Finished:
            self._quota.renew(page.ticket.url)
            finished = parse(page)
            if self._begun:  # the page is over, and with it a line that was not ended
                begun, self._begun = self._begun, ""
                printed.info("%s", begun)
            return finished

        return parse_with_quota

    def writable(self) -> bool:
        """It may be written to."""
        return True

    def write(self, text: str) -> int:
        """Log the lines that ``text`` completes; what is not kept costs next to nothing."""
        if self._quota.is_spent:
            return len(text)
        # Whatever is longer than all that may be said need not be looked at.
        begun, self._begun = self._begun + text[: MAX_CHARACTERS + 1], ""
        *lines, rest = begun.split("\n", MAX_LINES + 1)
        for line in lines:
            if line:
                printed.info("%s", line)
        if len(rest) > MAX_CHARACTERS:
            printed.info("%s", rest)
        elif not self._quota.is_spent:
            self._begun = rest
        return len(text)


class _CapturedBytes(io.RawIOBase):
    """``sys.stdout.buffer``."""

    def __init__(self, lines: CapturedOutput) -> None:
        super().__init__()
        self._lines = lines

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._lines.write(bytes(view[: MAX_CHARACTERS + 1]).decode("utf-8", "replace"))
        return view.nbytes
