"""Asks for one page, by the way that a crawl would ask for it, and notes each decision on that way.

The fetcher is the crawl's own, as are its backend, its robots.txt and its guard; only the frontier, which has
nothing to hand out, is a small one, and each answer passes a backend that looks on.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from crawler.config import Config
from crawler.fetch.address_guard import AddressGuard, guard_of
from crawler.fetch.attempt import Deferred, Result
from crawler.fetch.backend import FetchFailed, make_backend, words_of
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.lookup_thread import look_ups_of
from crawler.fetch.robots_cache import RobotsCache, RobotsFile
from crawler.model import record
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.rules import guard, urls
from crawler.rules.retry import RetryPolicy
from crawler.rules.robots_why import decided
from crawler.rules.scope import Scopes
from crawler.rules.scope_why import beyond, included_by, outside
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from crawler.view.inspect.inspection import AddressSeen, RobotsSeen, ScopeSeen, UrlSeen
from crawler.view.inspect.one_page import OnePage
from crawler.view.inspect.watched_backend import WatchedBackend


class Way(NamedTuple):
    """Where asking for a URL has led."""

    urls: list[UrlSeen]
    """Each URL of it: of several, all but the last one were redirects."""
    end: Page | Finished | None
    """The last one's; None where a crawl would not ask for it."""


class Asker:
    """Asks for pages one after the other; to be made and closed in one event loop."""

    def __init__(self, config: Config, backend: WatchedBackend, trusted: frozenset[str]) -> None:
        # There is one try, and its body is kept in memory.
        once = config.replace({"fetch.retries": 0, "fetch.busy_max": 0.0, "fetch.spool_above": 1 << 30})
        self._config, self._scopes = config, Scopes.of_crawl(config)
        self._backend, self._frontier = backend, OnePage(config)
        self._guard = guard_of(config, trusted, look_ups_of(config))
        self._robots = RobotsCache(backend, once, self._scopes, self._frontier)
        self._fetcher = Fetcher(
            once, self._scopes, backend, self._robots, self._frontier, Path(os.devnull), Counters()
        )

    async def follow(self, url: str, depth: int) -> Way:
        """Ask for the serialised ``url`` and for what it redirects to, as far as a crawl would."""
        seen: list[UrlSeen] = []
        ticket = Ticket(id=1, url=url, lane=1, depth=depth)
        while True:
            one = UrlSeen(ticket.url, self._scope(ticket))
            seen.append(one)
            if not (one.scope.in_scope or one.scope.is_seed):
                words = "too deep" if one.scope.key == "scope.max_depth" else "out of scope"
                one.message = f"A crawl with these settings does not ask for it: it is {words}."
                return Way(seen, None)
            end = await self._ask(one, ticket)
            if not isinstance(end, Finished) or end.redirect is None:
                return Way(seen, end)
            one.redirects_to = end.redirect.url
            ticket = Ticket(
                ticket.id + 1,
                end.redirect.url,
                1,
                depth,
                referrer=ticket.referrer,
                redirects=end.redirect.hops,
            )

    def _scope(self, ticket: Ticket) -> ScopeSeen:
        scope, url, depth = self._scopes.pages, ticket.url, ticket.depth
        # What is taken to be links away from a seed is none, whoever names it.
        is_seed = depth == 0 and url in self._config.seeds
        if (why := outside(scope, url) or beyond(scope, depth)) is not None:
            return ScopeSeen(in_scope=False, is_seed=is_seed, reason=why.words, key=why.key)
        pattern = included_by(scope, url)
        reason = None if pattern is None else f"the include pattern {pattern} is found in it"
        return ScopeSeen(in_scope=True, is_seed=is_seed, reason=reason)

    async def _ask(self, one: UrlSeen, ticket: Ticket) -> Page | Finished:
        url, began = ticket.url, len(self._backend.asked)
        if self._config.fetch.proxy is None:
            started = time.perf_counter()
            one.addresses, one.addresses_failed = await addresses_of(self._guard, url)
            one.addresses_us = round((time.perf_counter() - started) * 1_000_000)
        if self._robots.kept(url) is None:
            await self._turn(one, f"{urls.origin(url)}/robots.txt")
        with self._backend.for_robots():
            file, _ = await self._robots.find(url)
        one.robots = self._robots_seen(url, file)
        result: Result | None = None
        self._frontier.asked.add(url)
        if one.robots.allowed:
            await self._turn(one, url, file.crawl_delay)
        while result is None or isinstance(result, Deferred):
            result = (await self._fetcher.fetch(ticket, Step("fetch", "inspect"))).result
        one.requests = self._backend.asked[began:]
        if isinstance(result, Finished):
            ended = record.decode(result.record)
            one.outcome, one.kind, one.message = result.outcome, result.kind, ended.message
            one.is_retried = self._is_retried(result, ended.status, file)
            return result
        assert isinstance(result, Page)  # noqa: S101 - there are no retries, and no earlier generation
        one.outcome = Outcome.TRUNCATED if result.truncated else Outcome.OK
        one.kind = Kind.TOO_LARGE if result.truncated else None
        return result

    async def _turn(self, one: UrlSeen, url: str, crawl_delay: float | None = None) -> None:
        began = time.perf_counter()
        await self._frontier.turn(url, crawl_delay)
        one.waited_us += round((time.perf_counter() - began) * 1_000_000)

    def _robots_seen(self, url: str, file: RobotsFile) -> RobotsSeen:
        config, origin = self._config, urls.origin(url)
        agent = config.fetch.user_agent
        seen = RobotsSeen(f"{origin}/robots.txt", obeyed=config.robots.obey, status=file.status)
        seen.allowed = not file.unreachable and file.rules.allows(agent, url)
        seen.crawl_delay, seen.sitemaps = file.crawl_delay, list(file.sitemaps)
        seen.failure = None if file.failure is None else str(file.failure)
        stored = self._frontier.robots.get(origin)
        if stored is not None and 200 <= stored.status < 300 and seen.obeyed:
            why = decided(stored.body, agent, url, config.robots.max_bytes)
            seen.agent, seen.line, seen.text = why.agent, why.line, why.text
        return seen

    def _is_retried(self, end: Finished, status: int | None, robots: RobotsFile) -> bool:
        """Whether a crawl would try it again."""
        fetch = self._config.fetch
        if end.outcome is not Outcome.ERROR or end.kind is None:
            return False
        if 429 in (status, robots.status) and fetch.busy_max:
            return True
        failure = robots.failure or self._backend.last_failure
        policy = RetryPolicy(fetch.retries, fetch.backoff, fetch.backoff_max, fetch.retry_after_max)
        retryable = None if failure is None else failure.retryable
        again = policy.delay(
            1,
            kind=end.kind,
            status=status or robots.status,
            retry_after=None,
            random=0.5,
            retryable=retryable,
        )
        return again is not None

    def close(self) -> None:
        """Nothing is looked up any more."""
        self._guard.look_ups.close()


