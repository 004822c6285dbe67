"""What happens to one ticket between the frontier and the parsers: all of fetch's policy, in reading order.

robots.txt → request → redirect? → status → content type → body. Each step can end the ticket
with a record of its own, or hand it back to be tried again later.
"""

import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.attempt import Attempt, Deferred, Fetched, Retry, status_in_words
from crawler.fetch.backend import NO_HEADERS, Answer, Backend, FetchFailed
from crawler.fetch.body import drain, remove_spooled
from crawler.fetch.page_body import NO_CONTENT, read_wanted
from crawler.fetch.robots_cache import RobotsCache, RobotsFile
from crawler.fetch.wire import cookie_header
from crawler.model.messages import Finished, HostFeedback, Page, Redirect, Ticket
from crawler.model.outcomes import Activity, Kind
from crawler.rules import meta_robots
from crawler.rules.content_type import SITEMAPS, accepted
from crawler.rules.redirects import REDIRECT_STATUSES, follow
from crawler.rules.retry import RetryPolicy, parse_retry_after
from crawler.rules.scope import Scopes
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier


class Fetcher:
    """Fetches tickets; one for all workers.

    Bodies longer than ``fetch.spool_above`` go to files in ``spool_dir``, which must exist.
    ``chance`` gives numbers in [0, 1) that spread retries.
    """

    def __init__(
        self,
        config: Config,
        scopes: Scopes,
        backend: Backend,
        robots: RobotsCache,
        frontier: "Frontier",
        spool_dir: Path,
        counters: Counters,
        chance: Callable[[], float] = random.random,
    ) -> None:
        fetch = config.fetch
        self._config = fetch
        self._obey = config.robots.obey
        self._backend = backend
        self._robots = robots
        self._scopes = scopes
        self._frontier = frontier
        self._sitemap_bytes = config.sitemaps.max_bytes
        self._spool_dir = str(spool_dir)
        self._counters = counters
        self._chance = chance
        self._policy = RetryPolicy(fetch.retries, fetch.backoff, fetch.backoff_max, fetch.retry_after_max)

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``. The answer has been read and its connection given back when it returns.

        Raises CrawlFailed where a body cannot be spooled (the disk is full); else nothing.
        """
        robots, asked = self._robots.kept(ticket.url), False
        is_new = robots is None
        if robots is None:
            step.enter(Activity.ROBOTS, ticket.url)
            robots, asked = await self._robots.find(ticket.url)
        if not ticket.sitemap and ticket.url in robots.sitemaps:
            ticket = replace(ticket, sitemap=1)  # known before as a page, such as a seed
        attempt = Attempt(ticket)
        if robots.unreachable:
            feedback = HostFeedback(robots.retry_after, failed=True, asked=asked)
            return Fetched(self._without_robots(attempt, robots), feedback)
        if not robots.rules.allows(self._config.user_agent, ticket.url):
            finished = attempt.finished(Kind.ROBOTS, "robots.txt does not allow it.")
            return Fetched(finished, HostFeedback(crawl_delay=robots.crawl_delay, asked=asked))
        if is_new and not robots.failures:
            # That was a request like any other: the page waits for the delay after it, without a worker.
            return Fetched(Deferred(), HostFeedback(robots.retry_after, robots.crawl_delay, asked=asked))
        attempt.begin()
        result: Page | Finished | Retry
        try:
            result = await self._ask(attempt, step)
            failed = attempt.is_overloaded
        except FetchFailed as failure:
            words = str(failure).rstrip(".")
            words = f"{words[:1].upper()}{words[1:]}."
            result = self._failed(attempt, failure.kind, words, retryable=failure.retryable)
            failed = True
        too_many = attempt.status == HTTPStatus.TOO_MANY_REQUESTS
        wait, delay = attempt.retry_after, robots.crawl_delay
        return Fetched(result, HostFeedback(wait, delay, attempt.latency, failed, too_many=too_many))

    async def _ask(self, attempt: Attempt, step: Step) -> Page | Finished | Retry:
        """Raises FetchFailed."""
        url = attempt.ticket.url
        types = SITEMAPS if attempt.ticket.sitemap else self._config.content_types
        cookies: Mapping[str, str] = NO_HEADERS
        result: Page | Finished | Retry | None = None
        try:
            while result is None:
                if cookies:
                    step.enter(Activity.WAIT_FOR_TURN, url)
                    await self._frontier.turn(url)
                step.enter(Activity.WAIT_FOR_ANSWER, url)
                async with self._backend.get(url, cookies) as answer:
                    step.enter(Activity.READ, url)
                    attempt.answered(answer)
                    if answer.status in REDIRECT_STATUSES:
                        await drain(answer)
                        result = self._redirected(attempt, answer, asked_again=bool(cookies))
                        cookies = {"Cookie": cookie_header(answer.values("set-cookie"))}
                    elif not 200 <= answer.status < 300:
                        await drain(answer)
                        result = self._refused(attempt, answer)
                    elif answer.status not in NO_CONTENT and not accepted(attempt.content_type, types):
                        if answer.header("content-length") is not None:
                            await drain(answer)
                        words = f"Bodies of type {attempt.content_type} are not read."
                        result = attempt.finished(Kind.CONTENT_TYPE, words)
                    else:
                        result = await self._page(attempt, answer)
        except BaseException:
            # A time-out may strike between the body's end and the block's.
            if isinstance(result, Page) and result.body_path is not None:
                await remove_spooled(result.body_path)
            raise
        return result

    def _redirected(self, attempt: Attempt, answer: Answer, *, asked_again: bool) -> Finished | None:
        """None where the same URL is to be asked once more, with the cookie it set."""
        ticket = attempt.ticket
        decision = follow(
            ticket.url,
            ticket.redirects,
            answer.status,
            answer.header("location"),
            self._config.max_redirects,
            self._scopes.of(ticket),
            answer.header("set-cookie") is not None,
            asked_again=asked_again,
        )
        if decision.kind is None:
            return None
        redirect = None
        if decision.kind is Kind.REDIRECTED and decision.target is not None:
            redirect = Redirect(decision.target, decision.hops)
        return attempt.finished(decision.kind, decision.message, decision.target, redirect)

    def _refused(self, attempt: Attempt, answer: Answer) -> Finished | Retry:
        if attempt.is_overloaded:
            asked = parse_retry_after(answer.header("retry-after"), datetime.now(UTC))
            attempt.retry_after = self._policy.capped(asked)
        words = status_in_words(answer.status, answer.header("www-authenticate"))
        return self._failed(attempt, Kind.HTTP_STATUS, words, answer.status)

    async def _page(self, attempt: Attempt, answer: Answer) -> Page | Finished:
        ticket, fetch = attempt.ticket, self._config
        path = f"{self._spool_dir}{os.sep}{ticket.id}.body"
        most = self._sitemap_bytes if ticket.sitemap else fetch.max_body
        found = await read_wanted(attempt, answer, fetch, most, path)
        if isinstance(found, Finished):
            return found
        body, sniffed = found
        self._counters.bytes += body.size
        tags = answer.values("x-robots-tag") if self._obey else ()
        return Page(
            ticket=ticket,
            status=answer.status,
            headers=answer.headers,
            pieces=body.pieces,
            body_path=body.path,
            size=body.size,
            content_type=attempt.content_type,
            fetched_at=attempt.fetched_at,
            elapsed=attempt.elapsed or 0.0,
            truncated=body.truncated,
            sniffed=sniffed,
            follow=not tags or "nofollow" not in meta_robots.directives(tags, fetch.user_agent),
        )

    def _without_robots(self, attempt: Attempt, robots: RobotsFile) -> Finished | Retry:
        kind, retryable = Kind.ROBOTS, None
        message = f"robots.txt was answered with {robots.status}, so nothing may be fetched there."
        if robots.failure is not None:
            kind, retryable = robots.failure.kind, robots.failure.retryable
            message = f"robots.txt could not be fetched: {robots.failure}."
        attempt.retry_after = max(robots.retry_after or 0.0, robots.until - self._robots.now())
        return self._failed(attempt, kind, message, robots.status, retryable)

    def _failed(
        self,
        attempt: Attempt,
        kind: Kind,
        message: str,
        status: int | None = None,
        retryable: bool | None = None,
    ) -> Finished | Retry:
        """Again, if the policy has a further attempt; else the end."""
        delay = self._policy.delay(
            attempt.ticket.attempt,
            kind=kind,
            status=status,
            retry_after=attempt.retry_after,
            random=self._chance(),
            retryable=retryable,
        )
        return attempt.finished(kind, message) if delay is None else Retry(delay, kind)
