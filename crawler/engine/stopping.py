"""How a crawl is stopped: once to finish what is in flight (a graceful shutdown), twice to end at once."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from crawler.engine.stations import Stations

log = logging.getLogger("crawler.engine")


class Stopping:
    """What the signals ask for, and what of the crawl there is to be stopped."""

    def __init__(self) -> None:
        self._stations: Stations | None = None
        self._running: asyncio.Task[None] | None = None
        self._asked = False
        self._at_once = False

    def first(self, name: str) -> None:
        """Finish what is in flight, save, end."""
        self._asked = True
        in_flight = 0
        if self._stations is not None:
            in_flight = self._stations.frontier.leased
            self._stations.stop()
        log.warning(
            "%s: finishing %d URLs in flight, then saving; once more to stop at once", name, in_flight
        )

    def second(self) -> None:
        """Drop what is in flight. Saving what is committed is not dropped: it takes a moment."""
        if self._running is not None and not self._running.done():
            log.warning("stopping at once; what is not committed will be fetched again")
            self._at_once = True
            self._running.cancel()

    async def run(self, crawl: Coroutine[Any, Any, None], stations: Stations) -> bool:
        """Run ``crawl`` to its end; False when it was stopped at once."""
        self._stations = stations
        if self._asked:
            stations.stop()
        self._running = asyncio.ensure_future(crawl)
        try:
            await self._running
        except asyncio.CancelledError:
            if not self._at_once:
                raise
            return False
        return True
