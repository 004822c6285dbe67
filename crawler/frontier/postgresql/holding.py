"""The partitions that a node holds: taken over, and let go of, in memory."""

import asyncio
import sys
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from crawler.config import Config
from crawler.frontier.durable import Waits
from crawler.frontier.leasing import Leasing
from crawler.frontier.postgresql.known import SharedKnownUrls
from crawler.frontier.postgresql.loading import Inbound
from crawler.frontier.postgresql.part import Loaded, Part, part_of
from crawler.frontier.postgresql.saving import signed
from crawler.frontier.postgresql.schema import ID_BITS, LANE_BITS
from crawler.model.messages import Commit, Hop, Ticket
from crawler.model.outcomes import Purpose
from crawler.rules.dedup import fingerprint
from crawler.rules.urls import origin, partition

GRACE = 1.0
"""Seconds for which nothing is asked in a partition whose owner was lost: it breaks off what it had under way
as soon as it knows that, which takes a moment."""

_encode = msgspec.json.Encoder().encode


class Holding(Leasing):
    """A frontier of some partitions; what belongs to others goes to their inbox."""

    is_shared = True
    keeps_versions = False
    is_over = False

    def __init__(self, config: Config, hash_seed: int) -> None:
        """``hash_seed`` is the crawl's own, for telling known URLs."""
        super().__init__(config, hash_seed)
        self._partitions = config.frontier.partitions
        self.parts: dict[int, Part] = {}
        """Those whose locks are held, by their numbers."""
        self._shared = SharedKnownUrls(hash_seed, self._is_mine)
        self._known = self._shared

    def _is_mine(self, url: str) -> bool:
        return partition(origin(url), self._partitions) in self.parts

    # -- taken over, given back ----------------------------------------------------------------

    def _hold(self, loaded: Loaded, offset: float) -> None:
        """Go on with a partition. Its hosts are asked when their whole delay has gone by once more."""
        now, number = asyncio.get_running_loop().time(), loaded.number
        part = Part(number, loaded.urls, loaded.done, max(loaded.last_id, number << ID_BITS))
        part.last_lane = loaded.lanes[-1][0] if loaded.lanes else number << LANE_BITS
        self.parts[number] = part
        self._shared.merge(_marks(loaded.marks))
        self._take_over_lanes(loaded.lanes, offset)
        part.lanes = [self._lanes.by_id[lane] for lane, *_ in loaded.lanes]
        for lane in part.lanes:
            lane.state.last_start = now
            if not loaded.was_left:
                lane.state.resting_until = max(lane.state.resting_until, now + GRACE)
        self._take_over_pending(loaded.pending, offset)
        self.known += loaded.urls
        self.done_before += loaded.done
        self._reschedule(*part.lanes)

    def _mark_leaving(self, part: Part, *, is_leaving: bool) -> None:
        """Hand out nothing more of it; or do so again."""
        part.is_leaving = is_leaving
        for lane in part.lanes:
            lane.is_leaving = is_leaving
        self._reschedule(*part.lanes)

    def _let_go(self, part: Part) -> None:
        """Of a partition of which nothing is under way: from now on its URLs are others'."""
        del self.parts[part.number]
        self.pending -= sum(lane.size for lane in part.lanes)
        for lane in part.lanes:
            self._lanes.remove(lane)
        for row in [row for row in self._lanes.tickets if part_of(row) == part.number]:
            del self._lanes.tickets[row]
        self.known -= part.urls
        self.done_before -= part.done

    def forget(self, marks: bytes) -> None:
        """What is known of a partition that was let go of."""
        self._shared.forget(_marks(marks))

    # -- in ------------------------------------------------------------------------------------

    def new_lane_id(self, partition: int) -> int:
        """The id of the next lane in a partition that is held."""
        part = self.parts[partition]
        part.last_lane += 1
        return part.last_lane

    def _take_in(
        self,
        urls: list[str],
        depth: int,
        source: Ticket | None,
        purpose: Purpose,
        hops: tuple[Hop, ...] = (),
        indexes: int = 0,
    ) -> None:
        found: dict[int, list[str]] = {}
        for url in urls:
            found.setdefault(partition(origin(url), self._partitions), []).append(url)
        for number, some in found.items():
            part = self.parts.get(number)
            if part is None:
                self._hand_on(number, some, depth, source, purpose, hops, indexes)
                continue
            self._last_id, lanes = part.last_id, part.last_lane
            super()._take_in(some, depth, source, purpose, hops, indexes)
            part.last_id = self._last_id
            part.urls += len(some)
            new = [self._lanes.by_id[lane] for lane in range(lanes + 1, part.last_lane + 1)]
            part.lanes += new
            if part.is_leaving:
                for lane in new:
                    lane.is_leaving = True
                self._reschedule(*new)

    def _hand_on(
        self,
        number: int,
        urls: list[str],
        depth: int,
        source: Ticket | None,
        purpose: Purpose,
        hops: tuple[Hop, ...],
        indexes: int,
    ) -> None:
        redirects = _encode(hops) if hops else None
        seed, referrer = self._known.hash_seed, source.id if source else None
        self.unsaved.outbox += [
            (number, signed(fingerprint(url, seed)), referrer, depth, int(purpose), indexes, url, redirects)
            for url in urls
        ]

    def _take_out(self, inbox: Iterable[Inbound]) -> list[int]:
        """Take in what others have found; the ids of URLs that are pending again."""
        again = []
        for item in inbox:
            if item.partition not in self.parts:
                continue
            self.unsaved.taken.append((item.partition, item.id))
            if item.again is not None:
                again.append(item.again)
            elif self._shared.take_in([item.mark % (1 << 64)]):
                source = None
                if item.referrer is not None and item.referrer_url is not None:
                    source = Ticket(item.referrer, item.referrer_url, 0, item.depth)
                purpose = Purpose(item.purpose)
                self._take_in([item.url], item.depth, source, purpose, item.hops, item.indexes)
        return again

    def _take_up_again(self, rows: Sequence[Waits]) -> None:
        """URLs that were done, and are pending again."""
        self._take_over_pending(rows, self.wall() - asyncio.get_running_loop().time())
        for number, lane, *_ in rows:
            self.parts[part_of(number)].done -= 1
            self.done_before -= 1
            self._reschedule(self._lanes.by_id[lane])

    # -- what is under way ---------------------------------------------------------------------

    def _take_due(self, most: int, room: int) -> list[Ticket]:
        tickets = super()._take_due(most, room)
        for ticket in tickets:
            self.parts[part_of(ticket.id)].busy += 1
            self.is_over = False
        return tickets

    def put_back(self, ticket: Ticket, delay: float = 0.0) -> None:
        """Hand a ticket back as it is; see :meth:`Leasing.put_back`."""
        super().put_back(ticket, delay)
        self.parts[part_of(ticket.id)].busy -= 1

    async def commit(self, commits: Sequence[Commit]) -> None:
        """The one transaction in which URLs become done; see :meth:`DurableFrontier.commit`."""
        await super().commit(commits)
        for commit in commits:
            for finished in commit.finished:
                part = self.parts[part_of(finished.ticket.id)]
                part.busy -= 1
                part.done += 1


def _marks(packed: bytes) -> "array[int]":
    marks = array("Q")
    marks.frombytes(packed)
    if sys.byteorder == "little":
        marks.byteswap()
    return marks
