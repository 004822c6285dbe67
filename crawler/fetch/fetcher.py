"""What happens to one ticket between the frontier and the parsers: all of fetch's policy, in reading order.

robots.txt → request → redirect? → status → content type → body. Each step can end the ticket
with a record of its own, or hand it back to be tried again later.
"""

import functools
import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.attempt import Attempt, answered, sentence
from crawler.fetch.backend import NO_HEADERS, Answer, Backend, FetchFailed
from crawler.fetch.body import drain, read_body, remove_spooled
from crawler.fetch.robots_cache import RobotsCache, RobotsFile, Source
from crawler.fetch.wire import cookie_header
from crawler.model.messages import Finished, HostFeedback, Page, Redirect, Ticket
from crawler.model.outcomes import Activity, Kind
from crawler.rules import content_type, meta_robots
from crawler.rules.content_range import is_part
from crawler.rules.redirects import REDIRECT_STATUSES, follow
from crawler.rules.retry import RetryPolicy, parse_retry_after
from crawler.rules.scope import Scopes
from crawler.trace.counters import Counters
from crawler.trace.steps import Step

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier

_NO_CONTENT = frozenset({204, 205})
"""RFC 9110 sections 15.3.5 and 15.3.6: success without a body, so without a type."""

_PARTIAL_CONTENT = HTTPStatus.PARTIAL_CONTENT.value  # looked up here, as that takes a third of a µs

_accepted_as_sitemap = functools.lru_cache(maxsize=256)(content_type.accepted_as_sitemap)
_accepted = functools.lru_cache(maxsize=256)(content_type.accepted)  # a site has a few types


class Retry(msgspec.Struct, frozen=True, gc=False):
    """The ticket is to be tried again."""

    ticket: Ticket
    """As it was; the next attempt's number is up to the frontier."""
    delay: float
    """Seconds from now."""
    kind: Kind
    message: str


