"""What ``crawl.db`` keeps beside the URLs, for the stations: methods that every frontier has."""

import time
from abc import ABC, abstractmethod
from functools import partial

from crawler.frontier import rows
from crawler.frontier.store_thread import StoreThread
from crawler.model.messages import StoredRobots


class Kept(ABC):
    """robots.txt by origin, the live picture of the crawl, and where each sink ends. Raises StoreFailed."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin, by this run or one before."""
        stored = await self._store.call(lambda db: rows.load_robots(db, origin))
        if stored is None:
            return None
        status, body, fetched_at = stored
        return StoredRobots(status, body, age=time.time() - fetched_at)

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""
        fetched_at = time.time()
        await self.flush()  # the lane's row may still wait in memory
        await self._store.call(lambda db: rows.save_robots(db, origin, status, body, fetched_at))

    @abstractmethod
    async def flush(self) -> None:
        """Send what is only in memory to the disk."""

    async def save_live(self, picture: str) -> None:
        """Keep how the crawl stands, as JSON, for whoever looks at it from outside."""
        await self._store.call(partial(rows.save_live, text=picture))

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        """Where each sink is to be cut, from what it holds; URLs of batches that one lacks are pending again.

        Before :meth:`restore`.
        """
        return await self._store.call(lambda db: rows.roll_back(db, lengths))
