"""What the frontier has decided and not yet sent to the disk; sent in batches, in order."""

import asyncio
import time
from collections.abc import Sequence

from crawler.frontier import rows
from crawler.frontier.lanes import Lane
from crawler.frontier.paces import pace_of
from crawler.frontier.rows import NewRows
from crawler.frontier.store_thread import StoreThread
from crawler.model.messages import Commit

UNSAVED_ROWS = 2_000
"""New URLs that may wait for the next commit before they are sent to the disk on their own."""


class Journal:
    """New rows on their way to ``crawl.db``.

    The store runs its jobs in the order in which they are sent, and everything that waits here is
    sent before a commit or together with it: so links may be stored earlier than the page that
    named them is done, never later.
    """

    def __init__(self, store: StoreThread, asked: set[Lane]) -> None:
        """``asked`` holds the lanes that were asked since the last commit; it is emptied here."""
        self._store = store
        self.new = NewRows()
        self._asked = asked

    async def save_when_many(self) -> None:
        """Save, if much has gathered. Raises StoreFailed."""
        if len(self.new.urls) >= UNSAVED_ROWS:
            await self.save()

    async def save(self) -> None:
        """Send the URLs that wait, if any, and all else with them. Raises StoreFailed."""
        if self.new.urls or self.new.edges:
            await self.save_all()

    async def save_all(self) -> None:
        """Send everything that waits. Raises StoreFailed."""
        new = self._take()
        await self._store.call(lambda db: rows.save_new(db, new))

    async def commit(self, commits: Sequence[Commit]) -> None:
        """The one transaction in which URLs become done. Raises StoreFailed."""
        new = self._take()
        await self._store.call(lambda db: rows.save_commits(db, new, commits))

    def _take(self) -> NewRows:
        new, self.new = self.new, NewRows()
        if self._asked:
            offset = time.time() - asyncio.get_running_loop().time()
            new.paces = [(lane.id, pace_of(lane, offset)) for lane in self._asked]
            self._asked.clear()
        return new
