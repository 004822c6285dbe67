"""The crawl that a page shows: the one that runs, or how the last one ended."""

from crawler.engine.handle import Handle
from crawler.watch.picture import Picture


class Shown:
    """Written by who runs crawls, one after the other; read by the page's thread."""

    def __init__(self) -> None:
        self.handle: Handle | None = None
        """Of the crawl that runs."""
        self._last: Picture | None = None

    def ended(self) -> None:
        """The crawl is over; what it was like in the end stays."""
        if self.handle is not None:
            self._last = self.handle.picture()
        self.handle = None

    def picture(self) -> Picture | None:
        """How it stands; None as long as there was no crawl yet."""
        handle = self.handle
        return self._last if handle is None else handle.picture()
