"""What a frontier remembers: in memory, in ``crawl.db``, and how the two are kept in step."""

import asyncio
import json
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from crawler.config import Config
from crawler.frontier import rows
from crawler.frontier.depths import Depths, Edges
from crawler.frontier.lanes import Lanes
from crawler.frontier.rows import Unsaved
from crawler.frontier.targets import Targets
from crawler.frontier.view import FrontierView
from crawler.model.messages import Commit, Hop, StoredRobots, Ticket
from crawler.model.outcomes import Purpose, State
from crawler.plumbing import faults
from crawler.rules.dedup import KnownUrls

if TYPE_CHECKING:
    from crawler.frontier.earlier_thread import EarlierGeneration
    from crawler.frontier.state_thread import CrawlState

CHUNK = 10_000
"""Pending rows that a start has in memory as rows at once; 15 ms of the event loop."""

T = TypeVar("T")
_hops = msgspec.json.Decoder(tuple[Hop, ...])


class DurableFrontier:
    """The state of a frontier; what to do with it is decided by :class:`SqliteFrontier`.

    The crawl's state runs its jobs in the order in which they are sent, and everything in ``unsaved`` is
    sent before a commit or together with it: so links may be stored earlier than the page that
    named them is done, never later. All methods raise StoreFailed.
    """

    generation = 1
    earlier: "EarlierGeneration | None" = None
    """The one before it."""

    def __init__(self, state: "CrawlState", config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        self._state, self._config = state, config
        self._known = KnownUrls(hash_seed)
        max_depth = config.scope.max_depth
        self._depths = None if max_depth is None else Depths(max_depth, hash_seed)
        self._targets = Targets(hash_seed)
        self._lanes = Lanes(config)
        self._last_id = 0
        self.unsaved = Unsaved()
        """What is in memory alone."""
        self.known = self.pending = self.leased = self.finished = 0
        self.pages = 0
        """Pages finished otherwise than as skipped: what ``max_pages`` counts."""
        self.done_before = 0

    async def restore(self) -> None:
        """Take over what ``crawl.db`` holds.

        Ten million rows must not take gigabytes for a moment: known URLs go into their set straight from the
        cursor, and pending ones come in chunks.
        """
        self._last_id = await self._state.call(self._remember)
        counts = await self._state.call(lambda db: FrontierView(db).counts())
        self.known = sum(counts.values())
        self.pages = counts["ok"] + counts["truncated"] + counts["error"]
        self.done_before = self.known - counts["pending"]
        wall, now = time.time(), asyncio.get_running_loop().time()
        for lane_id, site, pace in await self._state.call(lambda db: FrontierView(db).lanes()):
            lane = self._lanes.make(lane_id, site, pace.crawl_delay if pace else None)
            if pace is not None:
                lane.take_over(pace, wall - now)
        last = 0
        while chunk := await self._load_pending(last):
            for last, lane_id, depth, due, purpose in chunk:
                lane, recorded = self._lanes.by_id[lane_id], purpose <= Purpose.SITEMAP
                waiting = lane.pages if recorded else lane.waiting(recorded=False)
                if due is not None and due > wall:
                    waiting.push_retry(last, now + due - wall)
                else:
                    waiting.push(last, depth if recorded else 0)
            self.pending += len(chunk)
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

    @property
    def out_of_reach(self) -> int:
        """Pending URLs that this run will not ask for, since their hosts put everything off."""
        return sum(lane.pages_out_of_reach + lane.targets_out_of_reach for lane in self._lanes.given_up)

    @property
    def given_up(self) -> list[str]:
        """Origins of which a page is pending that was not asked, since they put everything off."""
        return [lane.origin for lane in self._lanes.given_up if lane.pages_out_of_reach]

    @property
    def targets(self) -> dict[str, int]:
        """URLs ever taken in that are no pages, by what they are asked for."""
        return {purpose.name.lower(): count for purpose, count in self._targets.known.items() if count}

    @property
    def targets_pending(self) -> int:
        """Those of them that wait."""
        return self._targets.pending

    def knows(self, url: str) -> bool:
        """Whether it was ever taken in as a page."""
        return url in self._known

    # -- saved ---------------------------------------------------------------------------------

    async def commit(self, commits: Sequence[Commit]) -> None:
        """The one transaction in which URLs become done: with new URLs, and each sink's position."""
        unsaved, self.unsaved = self.unsaved, Unsaved()
        # Only for lanes that were asked, when something else is saved: no request costs a transaction.
        offset = time.time() - asyncio.get_running_loop().time()
        unsaved.paces = [(lane.id, lane.pace(offset)) for lane in self._lanes.asked]
        self._lanes.asked.clear()
        await self._state.call(lambda db: rows.save(db, unsaved, commits))
        faults.hit("store:after_transaction")

    async def flush(self) -> None:
        """Save what is only in memory, without making anything done."""
        await self.commit(())

    async def reconcile(self, lengths: dict[str, int]) -> dict[str, int]:
        """Where each sink is to be cut; URLs of batches that one lacks are pending again."""
        return await self._state.call(lambda db: rows.roll_back(db, lengths))

    async def load_robots(self, origin: str) -> StoredRobots | None:
        """The robots.txt that is kept for an origin, by this run or one before."""
        return await self._state.call(lambda db: FrontierView(db).robots(origin))

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""
        self.unsaved.robots.append((status, body, time.time(), origin))
        await self.flush()

    async def save_live(self, picture: str) -> None:
        """Keep how the crawl stands, as JSON, for whoever looks at it from outside."""
        await self._state.call(lambda db: rows.save_live(db, picture))

    # -- read back -----------------------------------------------------------------------------

    async def _load_pending(self, after: int) -> list[tuple[int, int, int, float | None, int]]:
        """Id, lane, depth, due and purpose of the first pending rows whose id is above ``after``."""
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
