"""A frontier of one page, which has nothing to hand out, and is polite all the same."""

import asyncio
from collections.abc import Sequence

from crawler.config import Config
from crawler.model.messages import StoredRobots
from crawler.model.outcomes import Purpose
from crawler.rules import urls
from crawler.rules.politeness import LaneState, limits_for


class OnePage:
    """What a frontier is to the fetcher, of one page: see :class:`crawler.fetch.keeps.Keeps`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lanes: dict[str, LaneState] = {}
        self.robots: dict[str, StoredRobots] = {}
        """By origin."""
        self.asked: set[str] = set()
        """Pages that were asked for."""

    async def add(self, _urls: Sequence[str], _purpose: Purpose = Purpose.PAGE) -> int:
        """Take nothing in: nothing else is crawled."""
        return 0

    def knows(self, url: str) -> bool:
        """Whether it was asked for."""
        return url in self.asked

    async def turn(self, url: str, crawl_delay: float | None = None) -> None:
        """Wait as the host's politeness asks between two requests; ``crawl_delay`` is in seconds."""
        now, origin, config = asyncio.get_running_loop().time, urls.origin(url), self._config
        polite = config.politeness
        limits = limits_for(
            origin, polite.per_host, polite.delay, crawl_delay, config.fetch.concurrency,
            polite.max_crawl_delay,
        )  # fmt: skip
        lane = self._lanes.setdefault(origin, LaneState(limits))
        if crawl_delay is not None:
            lane.limits = limits
        await asyncio.sleep(max(0.0, lane.again_at(now()) - now()))
        lane.again(now())

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt of an origin, if it was asked for."""
        return self.robots.get(origin)

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep it."""
        self.robots[origin] = StoredRobots(status, body)
