"""Who is asked when: tickets handed out, handed back and finished, all of it decided in memory.

The crawl ends when nothing is pending and nothing is leased. That is no guess: a ticket counts as
leased from :meth:`Leasing.pop` until :meth:`~Leasing.finish` or
:meth:`~Leasing.retry`; both add what follows from it (links, the redirect's target, the URL
itself) to the pending ones *before* they give the lease up; and only leased URLs can add any (a robots.txt
its sitemaps, while a page waits for it). So once both are zero, no event is left that could make one grow.
"""

import asyncio
from contextlib import suppress
from operator import attrgetter

from msgspec.structs import replace

from crawler.config import Config
from crawler.frontier.intake import MAX_UNSAVED
from crawler.frontier.lane import Lane
from crawler.frontier.pausing import Pausing
from crawler.frontier.versions import page_row
from crawler.model.messages import Finished, HostFeedback, Ticket
from crawler.model.outcomes import Outcome, Purpose
from crawler.rules.urls import origin

LOAD_AHEAD = 512
"""Tickets read back at a time for one lane, at most."""
LOADS_AT_ONCE = 8
"""Lanes whose tickets are read back at the same time: a start may find a hundred thousand lanes due."""

_purpose = attrgetter("purpose")


class Leasing(Pausing):
    """Implements :class:`crawler.frontier.protocol.Frontier`, but for what is kept on disk, and how."""

    def __init__(self, config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        super().__init__(config, hash_seed)
        self._loads: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None

    # -- in ------------------------------------------------------------------------------------

    async def finish(self, finished: Finished) -> None:
        """Take in what a finished URL leads to, then give its lease up."""
        ticket, redirect = finished.ticket, finished.redirect
        recorded = ticket.purpose.is_recorded
        if self.keeps_versions and (page := page_row(finished)) is not None:
            self.unsaved.pages.append(page)
        if self.earlier is not None:
            finished = await self.spelt(finished, self.earlier)
        depths = self._depths if recorded else None
        depth = ticket.depth if depths is None else depths.of(ticket.id)
        # Pages first: what a page links to as well is no asset.
        for links in sorted(finished.links, key=_purpose) if len(finished.links) > 1 else finished.links:
            fresh = self._new_of(links)
            if links.purpose is Purpose.SITEMAP:
                self._take_in(fresh, depth, ticket, links.purpose, indexes=ticket.indexes + 1)
            else:
                self._take_in(fresh, depth + 1, ticket, links.purpose)
        if redirect is not None:
            fresh = self._take_new([redirect.url], ticket.purpose)
            self._take_in(fresh, depth, ticket, ticket.purpose, redirect.hops, ticket.indexes)
        if depths is not None:
            for row, lane_id in await depths.pass_on(finished):
                lane = self._lanes.by_id[lane_id]
                lane.pages.push(row, depths.of(row))
                self.pending += 1
                self.known += 1
                self._reschedule(lane)
        if not recorded:
            self._targets.leased -= 1
        elif finished.outcome is not Outcome.SKIPPED:
            self.pages += 1
        self.finished += 1
        self.leased -= 1
        self._changed.set()
        if len(self.unsaved.urls) >= MAX_UNSAVED:
            await self.flush()

    async def retry(self, ticket: Ticket, delay: float) -> None:
        """Hand a ticket back; its attempt is remembered on disk."""
        due = self.wall() + delay
        self.unsaved.retries.append((ticket.attempt, due, ticket.id))
        await self.flush()
        # Only now is it pending: what is read back from the disk must know this attempt.
        self.put_back(replace(ticket, attempt=ticket.attempt + 1), due - self.wall())

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        """Hand a ticket back as it is; on disk it never ceased to be pending."""
        lane, recorded = self._lanes.by_id[ticket.lane], ticket.purpose.is_recorded
        self._lanes.keep(ticket)
        if not recorded:
            self._targets.put_back(ticket)
        lane.waiting(recorded=recorded).push_retry(ticket.id, asyncio.get_running_loop().time() + delay)
        self.pending += 1
        self.leased -= 1
        self._reschedule(lane)

    # -- out -----------------------------------------------------------------------------------

    async def pop(self, most: int) -> list[Ticket]:
        """Up to ``most`` tickets that may be fetched now; ``[]`` when there will be no more."""
        while not self._closed:
            if self._failure is not None:
                raise self._failure
            # How many more pages may be handed out; targets are asked whatever that is.
            max_pages = self.max_pages
            room = most if max_pages is None else max_pages - self.pages - self.leased + self._targets.leased
            free = min(most, self._free)
            if free > 0 and (tickets := self._take_due(free, room)):
                return tickets
            left = self.pending - self.out_of_reach if room > 0 else self._targets.pending
            if room <= 0:
                left -= sum(lane.targets_out_of_reach for lane in self._lanes.given_up)
            if self.leased == 0 and not left and self.is_over:
                return []
            self._changed.clear()
            waits = free <= 0 or not left or len(self._loads) >= LOADS_AT_ONCE
            with suppress(TimeoutError):  # then a lane has become due
                async with asyncio.timeout_at(None if waits else self._lanes.next_due()):
                    await self._changed.wait()
        return []

    def _take_due(self, most: int, room: int) -> list[Ticket]:
        """Up to ``most`` tickets, of them up to ``room`` for pages."""
        now, targets = asyncio.get_running_loop().time(), self._targets
        if not targets.pending:
            most = min(most, room)
        max_loads = LOADS_AT_ONCE - len(self._loads)
        within = room if targets.pending and self.max_pages is not None else None
        tickets, unread = self._lanes.take_due(most, now, self.pending, max_loads, within)
        for lane in unread:
            # The loop itself keeps only a weak reference to a task.
            self._loads.add(asyncio.create_task(self._read_back(lane, now)))
        if self._depths is not None:
            tickets = [self._with_its_depth(ticket) for ticket in tickets]
        if targets.pending:
            for ticket in tickets:
                if not ticket.purpose.is_recorded:
                    targets.lease(ticket)
        self.pending -= len(tickets)
        self.leased += len(tickets)
        return tickets

    def _with_its_depth(self, ticket: Ticket) -> Ticket:
        """With the smallest one that is known by now; a target's stays as it was found."""
        if self._depths is None or not ticket.purpose.is_recorded:
            return ticket
        return replace(ticket, depth=self._depths.of(ticket.id))

    async def _read_back(self, lane: Lane, now: float) -> None:
        """Read the texts of the lane's next URLs back from disk, in the background."""
        # So few that those of all lanes together stay in the bound.
        share = min(LOAD_AHEAD, max(1, self._lanes.max_tickets // len(self._lanes.by_id)))
        try:
            wanted = [
                row
                for row in lane.next_ids(share, now, takes_pages=self._lanes.takes_pages)
                if row not in self._lanes.tickets
            ]
            for ticket in await self.load_tickets(wanted):
                # Meanwhile its row may have become a page's: then it is read once more.
                if ticket.purpose.is_recorded or self._targets.waits(ticket):
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
