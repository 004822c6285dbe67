"""All lanes: by id, by origin, and in a heap by the time at which they may be asked next. No I/O."""

import heapq
from functools import partial

from msgspec.structs import replace

from crawler.config import Config
from crawler.frontier.lane import UNBOUND, Lane
from crawler.frontier.waiting import Waiting
from crawler.model.messages import HostFeedback, Ticket
from crawler.rules.politeness import LaneState, heeds_errors, limits_for, rest_of
from crawler.rules.throttle import Throttle

MAX_TICKETS = 20_000
"""Pending tickets whose text is kept in memory, about 400 bytes each; the others are on disk alone."""


class Lanes:
    """Who may be asked, how politely, and who is next."""

    def __init__(self, config: Config) -> None:
        self._depth_first = config.frontier.order == "depth_first"
        self._polite = config.politeness
        self._fetch = config.fetch
        self._limits_for = partial(
            limits_for,
            per_host=config.politeness.per_host,
            delay=config.politeness.delay,
            concurrency=config.fetch.concurrency,
            max_crawl_delay=config.politeness.max_crawl_delay,
        )
        self.by_id: dict[int, Lane] = {}
        self.by_origin: dict[str, Lane] = {}
        self.asked: set[Lane] = set()  # since somebody emptied this
        self.given_up: set[Lane] = set()
        """Lanes that have put everything off for too long."""
        self.tickets: dict[int, Ticket] = {}
        """Of pending URLs, by id: those whose text is in memory."""
        self.max_tickets = MAX_TICKETS
        self.takes_pages = True
        """Pages may be handed out; else only targets, since ``scope.max_pages`` is reached."""
        self._held: set[Lane] = set()  # they have pages, and were looked at while none may be handed out
        self.in_flight = 0
        self._set_aside: list[Lane] = []  # they had to leave places to others, however due they are
        self._heap: list[tuple[float, int, Lane]] = []
        self._order = 0

    def make(self, lane_id: int, origin: str, crawl_delay: float | None = None) -> Lane:
        """A new lane."""
        limits = self._limits_for(origin, crawl_delay=crawl_delay)
        throttle = Throttle(limits, self._polite.throttle_max_delay) if self._polite.throttle else None
        heeds = heeds_errors(origin, self._polite.delay)
        pages, state = Waiting(self._depth_first), LaneState(limits)
        lane = Lane(lane_id, origin, pages, state, throttle, heeds, crawl_delay)
        self.by_id[lane_id] = self.by_origin[origin] = lane
        return lane

    def remove(self, lane: Lane) -> None:
        """Forget a lane of which nothing is in flight: it is another node's from now on."""
        del self.by_id[lane.id], self.by_origin[lane.origin]
        for lanes in (self.asked, self.given_up, self._held):
            lanes.discard(lane)
        self._set_aside = [other for other in self._set_aside if other is not lane]
        lane.scheduled = None  # so the heap's entries of it are void

    def keep(self, ticket: Ticket) -> None:
        """Keep its text in memory until it is handed out.

        Depth first, what came early is wanted late, and new ones go before it again and again: there
        the oldest makes room, since it can be read back.
        """
        if self._depth_first and len(self.tickets) >= self.max_tickets:
            del self.tickets[next(iter(self.tickets))]
        self.tickets[ticket.id] = ticket

    def take_due(
        self, most: int, now: float, pending: int, max_loads: int, room: int | None = None
    ) -> tuple[list[Ticket], list[Lane]]:
        """Hand out up to ``most`` tickets, of them up to ``room`` for pages; ``pending`` is of all lanes.

        And up to ``max_loads`` lanes whose next tickets must be read back from disk first.
        """
        tickets: list[Ticket] = []
        unread: list[Lane] = []
        self.takes_pages = room is None or room > 0
        set_aside, self._set_aside = self._set_aside, []
        if self.takes_pages and self._held:
            set_aside += self._held
            self._held.clear()
        for other in set_aside:
            self.schedule(other, now)
        while len(tickets) < most and (lane := self.pop_due(now)) is not None:
            if len(self.by_id) > 1 and self._must_share(lane, pending - len(tickets)):
                self._set_aside.append(lane)
                continue
            due = lane.due_at(now, takes_pages=self.takes_pages)
            if due is not None and due <= now:
                waiting = lane.pages
                if lane.targets is not None and not (self.takes_pages and lane.pages_are_due(now)):
                    waiting = lane.targets
                row = waiting.take(now)
                ticket = self.tickets.pop(row, None)
                if ticket is not None:
                    if lane.refused_since is not None and lane.at_once == 1:
                        ticket = replace(ticket, alone=True)
                    lane.state.start(now)
                    lane.started[row] = now
                    self.in_flight += 1
                    tickets.append(ticket)
                    if room is not None and waiting is lane.pages:
                        room -= 1
                        self.takes_pages = room > 0
                else:
                    waiting.push_retry(row, now)  # it goes first, once its text is here
                    if len(unread) >= max_loads:
                        self.schedule(lane, now)
                        break
                    lane.loading = True
                    unread.append(lane)
            self.schedule(lane, now)
        return tickets, unread

    def answered(self, lane: Lane, row: int, feedback: HostFeedback, now: float) -> None:
        """The request for ``row`` is over: free its slot, and learn from the answer."""
        started = lane.started.pop(row)
        self.in_flight -= 1
        self.asked.add(lane)
        if feedback.crawl_delay is not None and feedback.crawl_delay != lane.crawl_delay:
            self._slow_down(lane, feedback.crawl_delay)
        failed = feedback.failed if lane.heeds_errors else feedback.put_off
        # An error page is an answer like others where it is no reason to be careful.
        is_answer = not feedback.failed or (not failed and feedback.elapsed > 0.0)
        is_new = started >= lane.state.resting_until
        was_alone = lane.refused_since is not None and lane.at_once == 1
        if lane.at_once < UNBOUND:
            # A first request waits for a look-up and a connection (and our own start), so the next could
            # come close behind it: its delay counts from the answer. Until there is one, one at a time.
            if lane.at_once == 1 and feedback.asked:
                lane.state.last_start = now
            if is_answer and is_new:
                lane.trust()
                self.given_up.discard(lane)
        if not feedback.asked:
            lane.state.withdraw(started)
            return
        rest = feedback.retry_after
        if feedback.put_off and self._fetch.busy_max:
            rest = self._put_off(lane, rest, now, is_new=is_new)
        lane.state.end(now, rest)
        lane.failures += feedback.failed
        throttle = lane.throttle
        if throttle is None or not (is_answer or failed):
            return  # that nothing came is no sign of health, either
        if feedback.put_off and was_alone and is_new:
            return  # that the rest was too short says nothing of the pace after it
        if throttle.answered(started, now, feedback.elapsed, failed):
            lane.state.limits = throttle.in_force()

    def _put_off(self, lane: Lane, rest: float | None, now: float, *, is_new: bool) -> float:
        """The host said to come again later: seconds for which its lane rests, the ``rest`` it wants or ours.

        Then it is asked for one thing at a time, until it answers. However many were under way together,
        they were put off once: only the first of them is ``is_new``.
        """
        if lane.refused_since is None:
            lane.refused_since, lane.refusals = now, 0
        lane.refusals += is_new or not lane.refusals
        lane.at_once = 1
        rest = rest or rest_of(lane.refusals, self._fetch.backoff, self._fetch.backoff_max)
        if now + rest - lane.refused_since > self._fetch.busy_max:
            lane.given_up = True
            self.given_up.add(lane)
        return rest

    def _slow_down(self, lane: Lane, crawl_delay: float) -> None:
        """Its robots.txt asks for ``crawl_delay`` seconds between two requests."""
        lane.crawl_delay = crawl_delay
        lane.state.limits = self._limits_for(lane.origin, crawl_delay=crawl_delay)
        if lane.throttle is not None:
            lane.throttle.limits = lane.state.limits
            lane.state.limits = lane.throttle.in_force()

    def _must_share(self, lane: Lane, pending: int) -> bool:
        """Whether ``lane`` must leave the free places to others now; ``pending`` is of all lanes.

        While others have anything to do, no lane takes more places than it leaves free, so a host that does
        not answer leaves some (the dynamic threshold of shared-memory switches, Choudhury and Hahne 1998).
        """
        held = lane.state.in_flight
        if not held or held < self._fetch.concurrency - self.in_flight:
            return False
        return pending + self.in_flight > lane.size + held

    def schedule(self, lane: Lane, now: float) -> None:
        """Put ``lane`` where it belongs now."""
        due = lane.due_at(now, takes_pages=self.takes_pages)
        if not self.takes_pages and lane.pages.size:
            self._held.add(lane)
        if due == lane.scheduled and due is not None:
            return
        lane.scheduled = due
        if due is not None:
            self._order += 1  # lanes due at the same time take turns
            heapq.heappush(self._heap, (due, self._order, lane))

    def pop_due(self, now: float) -> Lane | None:
        """A lane that may be asked now, taken out; the caller schedules it again."""
        due = self.next_due()
        if due is None or due > now:
            return None
        lane = heapq.heappop(self._heap)[2]
        lane.scheduled = None
        return lane

    def next_due(self) -> float | None:
        """When the next lane becomes due; None when none will by itself."""
        while self._heap and self._heap[0][2].scheduled != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
