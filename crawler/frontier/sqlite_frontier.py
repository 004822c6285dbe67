"""The frontier of one machine: everything durable is in ``crawl.db``."""

import asyncio
import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from crawler.config import Config
from crawler.frontier import rows
from crawler.frontier.depths import Depths, Edges
from crawler.frontier.durable import CHUNK, Waits
from crawler.frontier.leasing import Leasing
from crawler.frontier.unsaved import Unsaved
from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Hop, StoredRobots, Ticket
from crawler.model.outcomes import Purpose, State

if TYPE_CHECKING:
    from crawler.frontier.state_thread import CrawlState

T = TypeVar("T")
_hops = msgspec.json.Decoder(tuple[Hop, ...])


class SqliteFrontier(Leasing):
    """Implements :class:`crawler.frontier.protocol.Frontier` on a :class:`CrawlState`.

    That runs its jobs in the order in which they are sent.
    """

    def __init__(self, state: "CrawlState", config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        super().__init__(config, hash_seed)
        self._state = state
        if (max_depth := config.scope.max_depth) is not None:
            self._depths = Depths(max_depth, hash_seed, self)

    async def restore(self) -> None:
        """Take over what ``crawl.db`` holds.

        Ten million rows must not take gigabytes for a moment: known URLs go into their set straight from the
        cursor, and pending ones come in chunks.
        """
        self._last_id = await self._state.call(self._remember)
        counts = await self._state.call(lambda db: FrontierView(db).counts())
        self.known = sum(counts.values())
        self.pages = counts["ok"] + counts["truncated"] + counts["error"]
        self.done_before = self.known - counts.pop("pending")
        self.ends_before = counts
        now = asyncio.get_running_loop().time()
        offset = self.wall() - now
        self._take_over_lanes(await self._state.call(lambda db: FrontierView(db).lanes()), offset)
        last = 0
        while chunk := await self._load_pending(last):
            self._take_over_pending(chunk, offset)
            last = chunk[-1][0]
        for lane in self._lanes.by_id.values():
            self._lanes.schedule(lane, now)

    def _remember(self, db: sqlite3.Connection) -> int:
        """Take the URLs of earlier runs for known, about 2 µs for each; the last id."""
        last = 0
        found = db.execute("SELECT id, url, depth, purpose, state FROM urls ORDER BY id")
        for last, url, depth, purpose, state in found:
            if purpose > Purpose.SITEMAP:
                self._targets.add(url, last, Purpose(purpose), is_pending=state == State.PENDING)
                continue
            self._known.add(url)
            if self._depths is not None:
                self._depths.add(url, last, depth)
        return last

    async def keep(self) -> None:
        """Nothing has to be kept up: this frontier has its crawl for itself."""

    async def admit(self) -> None:
        """Whatever was handed out may be asked for."""

    async def _save(self, unsaved: Unsaved, commits: Sequence[Commit]) -> None:
        await self._state.call(lambda db: rows.save(db, unsaved, commits))

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        """Where each sink is to be cut; URLs of batches that one lacks are pending again."""
        return await self._state.call(lambda db: rows.roll_back(db, lengths))

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin, by this run or one before."""
        return await self._state.call(lambda db: FrontierView(db).robots(origin))

    async def save_live(self, picture: str) -> None:
        """Keep how the crawl stands, as JSON, for whoever looks at it from outside."""
        await self._state.call(lambda db: rows.save_live(db, picture))

    # -- read back -----------------------------------------------------------------------------

    async def _load_pending(self, after: int) -> list[Waits]:
        """The first pending rows whose id is above ``after``."""
        return await self._state.call(
            lambda db: db.execute(
                "SELECT id, lane, depth, due, purpose FROM urls WHERE id > ? AND state = 0"
                " ORDER BY id LIMIT ?",
                (after, CHUNK),
            ).fetchall()
        )

    async def load_tickets(self, ids: Sequence[int]) -> list[Ticket]:
        """The tickets of the rows ``ids`` that are pending."""
        return await self._load(
            "SELECT u.id, u.url, u.lane, u.depth, r.url, u.attempts, u.redirects, u.purpose,"
            " u.indexes"
            " FROM urls u LEFT JOIN urls r ON r.id = u.referrer"
            " WHERE u.id IN (SELECT value FROM json_each(?)) AND u.state = 0",
            ids,
            lambda found: [
                Ticket(
                    row,
                    url,
                    lane,
                    depth,
                    source,
                    attempts + 1,
                    _hops.decode(hops) if hops else (),
                    Purpose(purpose),
                    indexes,
                    generation=self.generation,
                )
                for row, url, lane, depth, source, attempts, hops, purpose, indexes in found
            ],
        )

    async def load_edges(self, ids: Sequence[int]) -> dict[int, Edges]:
        """The links of those of the rows ``ids`` that have some."""
        return await self._load(
            "SELECT id, targets FROM edges WHERE id IN (SELECT value FROM json_each(?))",
            ids,
            lambda found: {row: array("q", targets) for row, targets in found},
        )

    async def load_lanes(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Id and lane of the rows ``ids``."""
        return await self._load(
            "SELECT id, lane FROM urls WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", ids, list
        )

    async def _load(self, sql: str, ids: Sequence[int], make: Callable[[Iterable[Any]], T]) -> T:
        if self.unsaved.urls or self.unsaved.edges or self.unsaved.given_to_pages:
            await self.flush()
        return await self._state.call(lambda db: make(db.execute(sql, (json.dumps(ids),))))
