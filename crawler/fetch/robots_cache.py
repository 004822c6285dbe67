"""robots.txt, asked for once per origin however many workers need it: single-flight (RFC 9309).

An answer is kept for a day from when it came, in memory or in ``crawl.db``. A failure is kept only for a
moment, and longer each time, so that a host that comes back is crawled after all, and one that does not
is not asked for each of its URLs.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from http import HTTPStatus
from weakref import WeakValueDictionary

import msgspec

from crawler.config import Config
from crawler.fetch.backend import Backend, FetchFailed
from crawler.fetch.body import drain, read_body
from crawler.fetch.keeps import Keeps
from crawler.model.messages import StoredRobots
from crawler.model.outcomes import Purpose
from crawler.rules import retry, robots, urls
from crawler.rules.redirects import REDIRECT_STATUSES
from crawler.rules.scope import Scopes

log = logging.getLogger("crawler.fetch")

MAX_REDIRECTS = 5
"""RFC 9309 section 2.3.1.2: beyond these, robots.txt may be taken as unavailable."""
KEEP_SECONDS = 86_400.0
"""RFC 9309 section 2.4: not to be used for longer than a day."""
KEEP_FAILURE_SECONDS = 60.0
"""The longest time for which a failure stands."""
MAX_KEPT = 2_048
"""Origins kept in memory; an older one is loaded or asked for again."""

UNAVAILABLE = 404
"""The status that stands for "there is none", where a redirect chain leads nowhere."""


class RobotsFile(msgspec.Struct, frozen=True):
    """What an origin says, as far as that is obeyed, or why it could not be asked."""

    rules: robots.Robots
    status: int | None
    """HTTP status after redirects; None where there was no answer."""
    until: float
    """Monotonic time in seconds until which it stands."""
    crawl_delay: float | None = None
    """Seconds, for our user agent, capped at ``politeness.max_crawl_delay``."""
    failure: FetchFailed | None = None
    """Why there was no answer."""
    retry_after: float | None = None
    """Seconds that a failing server, or one that has enough (429), asked us to wait."""
    failures: int = 0
    """Failures in a row, this one included."""
    sitemaps: Collection[str] = ()
    """What its Sitemap lines name, absolute, each once; empty where nobody wants to know."""
    unreachable: bool = False
    """RFC 9309 section 2.3.1.4: a network or server error, or a 429, because of which nothing is allowed."""


NOTHING_SAID = RobotsFile(robots.ALLOW_ALL, None, math.inf)
"""What stands for every origin where nobody wants to know."""


class RobotsCache:
    """robots.txt by origin.

    The frontier keeps them, so a resumed crawl need not ask again, and takes in the sitemaps that one names
    each time it is read, before anybody acts on it. ``now`` is a monotonic clock in seconds.
    """

    def __init__(
        self,
        backend: Backend,
        config: Config,
        scopes: Scopes,
        frontier: Keeps,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._config = config
        self._scopes = scopes
        self._frontier = frontier
        self.now = now
        self._is_wanted = config.robots.obey or config.sitemaps.follow
        self._known: dict[str, RobotsFile] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One for each origin that is being asked, as long as anybody asks it or waits for that."""

    def kept(self, url: str) -> RobotsFile | None:
        """What is known of the origin of ``url``; None where that has to be found out."""
        if not self._is_wanted:
            return NOTHING_SAID
        known = self._known.get(urls.origin(url))
        return known if known is not None and self.now() < known.until else None

    async def find(self, url: str) -> tuple[RobotsFile, bool]:
        """What the origin of ``url`` says, and whether its host was asked for it, by this very call.

        Never raises FetchFailed: that it failed is in the result.
        """
        origin = urls.origin(url)
        # Single-flight: one asks, the others wait and find it kept. If the one is cancelled, the next asks.
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            if (known := self.kept(url)) is not None:
                return known, False
            before = self._known.get(origin)
            stored = await self._frontier.load_robots(origin) if before is None else None
            is_asked = stored is None or not 0.0 <= stored.age < KEEP_SECONDS
            if not self._config.robots.obey and origin not in self._scopes.sitemaps.origins:
                found, is_asked = NOTHING_SAID, False  # an external link's: it has no sitemaps for us
            elif stored is None or is_asked:
                found = await self._fetch(origin, before)
            else:
                found = self._file(origin, stored)
            if found.sitemaps:
                inside, outside = self._scopes.sitemaps.split(list(found.sitemaps))
                if outside:
                    log.info(
                        "robots.txt names %d sitemaps on origins that are not crawled: not read", outside
                    )
                await self._frontier.add(inside, Purpose.SITEMAP)
            self._known.pop(origin, None)
            if len(self._known) >= MAX_KEPT:
                del self._known[next(iter(self._known))]
            self._known[origin] = found
            return found, is_asked

    async def _fetch(self, origin: str, before: RobotsFile | None) -> RobotsFile:
        status = retry_after = failed = None
        try:
            status, body, retry_after = await self._ask(f"{origin}/robots.txt")
            if status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS:
                await self._frontier.save_robots(origin, status, body)
                return self._file(origin, StoredRobots(status, body))
        except FetchFailed as failure:
            failed = failure
        failures = before.failures + 1 if before is not None else 1
        pause = min(self._config.fetch.backoff * 2 ** min(failures - 1, 20), KEEP_FAILURE_SECONDS)
        obey = self._config.robots.obey
        return RobotsFile(
            robots.verdict(status, b"") if obey else robots.ALLOW_ALL,
            status,
            until=self.now() + max(pause, retry_after or 0.0),
            failure=failed,
            retry_after=retry_after,
            failures=failures,
            unreachable=obey,
        )

    def _file(self, origin: str, stored: StoredRobots) -> RobotsFile:
        rules = robots.verdict(stored.status, stored.body, self._config.robots.max_bytes)
        delay = rules.crawl_delay(self._config.fetch.user_agent)
        if delay is not None:
            delay = min(delay, self._config.politeness.max_crawl_delay)
        until = self.now() + KEEP_SECONDS - stored.age
        # What another origin says, to which there are links, is no part of the crawl.
        is_crawled = self._config.sitemaps.follow and origin in self._scopes.sitemaps.origins
        wanted = rules.sitemaps if is_crawled else ()
        named = [urls.resolve(text, f"{origin}/robots.txt") for text in wanted]
        found = self._scopes.sitemaps.normalised([url for url in named if url is not None])
        sitemaps = dict.fromkeys(found)
        if not self._config.robots.obey:
            rules, delay = robots.ALLOW_ALL, None
        return RobotsFile(rules, stored.status, until, delay, sitemaps=sitemaps)

    async def _ask(self, url: str) -> tuple[int, bytes, float | None]:
        """Status, body and Retry-After (seconds) after redirects, which may lead to any host."""
        for hop in range(MAX_REDIRECTS + 1):
            if hop:
                await self._frontier.turn(url)
            async with self._backend.get(url) as answer:
                if 200 <= answer.status < 300:
                    # One byte more, so that whoever parses it sees that the last line may be a half one.
                    most = self._config.robots.max_bytes + 1
                    body = await read_body(answer, most, most, None)
                    return answer.status, b"".join(body.pieces), None
                await drain(answer)
                if answer.status not in REDIRECT_STATUSES:
                    wait = retry.parse_retry_after(answer.header("retry-after"), datetime.now(UTC))
                    return answer.status, b"", wait and min(wait, self._config.fetch.retry_after_max)
                location = answer.header("location")
                target = urls.resolve(location, url) if location else None
            if target is None:
                break
            url = target
        return UNAVAILABLE, b"", None