class Deferred(msgspec.Struct, frozen=True, gc=False):
    """The host was asked for robots.txt in the ticket's place: its turn comes again, as its lane allows."""

    ticket: Ticket


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """What became of a ticket, and what it taught about its host."""

    result: Page | Finished | Retry | Deferred
    feedback: HostFeedback


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
        self._sitemaps = config.sitemaps
        self._spool_dir = str(spool_dir)
        self._counters = counters
        self._chance = chance
        self._policy = RetryPolicy(fetch.retries, fetch.backoff, fetch.backoff_max, fetch.retry_after_max)

    async def fetch(self, ticket: Ticket, step: Step) -> Exchange:
        """One try at ``ticket``. The answer has been read and its connection given back when it returns.

        Raises CrawlFailed where a body cannot be spooled (the disk is full); else nothing.
        """
        robots, asked, was_kept = None, False, True
        if self._obey or self._sitemaps.follow:
            step.enter(Activity.ROBOTS, ticket.url)
            robots, source = await self._robots.rules_for(ticket.url)
            asked, was_kept = source is Source.ASKED, source is Source.KEPT
            if ticket.url in robots.sitemaps and not ticket.sitemap:
                # Known before as a page, such as a seed.
                ticket = replace(ticket, sitemap=1)
        attempt = Attempt(ticket)
        crawl_delay = None
        if robots is not None and self._obey:
            crawl_delay = robots.crawl_delay
            if robots.unreachable:
                return self._without_robots(attempt, robots, asked)
            if not robots.rules.allows(self._config.user_agent, ticket.url):
                finished = attempt.finished(Kind.ROBOTS, "robots.txt does not allow it.")
                return Exchange(finished, HostFeedback(crawl_delay=crawl_delay, asked=asked))
        if robots is not None and not was_kept and not robots.unreachable:
            # A request like any other: the page waits for the delay after it, without a worker.
            return Exchange(Deferred(ticket), HostFeedback(robots.retry_after, crawl_delay, asked=asked))
        attempt.begin()
        result: Page | Finished | Retry
        try:
            result = await self._ask(attempt, step)
            failed = _overloaded(attempt.status)
        except FetchFailed as failure:
            attempt.end()
            failed = True
            result = self._failed(attempt, failure.kind, sentence(str(failure)), may_pass=failure.may_pass)
        too_many = attempt.status == HTTPStatus.TOO_MANY_REQUESTS
        feedback = HostFeedback(attempt.retry_after, crawl_delay, attempt.latency, failed, too_many=too_many)
        return Exchange(result, feedback)

    async def close(self) -> None:
        """Close all connections."""
        await self._backend.close()

    def _without_robots(self, attempt: Attempt, robots: RobotsFile, asked: bool) -> Exchange:
        may_pass = None
        if robots.failure is not None:
            kind, may_pass = robots.failure.kind, robots.failure.may_pass
            message = f"robots.txt could not be fetched: {robots.failure}."
        else:
            kind = Kind.ROBOTS
            message = f"robots.txt was answered with {robots.status}, so nothing may be fetched there."
        pause = max(robots.retry_after or 0.0, self._robots.seconds_left(robots))
        result = self._failed(attempt, kind, message, robots.status, pause, may_pass)
        return Exchange(result, HostFeedback(robots.retry_after, failed=True, asked=asked))

    def _failed(
        self,
        attempt: Attempt,
        kind: Kind,
        message: str,
        status: int | None = None,
        pause: float | None = None,
        may_pass: bool | None = None,
    ) -> Finished | Retry:
        """Again, after ``pause`` seconds at least, if the policy has a further attempt; else the end."""
        delay = self._policy.delay(
            attempt.ticket.attempt,
            kind=kind,
            status=status,
            retry_after=pause,
            random=self._chance(),
            may_pass=may_pass,
        )
        if delay is None:
            return attempt.finished(kind, message)
        return Retry(attempt.ticket, delay, kind, message)

    async def _ask(self, attempt: Attempt, step: Step) -> Page | Finished | Retry:
        """Raises FetchFailed."""
        url = attempt.ticket.url
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
                    attempt.answered(answer.status)
                    attempt.content_type = answer.header("content-type")
                    if answer.status in REDIRECT_STATUSES:
                        result = await self._redirected(attempt, answer, asked_again=bool(cookies))
                        cookies = {"Cookie": cookie_header(answer.values("set-cookie"))}
                    elif 200 <= answer.status < 300:
                        result = await self._content(attempt, answer)
                    else:
                        result = await self._refused(attempt, answer)
        except BaseException:
            # The time-out may strike between the body's end and the block's.
            if isinstance(result, Page) and result.body_path is not None:
                await remove_spooled(result.body_path)
            raise
        return result

    async def _redirected(self, attempt: Attempt, answer: Answer, asked_again: bool) -> Finished | None:
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
        await drain(answer)
        if decision.kind is None:
            return None
        attempt.end()
        redirect = None
        if decision.kind is Kind.REDIRECTED and decision.target is not None:
            redirect = Redirect(decision.target, decision.hops)
        return attempt.finished(decision.kind, decision.message, decision.target, redirect)

    async def _refused(self, attempt: Attempt, answer: Answer) -> Finished | Retry:
        await drain(answer)
        attempt.end()
        status = answer.status
        if _overloaded(status):
            asked = parse_retry_after(answer.header("retry-after"), datetime.now(UTC))
            attempt.retry_after = self._policy.capped(asked)
        challenge = answer.header("www-authenticate")
        return self._failed(
            attempt, Kind.HTTP_STATUS, answered(status, challenge), status, attempt.retry_after
        )

    async def _content(self, attempt: Attempt, answer: Answer) -> Page | Finished:
        media = attempt.content_type
        sitemap = attempt.ticket.sitemap
        wanted = _accepted_as_sitemap(media) if sitemap else _accepted(media, self._config.content_types)
        if answer.status not in _NO_CONTENT and not wanted:
            if answer.header("content-length") is not None:
                await drain(answer)
            attempt.end()
            return attempt.finished(Kind.CONTENT_TYPE, f"Bodies of type {media} are not read.")
        if answer.status == _PARTIAL_CONTENT and is_part(answer.header("content-range")):
            words = "only a part of the page was sent, though all of it was asked for"
            raise FetchFailed(Kind.FRAMING, words, may_pass=False)
        path = spool_path(self._spool_dir, attempt.ticket)
        most = self._sitemaps.max_bytes if sitemap else self._config.max_body
        body = await read_body(answer, most, self._config.spool_above, path)
        attempt.end()
        self._counters.bytes += body.size
        return Page(
            ticket=attempt.ticket,
            status=answer.status,
            headers=answer.headers,
            pieces=body.pieces,
            body_path=body.path,
            size=body.size,
            content_type=media,
            fetched_at=attempt.fetched_at or 0.0,
            elapsed=attempt.elapsed or 0.0,
            truncated=body.truncated,
            follow=self._may_follow(answer),
        )

    def _may_follow(self, answer: Answer) -> bool:
        if not self._obey:
            return True
        values = answer.values("x-robots-tag")
        return not values or "nofollow" not in meta_robots.directives(values, self._config.user_agent)


def spool_path(spool_dir: str, ticket: Ticket) -> str:
    """The file of a body that is too long for memory."""
    return f"{spool_dir}{os.sep}{ticket.id}.body"


def _overloaded(status: int | None) -> bool:
    return status is not None and (status == 429 or status >= 500)
