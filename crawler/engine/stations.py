"""Makes everything that the street runs on: queues, frontier, fetcher, parse pool, writers."""

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
from crawler.fetch.robots_cache import RobotsCache
from crawler.fetch.session import Session, with_session
from crawler.frontier.frontiers import make_frontier
from crawler.model.errors import StoreFailed
from crawler.model.messages import Finished
from crawler.parse.parse_pool import ParsePool
from crawler.parse.parser_process import ParseJob
from crawler.plumbing.fork_server_process import child_context
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.scope import Scopes
from crawler.rules.urls import origin
from crawler.trace.counters import Counters
from crawler.trace.steps import Steps
from crawler.write.commit_task import Committer


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
        alone: bool = False,
        on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    ) -> None:
        """To be called inside the event loop that will run the crawl.

        ``memory_before``: bytes that this process had before, and that are not the crawl's. ``alone``: no
        code of anybody else's runs in it.
        """
        self.memory_before, self._alone = memory_before, alone
        self.config = config
        self.out = out
        self.restored = False
        self.counters = Counters()
        self.steps = Steps()
        self.queues = Queues(config)
        self._resumed = opened.next_batch > 1
        self.stopped = False
        self._logins = opened.logins
        self._scopes = Scopes.of_crawl(config)
        self.frontier = make_frontier(config, opened.state, opened.hash_seed)
        context = child_context(config.processes.start_method)
        self.parse_pool = ParsePool(
            config.parse,
            ParseJob(
                scope=self._scopes.pages,
                sitemap_scope=self._scopes.sitemaps,
                sitemap_bytes=config.sitemaps.max_bytes,
                hash_seed=opened.hash_seed,
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
            frontier=self.frontier,
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
        await off_loop(lambda: import_backend(self.config, alone=self._alone))  # meanwhile the parsers start
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
        robots = RobotsCache(backend, config, self._scopes, self.frontier)
        spool = self.out.absolute() / SPOOL
        return Fetcher(config, self._scopes, backend, robots, self.frontier, spool, self.counters)

    @property
    def in_flight(self) -> int:
        """URLs between the frontier and their commit."""
        return self.frontier.leased + self.frontier.finished - self.counters.committed
