"""Station 1 of 4, lease. In: the frontier. Out: Ticket to fetch_queue.
Runs as: one coroutine in the main loop. Stops when: the frontier has no more tickets, or is closed.
Fails as: StoreFailed, which ends the crawl.

To lease is to hand out what must come back: a ticket is pending until its URL is committed, so whoever is
killed with one in hand loses nothing.
"""

from crawler.frontier.protocol import Frontier
from crawler.model.messages import Ticket
from crawler.plumbing.byte_queue import ByteQueue


async def lease_task(frontier: Frontier, tickets: ByteQueue[Ticket]) -> None:
    """Lease as many tickets as there are idle fetchers, never more.

    A ticket that waited in the queue would hold its host's slot for nothing, and the gap between
    two requests to one host would no longer be the one that was asked for.
    """
    try:
        while idle := await tickets.wanted():  # waits until a fetcher is idle
            leased = await frontier.pop(idle)  # waits until a host may be asked
            if not leased:  # and there will be no more
                return
            for ticket in leased:
                await tickets.put(ticket)
    finally:
        tickets.close()
