"""robots.txt, asked for once per origin however many workers need it (RFC 9309).

An answer is kept for a day from when it came, in memory or in ``crawl.db``. A failure is kept only for a
moment, and longer each time, so that a host that comes back is crawled after all, and one that does not
is not asked for each of its URLs.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from crawler.config import Config
from crawler.fetch.backend import Answer, Backend, FetchFailed
from crawler.fetch.body import drain, read_body
from crawler.model.messages import StoredRobots
from crawler.rules import retry, robots, urls
from crawler.rules.redirects import REDIRECT_STATUSES
from crawler.rules.scope import Scopes

if TYPE_CHECKING:
    from crawler.frontier.protocol import Frontier

log = logging.getLogger("crawler.fetch")

MOST_REDIRECTS = 5
"""RFC 9309 section 2.3.1.2: beyond these, robots.txt may be taken as unavailable."""
KEEP_SECONDS = 86_400.0
"""RFC 9309 section 2.4: not to be used for longer than a day."""
KEEP_FAILURE_SECONDS = 60.0
"""The longest time for which a failure stands."""
MOST_KEPT = 2_048
"""Origins kept in memory; an older one is loaded or asked for again."""

UNAVAILABLE = 404
"""The status that stands for "there is none", where a redirect chain leads nowhere."""


class RobotsFile(msgspec.Struct, frozen=True):
    """What an origin says, or why it could not be asked."""

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

    @property
    def unreachable(self) -> bool:
        """RFC 9309 section 2.3.1.4: a network or server error, because of which nothing is allowed."""
        return self.failures > 0


class Source(Enum):
    """Where a robots.txt came from just now."""

    KEPT = "from memory or crawl.db: nobody was asked"
    ASKED = "from its host, for this very call"
    WAITED = "from its host, while this call waited for another one"


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
        frontier: "Frontier",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._config = config
        self._scopes = scopes
        self._frontier = frontier
        self._now = now
        self._known: dict[str, RobotsFile] = {}
        self._asking: dict[str, asyncio.Event] = {}

    async def rules_for(self, url: str) -> tuple[RobotsFile, Source]:
        """What the origin of ``url`` says, and how it was learnt.

        Never raises FetchFailed: that it failed is in the result.
        """
        origin = urls.origin(url)
        source = Source.KEPT
        while True:
            known = self._known.get(origin)
            if known is not None and (self._now() < known.until):
                return known, source
            asking = self._asking.get(origin)
            if asking is None:
                break
            # Another worker asks. If it is cancelled, the first of those who wait goes on.
            source = Source.WAITED
            await asking.wait()
        self._asking[origin] = done = asyncio.Event()
        try:
            found, source = await self._find(origin, known)
            if found.sitemaps:
                await self._add_sitemaps(found.sitemaps)
            self._known.pop(origin, None)
            if len(self._known) >= MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[origin] = found
            return found, source
        finally:
            del self._asking[origin]
            done.set()

    def seconds_left(self, file: RobotsFile) -> float:
        """Seconds for which ``file`` stands."""
        return max(0.0, file.until - self._now())

    async def _find(self, origin: str, before: RobotsFile | None) -> tuple[RobotsFile, Source]:
        loaded = await self._frontier.load_robots(origin) if before is None else None
        if loaded is not None and 0.0 <= loaded.age < KEEP_SECONDS:
            return self._file(origin, loaded), Source.KEPT
        return await self._fetch(origin, before), Source.ASKED

    async def _fetch(self, origin: str, before: RobotsFile | None) -> RobotsFile:
        failures = before.failures + 1 if before is not None else 1
        pause = min(self._config.fetch.backoff * 2 ** min(failures - 1, 20), KEEP_FAILURE_SECONDS)
        try:
            status, body, retry_after = await self._ask(f"{origin}/robots.txt")
        except FetchFailed as failure:
            until = self._now() + pause
            return RobotsFile(robots.verdict(None, b""), None, until, failure=failure, failures=failures)
        if status >= 500:
            until = self._now() + max(pause, retry_after or 0.0)
            return RobotsFile(
                robots.verdict(status, b""), status, until, retry_after=retry_after, failures=failures
            )
        await self._frontier.save_robots(origin, status, body)
        return self._file(origin, StoredRobots(status, body), retry_after)

    def _file(self, origin: str, stored: StoredRobots, retry_after: float | None = None) -> RobotsFile:
        rules = robots.verdict(stored.status, stored.body, self._config.robots.max_bytes)
        delay = rules.crawl_delay(self._config.fetch.user_agent)
        if delay is not None:
            delay = min(delay, self._config.politeness.max_crawl_delay)
        until = self._now() + KEEP_SECONDS - stored.age
        wanted = rules.sitemaps if self._config.sitemaps.follow else ()
        named = [urls.resolve(text, f"{origin}/robots.txt") for text in wanted]
        sitemaps = dict.fromkeys(url for url in named if url is not None)
        return RobotsFile(rules, stored.status, until, delay, retry_after=retry_after, sitemaps=sitemaps)

    async def _add_sitemaps(self, named: Collection[str]) -> None:
        inside, outside = self._scopes.sitemaps.split(list(named))
        if outside:
            log.info("robots.txt names %d sitemaps on origins that are not crawled: not read", outside)
        await self._frontier.add(inside, sitemap=1)

    async def _ask(self, url: str) -> tuple[int, bytes, float | None]:
        """Status, body and Retry-After (seconds) after redirects, which may lead to any host."""
        for hop in range(MOST_REDIRECTS + 1):
            if hop:
                await self._frontier.turn(url)
            async with self._backend.get(url) as answer:
                if answer.status in REDIRECT_STATUSES:
                    location = answer.header("location")
                    target = urls.resolve(location, url) if location else None
                    await drain(answer)
                    if target is None:
                        break
                    url = target
                    continue
                return await self._read(answer)
        return UNAVAILABLE, b"", None

    async def _read(self, answer: Answer) -> tuple[int, bytes, float | None]:
        if not 200 <= answer.status < 300:
            await drain(answer)
            wait = retry.parse_retry_after(answer.header("retry-after"), datetime.now(UTC))
            return answer.status, b"", wait and min(wait, self._config.fetch.retry_after_max)
        # One byte more, so that whoever parses it sees that the last line may be a half one.
        most = self._config.robots.max_bytes + 1
        body = await read_body(answer, most, most, None)
        return answer.status, b"".join(body.pieces), None
