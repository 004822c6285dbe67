"""What fetching wants of a frontier: the smallest thing that can stand there."""

from collections.abc import Sequence
from typing import Protocol

from crawler.model.messages import StoredRobots
from crawler.model.outcomes import Purpose


class Keeps(Protocol):
    """What fetching wants of the frontier; each is as in :class:`crawler.frontier.protocol.Frontier`."""

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        """Take URLs in; how many of them were new."""

    def knows(self, url: str) -> bool:
        """Whether a URL was ever taken in as a page or sitemap."""

    async def turn(self, url: str) -> None:
        """Wait until another request may be sent, for ``url``."""

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin."""

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""
