"""Makes everything that the street runs on: queues, frontier, fetcher, parse pool, writers."""

import asyncio
import functools
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.engine.lifecycle import Opened
from crawler.engine.output_folder import SPOOL
from crawler.engine.queues import Queues
from crawler.fetch.backends import import_backend, make_backend
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.robots_cache import RobotsCache, StoredRobots
from crawler.fetch.session import Session, with_session
from crawler.frontier import rows
from crawler.frontier.depths import Depths
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.model.errors import StoreFailed
from crawler.model.messages import Finished
from crawler.parse.job import ParseJob
from crawler.parse.parse_pool import ParsePool
from crawler.plumbing.fork_server_process import child_context
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.politeness import LaneLimits, heeds_errors, limits_for
from crawler.rules.scope import Scope
from crawler.rules.urls import origin
from crawler.trace.counters import Counters
from crawler.trace.steps import Steps
from crawler.watch.snapshot import Snapshot, StageLoad
from crawler.write.commit_task import Committer

log = logging.getLogger("crawler.engine")

LIVE_INTERVAL = 1.0
"""Seconds between two snapshots for ``crawler status``."""


class Stations:
    """The parts of one crawl, put together; :func:`crawler.engine.street.walk` runs them."""

    def __init__(
        self,
        config: Config,
        out: Path,
        opened: Opened,
        *,
        extract: Callable[..., Any] | None,
        feed_log: Callable[[dict[str, Any]], None],
        memory_before: int = 0,
        on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    ) -> None:
        """To be called inside the event loop that will run the crawl.

        ``memory_before``: bytes that this process had before, and that are not the crawl's.
        """
        self.memory_before = memory_before
        self.config = config
        self.out = out
        self.restored = False
        self.counters = Counters()
        self.steps = Steps()
        self.queues = Queues(config)
        self._store = opened.store
        self._resumed = opened.next_batch > 1
        self.stopped = False
        self._logins = opened.logins
        self._scope = scope = Scope.of(
            config.seeds,
            config.scope.origins,
            config.scope.include,
            config.scope.exclude,
            config.scope.max_depth,
        )
        self._sitemap_scope = sitemap_scope = scope.for_sitemaps(config.sitemaps.urls)
        most = config.scope.max_depth
        self._depths = None if most is None else Depths(most)
        self.frontier = SqliteFrontier(
            opened.store,
            opened.known,
            functools.partial(_lane_limits, config),
            partitions=config.frontier.partitions,
            max_pages=config.scope.max_pages,
            depth_first=config.frontier.order == "depth_first",
            depths=self._depths,
            concurrency=config.fetch.concurrency,
            throttle_max_delay=config.politeness.throttle_max_delay if config.politeness.throttle else None,
            heeds_errors=lambda site: heeds_errors(site, config.politeness.delay),
        )
        context = child_context(config.processes.start_method)
        self.parse_pool = ParsePool(
            config.parse,
            ParseJob(
                scope=scope,
                sitemap_scope=sitemap_scope,
                sitemap_bytes=config.sitemaps.max_bytes,
                hash_seed=opened.known.hash_seed,
                keep_text=config.parse.keep_text,
                obey_robots=config.robots.obey,
                user_agent=config.fetch.user_agent,
                extract=config.parse.extract,
            ),
            extract,
            start_method=config.processes.start_method,
            log_level=config.log.level,
            feed_log=feed_log,
        )
        self.committer = Committer(
            config=config,
            out=out,
            finished=self.queues.finished,
            commit=self.frontier.commit,
            reconcile=lambda lengths: opened.store.call(lambda db: rows.roll_back(db, lengths)),
            first_batch=opened.next_batch,
            context=context,
            feed_log=feed_log,
            on_committed=on_committed,
            step=self.steps.worker("commit", "commit"),
            counters=self.counters,
            new_step=self.steps.worker,
        )
        self.fetcher: Fetcher  # made by restore(): its HTTP library takes a while to import
        self._closing = AsyncExitStack()
        self._closing.push_async_callback(off_loop, self.parse_pool.close)
        self._closing.push_async_callback(self.committer.close)

    async def restore(self) -> None:
        """Make ready what takes a while: parsers, the HTTP library, the frontier with its seeds."""
        self.parse_pool.start()
        await off_loop(lambda: import_backend(self.config))  # meanwhile the parsers start
        self.fetcher = self._make_fetcher()
        self._closing.push_async_callback(self.fetcher.close)
        if self._resumed:
            # Sinks that lost their tail take URLs back to pending, so they are asked first. A new
            # crawl has nothing to lose and does not wait for its writers to start.
            await self.committer.start()
        await self.frontier.restore()
        await self.frontier.add(self.config.sitemaps.urls, sitemap=1)
        await self.frontier.add(self.config.seeds)
        self.restored = True

    def stop(self) -> None:
        """Finish what is in flight, then end."""
        self.stopped = True
        self.frontier.close()

    async def close(self) -> None:
        """Save what is known, end writers, connections and threads, after the street has ended."""
        async with self._closing:  # each step is taken, whatever becomes of those before it
            # StoreFailed: that is why the crawl ended, and it has been said.
            with suppress(StoreFailed):
                await self.frontier.flush()

    def _make_fetcher(self) -> Fetcher:
        config = self.config
        # By the user, not by a page.
        named = frozenset(map(origin, [*config.seeds, *config.scope.origins, *config.sitemaps.urls]))
        backend = with_session(make_backend(config, named, self.counters), Session(config, self._logins))
        robots = RobotsCache(
            backend,
            config,
            load=self._load_robots,
            save=self._save_robots,
            turn=self.frontier.turn,
            offer=self._add_sitemaps if config.sitemaps.follow else None,
        )
        return Fetcher(
            config,
            backend,
            robots,
            scope=self._scope,
            sitemap_scope=self._sitemap_scope,
            spool_dir=self.out.absolute() / SPOOL,
            counters=self.counters,
            turn=self.frontier.turn,
        )

    # -- robots.txt, kept in crawl.db ------------------------------------------------------------

    async def _load_robots(self, site: str) -> StoredRobots | None:
        stored = await self._store.call(lambda db: rows.load_robots(db, site))
        if stored is None:
            return None
        status, body, fetched_at = stored
        return StoredRobots(status, body, age=time.time() - fetched_at)

    async def _save_robots(self, site: str, status: int, body: bytes) -> None:
        fetched_at = time.time()
        # The lane's row may still wait in memory.
        await self.frontier.flush()
        await self._store.call(lambda db: rows.save_robots(db, site, status, body, fetched_at))

    async def _add_sitemaps(self, named: Sequence[str]) -> None:
        """Take in what a robots.txt names, each time it is read: before the page for which it was read."""
        inside, outside = self._sitemap_scope.split(list(named))
        if outside:
            log.info("robots.txt names %d sitemaps on origins that are not crawled: not read", outside)
        await self.frontier.add(inside, sitemap=1)

    # -- for whoever watches ---------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """URLs between the frontier and their commit."""
        return self.frontier.leased + self.frontier.finished - self.counters.committed

    def snapshot(self) -> Snapshot:
        """How the crawl stands at this moment."""
        stages: dict[str, list[float]] = {}
        oldest: dict[str, str | None] = {}
        workers: dict[str, int] = {}
        now = time.time()
        for step in self.steps.all():
            workers[step.stage] = workers.get(step.stage, 0) + 1
            if step.url is not None:
                ages = stages.setdefault(step.stage, [])
                if not ages or now - step.since > max(ages):
                    oldest[step.stage] = step.url
                ages.append(now - step.since)
        loads = [
            StageLoad(
                stage, len(ages := stages.get(stage, [])), count, max(ages, default=None), oldest.get(stage)
            )
            for stage, count in workers.items()
        ]
        return Snapshot(
            counters=self.counters,
            queues=self.queues.depths(),
            stages=loads,
            pending=self.frontier.pending + self.in_flight,
            in_flight=self.in_flight,
            known=self.frontier.known,
            unacked_bytes=self.committer.unacked_bytes,
            memory_bytes=self.counters.memory,
            peak_memory_bytes=self.counters.peak_memory,
        )

    async def live(self) -> None:
        """Write a snapshot into crawl.db every second, for ``crawler status``."""
        while True:
            text = self.live_text()
            await self._store.call(functools.partial(rows.save_live, text=text))
            await asyncio.sleep(LIVE_INTERVAL)

    def live_text(self) -> str:
        """The snapshot as JSON: who holds what since when, how full the queues are."""
        fields = ("stage", "holder", "pid", "step", "url", "since")
        return json.dumps(
            {
                "pid": os.getpid(),
                "at": time.time(),
                "steps": [{name: getattr(step, name) for name in fields} for step in self.steps.busy()],
                "queues": [depth._asdict() for depth in self.queues.depths()],
                "pages_per_second": self.snapshot().mean_rate,
                "memory_bytes": self.counters.memory,
                "peak_memory_bytes": self.counters.peak_memory,
            }
        )


def _lane_limits(config: Config, site: str, crawl_delay: float | None) -> LaneLimits:
    return limits_for(
        site,
        config.politeness.per_host,
        config.politeness.delay,
        crawl_delay,
        config.fetch.concurrency,
        config.politeness.max_crawl_delay,
    )
