"""The pending tickets whose text is in memory; the others stay on disk until their turn comes near."""

import asyncio
from collections.abc import Callable, Sequence

from crawler.frontier import rows
from crawler.frontier.journal import Journal
from crawler.frontier.store_thread import StoreThread
from crawler.model.messages import Ticket

HOT_TICKETS = 20_000
"""Tickets kept in memory, about 400 bytes each."""
LOAD_AHEAD = 512
"""Tickets read back at a time for one lane, at most."""
LOADS_AT_ONCE = 8
"""Lanes whose tickets are read back at the same time: a start may find a hundred thousand lanes due."""


class HotTickets:
    """A cache by row id. What is not in it can be read back from ``crawl.db``."""

    def __init__(self, store: StoreThread, journal: Journal, *, depth_first: bool = False) -> None:
        self._store = store
        self._journal = journal
        self._depth_first = depth_first
        self._tickets: dict[int, Ticket] = {}
        self._loads: set[asyncio.Task[None]] = set()

    def __contains__(self, row: int) -> bool:
        return row in self._tickets

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._tickets)

    def has_room(self) -> bool:
        """Another new ticket may be kept."""
        return len(self._tickets) < HOT_TICKETS

    def is_loading_much(self) -> bool:
        """Nothing more should be asked for before something has come."""
        return len(self._loads) >= LOADS_AT_ONCE

    def keep(self, ticket: Ticket) -> None:
        """Keep it until it is taken.

        Depth first, what came early is wanted late, and new ones go before it again and again: there
        the oldest makes room, since it can be read back.
        """
        if self._depth_first and len(self._tickets) >= HOT_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        self._tickets[ticket.id] = ticket

    def take(self, row: int) -> Ticket | None:
        """The row's ticket, which is then no longer kept; None when it is on disk only."""
        return self._tickets.pop(row, None)

    def share_of(self, lanes: int) -> int:
        """How many a lane should read back at a time, so that all lanes together stay in the bound."""
        return min(LOAD_AHEAD, max(1, HOT_TICKETS // lanes))

    def load(self, wanted: Sequence[int], then: Callable[[BaseException | None], None]) -> None:
        """Read rows back in the background, then call ``then`` with what went wrong, if anything."""

        def loaded(task: asyncio.Task[None]) -> None:
            self._loads.discard(task)
            if not task.cancelled():
                then(task.exception())

        task = asyncio.create_task(self._load(wanted))
        self._loads.add(task)  # the loop itself keeps only a weak reference to a task
        task.add_done_callback(loaded)

    async def _load(self, wanted: Sequence[int]) -> None:
        await self._journal.save()
        for ticket in await self._store.call(lambda db: rows.load_tickets(db, wanted)):
            self.keep(ticket)
