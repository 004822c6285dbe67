"""The frontier of one machine: decisions in memory, everything durable in ``crawl.db``.

The crawl ends when nothing is pending and nothing is leased. That is no guess: a ticket counts as
leased from :meth:`SqliteFrontier.pop` until :meth:`~SqliteFrontier.finish` or
:meth:`~SqliteFrontier.retry`; both add what follows from it (links, the redirect's target, the URL
itself) to the pending ones *before* they give the lease up; and only leased URLs can add any (a robots.txt
its sitemaps, while a page waits for it). So once both are zero, no event is left that could make one grow.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from crawler.config import Config
from crawler.frontier.durable import DurableFrontier
from crawler.frontier.lane import Lane
from crawler.model.messages import Finished, Hop, HostFeedback, Ticket
from crawler.model.outcomes import Outcome, Purpose, State
from crawler.rules.urls import origin, partition

if TYPE_CHECKING:
    from crawler.frontier.state_thread import CrawlState

MAX_UNSAVED = 2_000
"""New URLs that may wait for the next commit before they are sent to the disk on their own."""
LOAD_AHEAD = 512
"""Tickets read back at a time for one lane, at most."""
LOADS_AT_ONCE = 8
"""Lanes whose tickets are read back at the same time: a start may find a hundred thousand lanes due."""


class SqliteFrontier(DurableFrontier):
    """Implements :class:`crawler.frontier.protocol.Frontier` on a :class:`CrawlState`."""

    def __init__(self, state: "CrawlState", config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        super().__init__(state, config, hash_seed)
        self._changed = asyncio.Event()
        self._closed = self._paused = False
        self._loads: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None

    # -- in ------------------------------------------------------------------------------------

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        """Take URLs in; how many of them were new."""
        fresh = [url for url in urls if self._known.add(url)]
        self._take_in(fresh, 0, None, purpose)
        if len(self.unsaved.urls) >= MAX_UNSAVED:
            await self.flush()
        return len(fresh)

    async def finish(self, finished: Finished) -> None:
        """Take in what a finished URL leads to, then give its lease up."""
        ticket, redirect = finished.ticket, finished.redirect
        depth = ticket.depth if self._depths is None else self._depths.of(ticket.id)
        for links in finished.links:
            fresh = self._known.take_new(links)
            if links.purpose is Purpose.SITEMAP:
                self._take_in(fresh, depth, ticket, links.purpose, indexes=ticket.indexes + 1)
            else:
                self._take_in(fresh, depth + 1, ticket, links.purpose)
        if redirect is not None and self._known.add(redirect.url):
            self._take_in([redirect.url], depth, ticket, ticket.purpose, redirect.hops, ticket.indexes)
        if self._depths is not None:
            for row, lane_id in await self._depths.pass_on(finished, self):
                lane = self._lanes.by_id[lane_id]
                lane.push(row, self._depths.of(row))
                self.pending += 1
                self.known += 1
                self._reschedule(lane)
        if finished.outcome is not Outcome.SKIPPED:
            self.pages += 1
        self.finished += 1
        self.leased -= 1
        self._changed.set()
        if len(self.unsaved.urls) >= MAX_UNSAVED:
            await self.flush()

    async def retry(self, ticket: Ticket, delay: float) -> None:
        """Hand a ticket back; its attempt is remembered on disk."""
        due = time.time() + delay
        self.unsaved.retries.append((ticket.attempt, due, ticket.id))
        await self.flush()
        # Only now is it pending: what is read back from the disk must know this attempt.
        self.put_back(replace(ticket, attempt=ticket.attempt + 1), due - time.time())

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        """Hand a ticket back as it is; on disk it never ceased to be pending."""
        lane = self._lanes.by_id[ticket.lane]
        self._lanes.keep(ticket)
        lane.push_retry(ticket.id, asyncio.get_running_loop().time() + delay)
        self.pending += 1
        self.leased -= 1
        self._reschedule(lane)

    def _take_in(
        self,
        urls: list[str],
        depth: int,
        source: Ticket | None,
        purpose: Purpose,
        hops: tuple[Hop, ...] = (),
        indexes: int = 0,
    ) -> None:
        """Take in URLs that were not known; ``source`` named them."""
        redirects = msgspec.json.encode(hops) if hops else None
        referrer, source_id = (source.url, source.id) if source else (None, None)
        beyond = self._depths is not None and depth > self._depths.most
        state = State.BEYOND if beyond else State.PENDING
        touched = set()
        for row, url in enumerate(urls, self._last_id + 1):
            site = origin(url)
            if (lane := self._lanes.by_origin.get(site)) is None:
                lane = self._lanes.make(len(self._lanes.by_id) + 1, site)
                part = partition(site, self._config.frontier.partitions)
                self.unsaved.lanes.append((lane.id, site, part))
            self.unsaved.urls.append(
                (row, url, lane.id, depth, source_id, redirects, purpose, indexes, state)
            )
            if self._depths is not None:
                self._depths.add(url, row, depth)
            if not beyond:
                if len(self._lanes.tickets) < self._lanes.max_tickets:
                    self._lanes.tickets[row] = Ticket(
                        row, url, lane.id, depth, referrer, 1, hops, purpose, indexes
                    )
                lane.push(row, depth)
                touched.add(lane)
        self._last_id += len(urls)
        if not beyond:
            self.known += len(urls)
            self.pending += len(urls)
            self._reschedule(*touched)

    # -- out -----------------------------------------------------------------------------------

    async def pop(self, most: int) -> list[Ticket]:
        """Up to ``most`` tickets that may be fetched now; ``[]`` when there will be no more."""
        loop, max_pages = asyncio.get_running_loop(), self._config.scope.max_pages
        while not self._closed:
            if self._failure is not None:
                raise self._failure
            room = most if max_pages is None else min(most, max_pages - self.pages - self.leased)
            if not self._paused and (tickets := self._take_due(room, loop.time())):
                return tickets
            if self.leased == 0 and (room <= 0 or self.pending == 0 or self.pending == self.out_of_reach):
                return []
            self._changed.clear()
            waits = self._paused or room <= 0 or len(self._loads) >= LOADS_AT_ONCE
            with suppress(TimeoutError):  # then a lane has become due
                async with asyncio.timeout_at(None if waits else self._lanes.next_due()):
                    await self._changed.wait()
        return []

    def _take_due(self, most: int, now: float) -> list[Ticket]:
        max_loads = LOADS_AT_ONCE - len(self._loads)
        tickets, unread = self._lanes.take_due(most, now, self.pending, max_loads)
        for lane in unread:
            # The loop itself keeps only a weak reference to a task.
            self._loads.add(asyncio.create_task(self._read_back(lane, now)))
        if self._depths is not None:
            tickets = [replace(ticket, depth=self._depths.of(ticket.id)) for ticket in tickets]
        self.pending -= len(tickets)
        self.leased += len(tickets)
        return tickets

    async def _read_back(self, lane: Lane, now: float) -> None:
        """Read the texts of the lane's next URLs back from disk, in the background."""
        # So few that those of all lanes together stay in the bound.
        share = min(LOAD_AHEAD, max(1, self._lanes.max_tickets // len(self._lanes.by_id)))
        try:
            wanted = [row for row in lane.next_ids(share, now) if row not in self._lanes.tickets]
            for ticket in await self.load_tickets(wanted):
                self._lanes.keep(ticket)
        except Exception as failure:  # for whoever waits in pop
            self._failure = failure
        lane.loading = False
        self._loads.discard(asyncio.current_task())
        self._reschedule(lane)

    async def fetched(self, ticket: Ticket, feedback: HostFeedback) -> None:
        """Free the host's slot, and let the answer slow the host down."""
        lane = self._lanes.by_id[ticket.lane]
        now = asyncio.get_running_loop().time()
        self._lanes.answered(lane, ticket.id, feedback, now)
        self._reschedule(lane)

    async def turn(self, url: str) -> None:
        """Wait until ``url`` may be asked for in a slot that is held already, and count it."""
        lane = self._lanes.by_origin.get(origin(url))
        if lane is None:
            return  # it is no part of the crawl, and there are no limits to it
        loop = asyncio.get_running_loop()
        lane.state.last_start = loop.time()  # the answer has just come, however late its request was sent
        while True:
            now = loop.time()
            ready = lane.state.again_at(now)
            if ready <= now:
                break
            await asyncio.sleep(ready - now)
        lane.state.again(now)
        self._lanes.asked.add(lane)

    def pause(self) -> None:
        """Have :meth:`pop` wait, while what is in flight is finished."""
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        """Hand out tickets again."""
        self._paused = False
        self._changed.set()

    def close(self) -> None:
        """Hand out no more tickets."""
        self._closed = True
        self._changed.set()

    def _reschedule(self, *lanes: Lane) -> None:
        now = asyncio.get_running_loop().time()
        for lane in lanes:
            self._lanes.schedule(lane, now)
        self._changed.set()