async def addresses_of(by: AddressGuard, url: str) -> tuple[list[AddressSeen], str | None]:
    """Where the host of ``url`` is, each with the guard's verdict; or why that cannot be told."""
    host, port = urls.host_port(url)
    literal = guard.literal_address(host)
    try:
        if literal is None:
            by.check_name(host, port)
        found = [literal] if literal is not None else list(await by.look_ups.addresses(host, port))
    except FetchFailed as failure:
        return [], str(failure)
    except (OSError, UnicodeError) as error:
        return [], words_of(error)
    return [_judged(by, host, port, address) for address in dict.fromkeys(found)], None


def _judged(by: AddressGuard, host: str, port: int, address: str) -> AddressSeen:
    try:
        by.permitted(host, port, [address])
        if guard.literal_address(host) is not None:  # the only word on such a host
            by.check_connection(address, port)
    except FetchFailed as failure:
        return AddressSeen(address, allowed=False, reason=str(failure))
    special = guard.forbidden(address, ())
    if special is None:
        return AddressSeen(address, allowed=True)
    words = f"{special}: your settings name it; else no page may lead there"
    return AddressSeen(address, allowed=True, reason=words)


async def ask(config: Config, logins: Mapping[str, str], url: str, depth: int) -> Way:
    """Ask for ``url``, as a crawl with these settings and logins of the seeds would. Raises ConfigError."""
    named = frozenset(map(urls.origin, [*config.seeds, *config.scope.origins, *config.sitemaps.urls]))
    backend = WatchedBackend(await make_backend(config, named, Counters(), logins), config)
    try:
        asker = Asker(config, backend, named)
        try:
            return await asker.follow(url, depth)
        finally:
            asker.close()
    finally:
        await backend.close()
