"""What a crawl lets those see and do who look on while it runs: a picture, and four verbs. In any thread."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from crawler.engine.conclusion import CrawlReport
from crawler.engine.picture import USER, last_picture, picture
from crawler.engine.stations import Stations
from crawler.engine.stopping import Stopping
from crawler.watch.picture import Picture


class Handle:
    """One crawl, for other threads than its own. A verb is begun in its event loop, and not waited for."""

    def __init__(self, stations: Stations, stopping: Stopping) -> None:
        """To be made in the crawl's event loop."""
        self._stations, self._stopping = stations, stopping
        self._loop = asyncio.get_running_loop()
        self.report: CrawlReport | None = None
        """How it ended."""

    @property
    def max_concurrency(self) -> int:
        """What :meth:`set_concurrency` takes at most: more fetchers there are not."""
        return self._stations.config.fetch.concurrency

    def picture(self) -> Picture:
        """How it stands; once it has ended, what its summary says."""
        report = self.report
        return picture(self._stations) if report is None else last_picture(report, self._stations)

    def is_shown_at(self, url: str) -> None:
        """Its live page is there: to be said of it to others."""
        self._stations.page = url

    def pause(self) -> None:
        """Ask for nothing more; what is in flight is finished."""
        self._begin(lambda: self._stations.frontier.pause(USER))

    def resume(self) -> None:
        """Undo :meth:`pause`."""
        self._begin(lambda: self._stations.frontier.resume(USER))

    def stop(self) -> None:
        """Finish what is in flight, save, end: as the first Ctrl-C."""
        self._begin(lambda: self._stopping.first("the live page"))

    def set_concurrency(self, most: int) -> None:
        """Ask for up to ``most`` URLs at once. Raises ValueError where that is not 1 to the maximum."""
        if not 1 <= most <= self.max_concurrency:
            raise ValueError(most)

        def begin() -> None:
            self._stations.frontier.set_at_once(most)

        self._begin(begin)

    def _begin(self, verb: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the crawl has ended
            self._loop.call_soon_threadsafe(verb)


Beside = Callable[[Handle], AbstractContextManager[object]]
"""What looks on: a context manager for as long as the crawl lasts. It may do nothing, as nullcontext."""
