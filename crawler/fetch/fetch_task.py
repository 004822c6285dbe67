"""Station 2 of 4, fetch. In: Ticket from fetch_queue. Out: Page to page_queue; Finished to finished_queue.
Runs as: N coroutines in the main loop. Stops when: fetch_queue closes. Fails as: an Outcome, never an exception.

The number of workers is the one global bound on requests in flight; how many of them may be at one
host is the frontier's business, which is why each ticket's slot (its place among those) is given back
here, exactly once, whatever became of the ticket. It is given back as soon as the answer has been read and
before waiting for room in the page queue: parsers that lag must not look like a slow host.

Fetching is I/O-bound: a worker does little but wait. What comes of it is one of four: a Page to be parsed;
Finished, where there is nothing to parse; Retry, after a failure that may pass; Deferred, where the ticket
was not asked for yet (robots.txt was, in its place) or is to come again later, which is no failure.

N workers, not a Semaphore, because a Semaphore bounds only the requests: for every ticket there would be
a coroutine that waits for its turn, however many there are. A worker that is busy takes no ticket, so what
waits stays in the frontier, on the disk, and slow parsers hold the leasing back.
"""

from typing import TYPE_CHECKING

from crawler.fetch.attempt import Deferred, Fetches, Retry
from crawler.model.messages import Finished, HostFeedback, Page, Ticket
from crawler.model.outcomes import Activity
from crawler.plumbing.byte_queue import ByteQueue
from crawler.plumbing.spool import remove_payloads, remove_spooled
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier


async def fetch_task(
    tickets: ByteQueue[Ticket],
    pages: ByteQueue[Page],
    finished: ByteQueue[Finished],
    frontier: "Frontier",
    fetcher: Fetches,
    step: Step,
    counters: Counters,
) -> None:
    """One worker: takes tickets until their queue is closed and drained."""
    async for ticket in tickets:
        feedback = HostFeedback()
        try:
            result, feedback = await fetcher.fetch(ticket, step)
        finally:
            counters.fetched += 1
            await frontier.fetched(ticket, feedback)
        match result:
            case Page() as page:
                step.enter(Activity.WAIT_FOR_PARSER, ticket.url)
                await _hand_over(page, pages)
            case Finished() as ended:
                step.enter(Activity.WAIT_FOR_WRITER, ticket.url)
                # Its links before its record, never after: a kill in between may not lose them.
                await frontier.finish(ended)
                await finished.put(ended.without_links())
            case Retry(delay):
                counters.retries += 1
                await frontier.retry(ticket, delay)
            case Deferred(again, delay):
                frontier.put_back(again, delay)
        step.leave()


async def _hand_over(page: Page, pages: ByteQueue[Page]) -> None:
    try:
        await pages.put(page)
    except BaseException:  # cancelled while it waited for room: nobody else will remove its files
        if page.body_path is not None:
            await remove_spooled(page.body_path)
        await remove_payloads(page.exchanges)
        raise
