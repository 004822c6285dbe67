"""The frontier of one machine: decisions in memory, everything durable in ``crawl.db``.

The crawl ends when nothing is pending and nothing is leased. That is no guess: a ticket counts as
leased from :meth:`SqliteFrontier.pop` until :meth:`~SqliteFrontier.finish` or
:meth:`~SqliteFrontier.retry`; both add what follows from it (links, the redirect's target, the URL
itself) to the pending ones *before* they give the lease up; and only leased URLs can add any (a robots.txt
its sitemaps, while a page waits for it). So once both are zero, no event is left that could make one grow.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from crawler.frontier import restart, rows
from crawler.frontier.depths import Depths, Edges
from crawler.frontier.hot_tickets import HotTickets
from crawler.frontier.journal import Journal
from crawler.frontier.kept import Kept
from crawler.frontier.known import KnownUrls
from crawler.frontier.lanes import Lane, Lanes
from crawler.frontier.store_thread import StoreThread
from crawler.frontier.turn import wait_for_turn
from crawler.model.messages import Commit, Finished, Hop, HostFeedback, Links, Ticket
from crawler.model.outcomes import Outcome, State
from crawler.rules.partition import partition
from crawler.rules.politeness import LaneLimits
from crawler.rules.urls import origin

Hops = tuple[Hop, ...]
_to_json = msgspec.json.encode


class SqliteFrontier(Kept):
    """Implements :class:`crawler.frontier.protocol.Frontier` on a :class:`StoreThread`."""

    def __init__(
        self,
        store: StoreThread,
        known: KnownUrls,
        limits_for: Callable[[str, float | None], LaneLimits],
        *,
        partitions: int = 256,
        max_pages: int | None = None,
        depth_first: bool = False,
        depths: Depths | None = None,
        concurrency: int | None = None,
        throttle_max_delay: float | None = None,
        heeds_errors: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """``limits_for``, ``concurrency``, ``throttle_max_delay``, ``heeds_errors``: see :class:`Lanes`."""
        super().__init__(store)
        self._known, self._depths = known, depths
        self._partitions, self._max_pages = partitions, max_pages
        self._depth_first = depth_first
        self._lanes = Lanes(limits_for, concurrency, throttle_max_delay, heeds_errors)
        self._journal = Journal(store, self._lanes.asked)
        self._hot = HotTickets(store, self._journal, depth_first=depth_first)
        self._next_id, self._beyond = 1, 0
        self._changed = asyncio.Event()
        self._closed = self._held = False
        self._failure: BaseException | None = None
        self.pending = 0
        """URLs waiting, those to be tried again included."""
        self.leased = 0
        """URLs handed out and not yet finished."""
        self.pages = 0
        """URLs finished otherwise than as skipped: what ``max_pages`` counts."""
        self.finished = 0
        """URLs finished since the start, committed or not yet."""

    @property
    def known(self) -> int:
        """URLs ever taken in; those beyond the depth limit are not."""
        return len(self._known) - self._beyond

    async def restore(self) -> None:
        """Take over what ``crawl.db`` holds, before the crawl starts. Raises StoreFailed."""
        state = await self._store.call(lambda db: restart.restore(db, self._known, self._depths))
        self._next_id = state.next_id
        self.pages = state.pages
        self._beyond = state.beyond
        self.pending = await restart.fill_lanes(self._store, state, self._lanes, self._order)
        self._reschedule(*self._lanes)

    # -- in ------------------------------------------------------------------------------------

    async def add(self, urls: Sequence[str], *, depth: int = 0, priority: int = 0, sitemap: int = 0) -> int:
        """Take URLs in; how many of them were new."""
        fresh = [url for url in urls if self._known.add(url)]
        self._take_in(fresh, depth, priority, None, (), sitemap)
        await self._journal.save_when_many()
        return len(fresh)

    async def finish(self, finished: Finished) -> None:
        """Take in the links of a finished URL, then give its lease up."""
        ticket = finished.ticket
        depth = ticket.depth if self._depths is None else self._depths.of(ticket.id)
        if finished.links is not None and finished.links.fingerprints:
            self._take_in(self._known.take_new(finished.links), depth + 1, 0, ticket, (), 0)
        if finished.sitemaps is not None:
            self._take_in(self._known.take_new(finished.sitemaps), depth, 0, ticket, (), ticket.sitemap + 1)
        if finished.redirect is not None and self._known.add(finished.redirect.url):
            self._take_in([finished.redirect.url], depth, 0, ticket, finished.redirect.hops, ticket.sitemap)
        if self._depths is not None:
            await self._pass_on(finished, self._depths)
        if finished.outcome is not Outcome.SKIPPED:
            self.pages += 1
        self.finished += 1
        self.leased -= 1
        self._changed.set()
        await self._journal.save_when_many()

    async def retry(self, ticket: Ticket, delay: float) -> None:
        """Hand a ticket back; its attempt is remembered on disk."""
        due = time.time() + delay
        await self._journal.save()
        await self._store.call(lambda db: rows.save_retry(db, ticket.id, ticket.attempt, due))
        # Only now is it pending: what is read back from the disk must know this attempt.
        self.put_back(msgspec.structs.replace(ticket, attempt=ticket.attempt + 1), due - time.time())

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        """Hand a ticket back as it is; on disk it never ceased to be pending."""
        lane = self._lanes[ticket.lane]
        self._hot.keep(ticket)
        lane.push_retry(ticket.id, asyncio.get_running_loop().time() + delay)
        self.pending += 1
        self.leased -= 1
        self._reschedule(lane)

    def _take_in(
        self, urls: list[str], depth: int, priority: int, source: Ticket | None, hops: Hops, sitemap: int
    ) -> None:
        if not urls:
            return
        redirects = _to_json(hops) if hops else None
        referrer, source_id = (source.url, source.id) if source else (None, None)
        touched, new = set(), self._journal.new.urls
        beyond = self._depths is not None and self._depths.is_beyond(depth)
        state = State.BEYOND if beyond else State.PENDING
        for url in urls:
            lane = self._lane(origin(url))
            row = self._next_id
            self._next_id += 1
            new.append((row, url, lane.id, depth, priority, source_id, redirects, sitemap, state))
            if self._depths is not None:
                self._depths.add(self._known.mark(url), row, depth)
            if beyond:
                continue
            if self._hot.has_room():
                self._hot.keep(Ticket(row, url, lane.id, depth, referrer, 1, hops, sitemap))
            lane.push(row, priority, self._order(depth))
            touched.add(lane)
        if beyond:
            self._beyond += len(urls)
            return
        self.pending += len(urls)
        self._reschedule(*touched)

    async def _pass_on(self, finished: Finished, depths: Depths) -> None:
        """Let the links of a finished page bring others nearer, and what comes within reach join."""
        edges = depths.edges(finished.links or Links())
        if finished.redirect is not None:
            edges.append(-depths.row_of(self._known.mark(finished.redirect.url)))
        if not edges:
            return
        self._journal.new.edges[finished.ticket.id] = edges
        nearer = await depths.shorten(finished.ticket.id, edges, self._load_edges)
        if not nearer.rows:
            return
        await self._journal.save()
        moved = depths.states_of(nearer.rows)
        # Jobs run in order: this comes before the commit of the page that brought it about.
        await self._store.call(lambda db: rows.save_depths(db, moved))
        for row, lane_id in await self._store.call(lambda db: rows.load_lanes(db, nearer.joining)):
            lane = self._lanes[lane_id]
            lane.push(row, 0, self._order(depths.of(row)))
            self.pending += 1
            self._beyond -= 1
            self._reschedule(lane)

    async def _load_edges(self, wanted: list[int]) -> dict[int, Edges]:
        await self._journal.save()
        return await self._store.call(lambda db: rows.load_edges(db, wanted))

    # -- out -----------------------------------------------------------------------------------

    async def pop(self, most: int) -> list[Ticket]:
        """Up to ``most`` tickets that may be fetched now; ``[]`` when there will be no more.

        Raises StoreFailed.
        """
        loop = asyncio.get_running_loop()
        while not self._closed:
            if self._failure is not None:
                raise self._failure
            room = most if self._max_pages is None else min(most, self._max_pages - self.pages - self.leased)
            tickets = self._take_due(room, loop.time()) if not self._held else []
            if tickets:
                return tickets
            if self.leased == 0 and (self.pending == 0 or room <= 0):
                return []
            self._changed.clear()
            waits = self._held or room <= 0 or self._hot.is_loading_much()
            wake_at = None if waits else self._lanes.next_due()
            with suppress(TimeoutError):  # then a lane has become due
                async with asyncio.timeout_at(wake_at):
                    await self._changed.wait()
        return []

    def _take_due(self, most: int, now: float) -> list[Ticket]:
        tickets: list[Ticket] = []
        several = len(self._lanes) > 1
        self._lanes.bring_back(now)
        while len(tickets) < most and (lane := self._lanes.pop_due(now)) is not None:
            if several and self._lanes.must_share(lane, self.pending):
                self._lanes.set_aside(lane)
                continue
            due = lane.due_at(now)
            row = lane.next_id(now, self._depth_first) if due is not None and due <= now else None
            if row is not None:
                ticket = self._hot.take(row)
                if ticket is None:
                    if self._hot.is_loading_much():
                        self._lanes.schedule(lane, now)
                        break  # the end of a load wakes whoever waits in pop
                    self._load(lane)
                else:
                    self._lanes.hand_out(lane, now, self._depth_first)
                    self.pending -= 1
                    if self._depths is not None and ticket.depth != self._depths.of(row):
                        ticket = msgspec.structs.replace(ticket, depth=self._depths.of(row))
                    tickets.append(ticket)
            self._lanes.schedule(lane, now)
        self.leased += len(tickets)
        return tickets

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None:
        """Free the host's slot, and let the answer slow the host down."""
        lane = self._lanes[ticket.lane]
        now = asyncio.get_running_loop().time()
        self._lanes.answered(lane, ticket.id, feedback, now)
        if feedback.crawl_delay is not None and feedback.crawl_delay != lane.crawl_delay:
            self._lanes.slow_down(lane, feedback.crawl_delay)
            self._journal.new.delays.append((feedback.crawl_delay, lane.id))
        self._lanes.schedule(lane, now)
        self._changed.set()

    async def turn(self, url: str) -> None:
        """Wait until ``url`` may be asked for in a slot that is held already, and count it."""
        await wait_for_turn(self._lanes, origin(url))

    def hold(self, on: bool) -> None:
        """While it is held, :meth:`pop` waits, and what is in flight is finished; ``False`` goes on."""
        self._held = on
        self._changed.set()

    def close(self) -> None:
        """Hand out no more tickets: whoever waits in :meth:`pop` gets ``[]``."""
        self._closed = True
        self._changed.set()

    def _load(self, lane: Lane) -> None:
        """Read the texts of the lane's next URLs back from disk, in the background."""

        def loaded(failure: BaseException | None) -> None:
            self._failure, lane.loading = self._failure or failure, False
            self._reschedule(lane)

        lane.loading = True
        upcoming = lane.upcoming(self._hot.share_of(len(self._lanes)), self._depth_first)
        self._hot.load([row for row in upcoming if row not in self._hot], loaded)

    # -- durable -------------------------------------------------------------------------------

    async def commit(self, commits: Sequence[Commit]) -> None:
        """One transaction: new URLs, done marks, and each sink's position at its batch."""
        await self._journal.commit(commits)

    async def flush(self) -> None:
        """Send what is only in memory to the disk; for the end of a crawl that could not commit it."""
        await self._journal.save_all()

    def _lane(self, site: str) -> Lane:
        if (lane := self._lanes.find(site)) is None:
            lane = self._lanes.make(len(self._lanes) + 1, site)
            self._journal.new.lanes.append((lane.id, site, partition(site, self._partitions)))
        return lane

    def _order(self, depth: int) -> int:
        return -depth if self._depth_first else depth

    def _reschedule(self, *lanes: Lane) -> None:
        now = asyncio.get_running_loop().time()
        for lane in lanes:
            self._lanes.schedule(lane, now)
        self._changed.set()
