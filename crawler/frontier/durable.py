"""What a frontier has in memory, and when it is kept in step with what lies on disk."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from crawler.config import Config
from crawler.frontier.depths import Depths
from crawler.frontier.lanes import Lanes
from crawler.frontier.targets import Targets
from crawler.frontier.unsaved import Unsaved
from crawler.model.messages import Commit, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.rows import Pace
from crawler.plumbing import faults
from crawler.rules.dedup import KnownUrls

if TYPE_CHECKING:
    from crawler.frontier.earlier_thread import EarlierGeneration

CHUNK = 10_000
"""Pending rows that a start has in memory as rows at once; 15 ms of the event loop."""

Waits = tuple[int, int, int, float | None, int]
"""Of a pending URL: id, lane, depth, Unix time before which it must not be asked (or None), purpose."""


class DurableFrontier(ABC):
    """The state of a frontier; what to do with it is decided by :class:`~crawler.frontier.leasing.Leasing`.

    What is abstract here is what a database is needed for. It is to do things in the order in which they are
    asked, and everything in ``unsaved`` is sent before a commit or together with it: so links may be stored
    earlier than the page that named them is done, never later. What waits for it raises StoreFailed.
    """

    generation = 1
    earlier: "EarlierGeneration | None" = None
    """The one before it."""
    is_shared = False
    keeps_versions = True
    """What pages lead to is kept for the next generation."""
    is_over = True
    """Where nothing is pending and nothing leased here, nothing will be: nobody else could bring any."""

    def __init__(self, config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        self._config = config
        self._known = KnownUrls(hash_seed)
        self._depths: Depths | None = None
        """Only where depths are counted, which takes every URL of the crawl."""
        self._targets = Targets(hash_seed)
        self._lanes = Lanes(config)
        self._last_id = 0
        self.unsaved = Unsaved()
        """What is in memory alone."""
        self.known = self.pending = self.leased = self.finished = 0
        self.pages = 0
        """Pages finished otherwise than as skipped: what :attr:`max_pages` counts."""
        self.done_before = 0
        self.ends_before: dict[str, int] = {}

    # -- what a database is needed for ---------------------------------------------------------

    @abstractmethod
    async def _save(self, unsaved: Unsaved, commits: Sequence[Commit]) -> None:
        """Keep all this, and make the URLs of ``commits`` done, in one transaction."""

    @abstractmethod
    async def load_tickets(self, ids: Sequence[int]) -> list[Ticket]:
        """The tickets of the rows ``ids`` that are pending."""

    def wall(self) -> float:
        """Unix time in seconds, by the clock that what is kept goes by."""
        return time.time()

    def new_lane_id(self, partition: int) -> int:  # noqa: ARG002
        """The id of the next lane, in ``partition``."""
        return len(self._lanes.by_id) + 1

    @property
    def max_pages(self) -> int | None:
        """How many pages may be finished in all; None: any number."""
        return self._config.scope.max_pages

    # -- taken over ----------------------------------------------------------------------------

    def _take_over_lanes(self, lanes: Iterable[tuple[int, str, Pace | None]], offset: float) -> None:
        """Lanes of an earlier run: id, origin, pace; ``offset`` is Unix time less the time of the loop."""
        for lane_id, site, pace in lanes:
            lane = self._lanes.make(lane_id, site, pace.crawl_delay if pace else None)
            if pace is not None:
                lane.take_over(pace, offset)

    def _take_over_pending(self, chunk: Sequence[Waits], offset: float) -> None:
        """URLs that wait, in their order; their lanes are to be scheduled afterwards."""
        wall = self.wall()
        for row, lane_id, depth, due, purpose in chunk:
            lane, recorded = self._lanes.by_id[lane_id], purpose <= Purpose.SITEMAP
            waiting = lane.pages if recorded else lane.waiting(recorded=False)
            if due is not None and due > wall:
                waiting.push_retry(row, due - offset)
            else:
                waiting.push(row, depth if recorded else 0)
        self.pending += len(chunk)

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
        offset = self.wall() - asyncio.get_running_loop().time()
        unsaved.paces = [(lane.id, lane.pace(offset)) for lane in self._lanes.asked]
        self._lanes.asked.clear()
        await self._save(unsaved, commits)
        faults.hit("store:after_transaction")

    async def flush(self) -> None:
        """Save what is only in memory, without making anything done."""
        await self.commit(())

    async def save_robots(self, origin: str, status: int, body: bytes) -> None:
        """Keep what an origin has just answered."""
        self.unsaved.robots.append((status, body, self.wall(), origin))
        await self.flush()
