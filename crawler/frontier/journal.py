"""What the frontier has decided and not yet sent to the disk; sent in batches, in order."""

from collections.abc import Sequence

from crawler.frontier import rows
from crawler.frontier.depths import Edges
from crawler.frontier.rows import LaneRow, UrlRow
from crawler.frontier.store_thread import StoreThread
from crawler.model.commit import Commit

UNSAVED_ROWS = 2_000
"""New URLs that may wait for the next commit before they are sent to the disk on their own."""


class Journal:
    """New rows on their way to ``crawl.db``.

    The store runs its jobs in the order in which they are sent, and everything that waits here is
    sent before a commit or together with it: so links may be stored earlier than the page that
    named them is done, never later.
    """

    def __init__(self, store: StoreThread) -> None:
        self._store = store
        self.urls: list[UrlRow] = []
        self.lanes: list[LaneRow] = []
        self.delays: list[tuple[float, int]] = []
        """Seconds of crawl-delay that were learnt, and the lane's id."""
        self.edges: dict[int, Edges] = {}

    async def save_when_many(self) -> None:
        """Save, if much has gathered. Raises StoreFailed."""
        if len(self.urls) >= UNSAVED_ROWS:
            await self.save()

    async def save(self) -> None:
        """Send everything that waits. Raises StoreFailed."""
        lanes, urls = self._take()
        edges, self.edges = self.edges, {}
        if urls:
            await self._store.call(lambda db: rows.save_urls(db, lanes, urls))
        if edges:
            await self._store.call(lambda db: rows.save_depths(db, edges, ()))

    async def commit(self, commits: Sequence[Commit]) -> None:
        """The one transaction in which URLs become done. Raises StoreFailed."""
        if self.edges:
            await self.save()
        lanes, urls = self._take()
        delays, self.delays = self.delays, []
        await self._store.call(lambda db: rows.save_commits(db, lanes, urls, commits, delays))

    def _take(self) -> tuple[list[LaneRow], list[UrlRow]]:
        lanes, self.lanes = self.lanes, []
        urls, self.urls = self.urls, []
        return lanes, urls
