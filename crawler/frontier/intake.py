"""What joins the frontier: URLs that were not known, each with its row, its lane and its turn."""

import asyncio
from array import array
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from crawler.frontier.durable import DurableFrontier
from crawler.frontier.lane import Lane
from crawler.model.messages import Finished, Hop, Links, Ticket
from crawler.model.outcomes import Purpose, State
from crawler.rules.dedup import fingerprints
from crawler.rules.urls import origin, partition

if TYPE_CHECKING:
    from crawler.frontier.earlier_thread import EarlierGeneration

MAX_UNSAVED = 2_000
"""New URLs that may wait for the next commit before they are sent to the disk on their own."""


class Intake(DurableFrontier):
    """Takes URLs in; :class:`~crawler.frontier.leasing.Leasing` decides who is asked when."""

    _changed: asyncio.Event

    async def add(self, urls: Sequence[str], purpose: Purpose = Purpose.PAGE) -> int:
        """Take URLs in; how many of them were new."""
        fresh = self._take_new(urls, purpose)
        self._take_in(fresh, 0, None, purpose)
        if len(self.unsaved.urls) >= MAX_UNSAVED:
            await self.flush()
        return len(fresh)

    def _take_new(self, urls: Sequence[str], purpose: Purpose) -> list[str]:
        """Those that were not known."""
        marks = fingerprints(urls, self._known.hash_seed)
        return self._new_of(Links("\n".join(urls).encode(), marks, purpose))

    def _new_of(self, links: Links) -> list[str]:
        """Those that were not known as what they are wanted for."""
        if links.purpose.is_recorded:
            return self._known.take_new(links)
        return self._targets.take_new(links, self._known, self._depths)

    async def spelt(self, finished: Finished, earlier: "EarlierGeneration") -> Finished:
        """The same, with the URLs of those links that are not known yet where the page was taken over.

        Of such a page there are fingerprints alone. Most of them are known, and need no URL.
        """
        if all(links.urls for links in finished.links):
            return finished
        unknown = {mark for links in finished.links for mark in self._unknown(links)}
        if not unknown:
            return finished
        urls = await earlier.urls_of(unknown)
        spelt = []
        for links in finished.links:
            marks = array("Q")
            marks.frombytes(links.fingerprints)
            lines = [urls.get(mark, "") for mark in marks]
            if unknown.difference(urls).intersection(marks):  # nobody can say what these are
                lines = [
                    url for url, mark in zip(lines, marks, strict=True) if mark in urls or mark not in unknown
                ]
                marks = array("Q", [mark for mark in marks if mark in urls or mark not in unknown])
            spelt.append(replace(links, urls="\n".join(lines).encode(), fingerprints=marks.tobytes()))
        return replace(finished, links=tuple(spelt))

    def _unknown(self, links: Links) -> set[int]:
        marks = array("Q")
        marks.frombytes(links.fingerprints)
        if links.purpose.is_recorded:
            return self._known.without_known(set(marks))
        return self._targets.unknown(marks, self._known, self._depths)

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
        if not urls:
            return
        recorded = purpose.is_recorded
        depths = self._depths if recorded else None
        beyond = depths is not None and depth > depths.most
        if recorded and not beyond and self._targets.pending:
            urls = [
                url for url in urls if not self._is_given_to_page(url, depth, source, purpose, hops, indexes)
            ]
        redirects = msgspec.json.encode(hops) if hops else None
        referrer, source_id = (source.url, source.id) if source else (None, None)
        state = State.BEYOND if beyond else State.PENDING
        # Targets wait till their lane's pages are done: they must not fill the memory until then.
        most_tickets = self._lanes.max_tickets if recorded else self._lanes.max_tickets // 2
        ticket = partial(Ticket, generation=self.generation)
        touched = set()
        for row, url in enumerate(urls, self._last_id + 1):
            site = origin(url)
            if (lane := self._lanes.by_origin.get(site)) is None:
                part = partition(site, self._config.frontier.partitions)
                lane = self._lanes.make(self.new_lane_id(part), site)
                self.unsaved.lanes.append((lane.id, site, part))
            self.unsaved.urls.append(
                (row, url, lane.id, depth, source_id, redirects, purpose, indexes, state)
            )
            if depths is not None:
                depths.add(url, row, depth)
            if beyond:
                continue
            if len(self._lanes.tickets) < most_tickets:
                self._lanes.tickets[row] = ticket(
                    row, url, lane.id, depth, referrer, 1, hops, purpose, indexes
                )
            if recorded:
                lane.pages.push(row, depth)
            else:
                lane.waiting(recorded=False).push(row, 0)
                self._targets.add(url, row, purpose)
            touched.add(lane)
        self._last_id += len(urls)
        if not beyond:
            self.known += len(urls) if recorded else 0
            self.pending += len(urls)
            self._reschedule(*touched)

    def _is_given_to_page(
        self,
        url: str,
        depth: int,
        source: Ticket | None,
        purpose: Purpose,
        hops: tuple[Hop, ...],
        indexes: int,
    ) -> bool:
        """Whether ``url`` waits as a target. Its row is a page's then, as if it had been found just now."""
        row = self._targets.give_to_page(url)
        if row is None:
            return False
        lane = self._lanes.by_origin[origin(url)]
        due = lane.waiting(recorded=False).remove(row)
        if due is None:
            lane.pages.push(row, depth)
        else:
            lane.pages.push_retry(row, due)
        referrer, source_id = (source.url, source.id) if source else (None, None)
        if (ticket := self._lanes.tickets.get(row)) is not None:
            self._lanes.tickets[row] = replace(
                ticket, depth=depth, referrer=referrer, redirects=hops, purpose=purpose, indexes=indexes
            )
        redirects = msgspec.json.encode(hops) if hops else None
        self.unsaved.given_to_pages.append((purpose, indexes, depth, source_id, redirects, row))
        if self._depths is not None:
            self._depths.add(url, row, depth)
        self.known += 1
        self._reschedule(lane)
        return True

    def _reschedule(self, *lanes: Lane) -> None:
        now = asyncio.get_running_loop().time()
        for lane in lanes:
            self._lanes.schedule(lane, now)
        self._changed.set()
