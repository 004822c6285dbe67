"""What happens to one ticket between the frontier and the parsers: all of fetch's policy, in reading order.

robots.txt → request → redirect? → status → content type → body. Each step can end the ticket
with a record of its own, or hand it back to be tried again later.
"""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.attempt import Attempt, Deferred, Fetched, Keeps, Result
from crawler.fetch.backend import Answer, Backend, FetchFailed
from crawler.fetch.body import drain
from crawler.fetch.hops import Hops
from crawler.fetch.inflate import ACCEPT_ENCODING
from crawler.fetch.page_body import Wanted, read_wanted, wanted
from crawler.fetch.robots_cache import RobotsCache
from crawler.fetch.trouble import Trouble
from crawler.model.messages import Finished, HostFeedback, Page, Redirect, Ticket
from crawler.model.outcomes import Activity, Kind, Purpose
from crawler.plumbing.spool import remove_spooled
from crawler.rules import meta_robots
from crawler.rules.content_type import essence
from crawler.rules.redirects import REDIRECT_STATUSES, RedirectDecision
from crawler.rules.scope import Scopes
from crawler.rules.validators import conditions
from crawler.trace.counters import Counters
from crawler.trace.steps import Step


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
        frontier: Keeps,
        spool_dir: Path,
        counters: Counters,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._config = config.fetch
        self._obey = config.robots.obey
        self._backend = backend
        self._robots = robots
        self._scopes = scopes
        self._frontier = frontier
        self._wanted = wanted(config)
        self._spool_dir = str(spool_dir)
        self._counters = counters
        self._is_known = frontier.knows if config.session.cookies else None
        self._notes_facts = config.write.keeps_facts
        self._trouble = Trouble(config, chance)

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``. The answer has been read and its connection given back when it returns.

        Raises CrawlFailed where a body cannot be spooled (the disk is full); else nothing.
        """
        robots, asked = self._robots.kept(ticket.url), False
        is_new = robots is None
        if robots is None:
            step.enter(Activity.ROBOTS, ticket.url)
            robots, asked = await self._robots.find(ticket.url)
        if ticket.purpose is Purpose.PAGE and ticket.url in robots.sitemaps:
            ticket = replace(ticket, purpose=Purpose.SITEMAP)  # known before as a page, such as a seed
        attempt = Attempt(ticket, notes_facts=self._notes_facts)
        result: Result
        if robots.unreachable:
            result = self._trouble.without_robots(attempt, robots, self._robots.now())
            feedback = HostFeedback(robots.retry_after, failed=True, put_off=attempt.is_put_off, asked=asked)
            return Fetched(result, feedback)
        if not robots.rules.allows(self._config.user_agent, ticket.url):
            finished = attempt.finished(Kind.ROBOTS, "robots.txt does not allow it.")
            return Fetched(finished, HostFeedback(crawl_delay=robots.crawl_delay, asked=asked))
        if is_new and not robots.failures:
            # That was a request like any other: the page waits for the delay after it, without a worker.
            return Fetched(Deferred(ticket), HostFeedback(None, robots.crawl_delay, asked=asked))
        attempt.begin()
        try:
            result = await self._ask(attempt, step)
            failed = attempt.is_overloaded
        except FetchFailed as failure:
            words = str(failure).rstrip(".")
            words = f"{words[:1].upper()}{words[1:]}."
            result = self._trouble.failed(attempt, failure.kind, words, retryable=failure.retryable)
            failed = True
        wait, delay = attempt.retry_after, robots.crawl_delay
        return Fetched(result, HostFeedback(wait, delay, attempt.latency, failed, attempt.is_put_off))

    async def _ask(self, attempt: Attempt, step: Step) -> Result:
        """Raises FetchFailed."""
        hops: Hops | None = None
        headers = conditions(attempt.ticket.earlier)
        result: Result | None = None
        try:
            while result is None:
                step.enter(Activity.WAIT_FOR_ANSWER, attempt.url)
                decision = None
                async with self._backend.get(attempt.url, headers) as answer:
                    step.enter(Activity.READ, attempt.url)
                    attempt.answered(answer)
                    if answer.status in REDIRECT_STATUSES:
                        await drain(answer)
                        if hops is None:
                            scope = self._scopes.of(attempt.ticket)
                            most = self._config.max_redirects
                            hops = Hops(attempt.ticket, scope, most, self._is_known)
                        decision = hops.redirected(answer)
                    elif answer.status == HTTPStatus.NOT_MODIFIED and headers and hops is None:
                        await drain(answer)
                        result = attempt.not_modified()
                    else:
                        result = await self._answered(attempt, answer)
                if hops is not None and decision is not None:
                    result = await self._redirected(attempt, hops, decision, step)
                    headers = hops.headers
        except BaseException:
            # A time-out may strike between the body's end and the block's.
            if isinstance(result, Page) and result.body_path is not None:
                await remove_spooled(result.body_path)
            raise
        return result

    async def _answered(self, attempt: Attempt, answer: Answer) -> Result:
        """By anything but a redirect."""
        if not 200 <= answer.status < 300:
            await drain(answer)
            return self._trouble.refused(attempt, answer, self._robots.now())
        purpose = attempt.ticket.purpose
        if purpose is Purpose.ASSET and essence(attempt.content_type or "") == "text/css":
            purpose = Purpose.STYLESHEET  # one page loads it ahead, another may use it: it is asked for once
        wants = self._wanted[purpose]
        if not wants.reads(answer.status, attempt.content_type):
            words = f"Bodies of type {attempt.content_type} are not read."
            unread = attempt.unread(answer, wants.unread, words)
            if answer.header("content-length") is not None:
                await drain(answer)
            return unread
        return await self._page(attempt, answer, wants)

    async def _redirected(
        self, attempt: Attempt, hops: Hops, decision: RedirectDecision, step: Step
    ) -> Finished | None:
        """None where the URL that ``hops`` has now is to be asked for in place, at once."""
        kind, target = decision.kind, decision.target
        gate = hops.gate(decision)
        if gate is not None and not hops.is_outdated():
            await self._try(gate, step)
        if gate is not None and hops.is_outdated():
            hops.passed(decision)
        elif kind is not None or target is None:
            attempt.take(hops)
            redirect = Redirect(target, decision.hops) if kind is Kind.REDIRECTED and target else None
            return attempt.finished(kind or Kind.BAD_REDIRECT, decision.message, target, redirect)
        elif not await self._may_ask(target):
            attempt.take(hops)
            return attempt.finished(Kind.ROBOTS, "robots.txt does not allow the redirect's target.", target)
        attempt.take(hops)
        step.enter(Activity.WAIT_FOR_TURN, hops.url)
        await self._frontier.turn(hops.url)
        return None

    async def _try(self, gate: str, step: Step) -> None:
        """Ask for ``gate`` for the sake of its cookies."""
        if not await self._may_ask(gate):
            return
        step.enter(Activity.WAIT_FOR_TURN, gate)
        await self._frontier.turn(gate)
        with suppress(FetchFailed):  # then it is as if there were none
            async with self._backend.get(gate) as answer:
                await drain(answer)

    async def _may_ask(self, url: str) -> bool:
        robots = self._robots.kept(url) or (await self._robots.find(url))[0]
        return robots.rules.allows(self._config.user_agent, url)

    async def _page(self, attempt: Attempt, answer: Answer, wants: Wanted) -> Page | Finished:
        ticket, fetch = attempt.ticket, self._config
        found = await read_wanted(attempt, answer, wants, fetch, f"{self._spool_dir}{os.sep}{ticket.id}.body")
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
            final_url=None if attempt.url == ticket.url else attempt.url,
            accept_encoding=ACCEPT_ENCODING,
            certificate_ends=attempt.certificate_ends,
        )
