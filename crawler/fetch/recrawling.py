"""What is asked for in a further generation, and how: conditionally, or not at all.

It stands before the fetcher, as the session does before the backend: in a first crawl it is not there. A page
that is unchanged ends here, as it ended in the generation before.
"""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from msgspec.structs import replace

from crawler.config.scope_section import RecrawlConfig
from crawler.fetch.attempt import Deferred, Fetched, Fetches, NotModified
from crawler.fetch.inflate import ACCEPT_ENCODING
from crawler.model.errors import OutputError
from crawler.model.messages import Finished, HostFeedback, Ticket
from crawler.model.outcomes import Outcome
from crawler.model.rows import EarlierPage, Unchanged
from crawler.trace.steps import Step

log = logging.getLogger("crawler.fetch")


class Earlier(Protocol):
    """The generation before: :class:`crawler.frontier.earlier_thread.EarlierGeneration`."""

    async def find(self, url: str) -> EarlierPage | None:
        """The URL as it ended there; None where it did not. Raises StoreFailed."""

    async def take_over(self, ticket: Ticket, page: EarlierPage, found: Unchanged | None) -> Finished | None:
        """The end of ``ticket`` as that of ``page``; None where its record is not there.

        ``found``: it was asked for and is unchanged; None: it was not. Raises StoreFailed, OutputError.
        """


class RecrawlingFetcher:
    """Asks only for what may have changed; see :class:`crawler.fetch.attempt.Fetches`."""

    def __init__(
        self,
        fetcher: Fetches,
        earlier: Earlier,
        wanted: RecrawlConfig,
        *,
        is_comparable: bool,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``is_comparable``: a record of before is what the same page would give now.

        ``now`` gives seconds since 1970.
        """
        self._fetcher, self._earlier, self._wanted = fetcher, earlier, wanted
        self._is_comparable, self._now = is_comparable, now
        self._without_record: set[int] = set()
        """Tickets of which there is nothing to be taken over, so that the whole page must come."""

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``. Raises CrawlFailed; else nothing."""
        if not ticket.purpose.is_recorded:
            return await self._fetcher.fetch(ticket, step)
        page = await self._earlier.find(ticket.url)
        if page is None or page.version is None or ticket.id in self._without_record:
            return await self._fetcher.fetch(ticket, step)
        if self._is_left_out(page, page.version.fetched_at):
            finished = await self._taken_over(ticket, page, None)
            if finished is not None:
                return Fetched(finished, HostFeedback(asked=False))
        version = page.version
        if not self._is_comparable or version.accept_encoding != ACCEPT_ENCODING:
            version = replace(version, etag=None, last_modified=None)
        fetched = await self._fetcher.fetch(replace(ticket, earlier=version), step)
        if not isinstance(fetched.result, NotModified):
            return fetched
        finished = await self._taken_over(ticket, page, fetched.result.unchanged)
        # Else it is asked for once more, without a condition.
        return fetched._replace(result=finished or Deferred(ticket))

    def _is_left_out(self, page: EarlierPage, fetched_at: float) -> bool:
        wanted = self._wanted
        if not self._is_comparable or page.outcome is Outcome.ERROR:
            return False
        if not wanted.failed and wanted.older_than is None:
            return False
        return wanted.older_than is None or self._now() - fetched_at < wanted.older_than

    async def _taken_over(
        self, ticket: Ticket, page: EarlierPage, found: Unchanged | None
    ) -> Finished | None:
        finished = None
        try:
            finished = await self._earlier.take_over(ticket, page, found)
        except OutputError as error:  # somebody wrote into the records
            if not self._without_record:
                log.warning("pages are fetched anew whose records cannot be read: %s", error)
        if finished is None:
            self._without_record.add(ticket.id)
        return finished
