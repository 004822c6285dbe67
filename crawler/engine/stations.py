"""Makes everything that the street runs on: queues, frontier, fetcher, parse pool, writers."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from crawler.config import Config
from crawler.engine.lifecycle import SPOOL
from crawler.engine.opened import Opened
from crawler.engine.parts import Parts
from crawler.fetch.attempt import Fetches
from crawler.fetch.backend import Backend, make_backend
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.robots_cache import RobotsCache
from crawler.frontier.protocol import Frontier
from crawler.model.errors import StoreFailed
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Purpose
from crawler.parse.parser_process import ParseJob
from crawler.plumbing.byte_queue import ByteQueue
from crawler.plumbing.fork_server_process import child_context
from crawler.plumbing.starter_thread import off_loop
from crawler.rules.scope import Scopes
from crawler.rules.urls import origin
from crawler.trace.counters import Counters
from crawler.watch.history import History, history_of
from crawler.watch.lately import Lately
from crawler.write.commit_task import Committer


class Stations:
    """The parts of one crawl's stations (elsewhere: stages); :func:`crawler.engine.street.walk` runs them."""

    page: str | None = None
    """Where its live page is served, without a token."""

    def __init__(
        self,
        config: Config,
        out: Path,
        opened: Opened[Any],
        *,
        extract: Callable[..., Any] | None,
        feed_log: Callable[[dict[str, Any]], None],
        memory_before: int = 0,
        on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    ) -> None:
        """To be called inside the event loop that will run the crawl.

        ``memory_before``: bytes that this process had before, and that are not the crawl's.
        """
        self.config, self.out, self.memory_before = config, out, memory_before
        self._opened, self._on_committed = opened, on_committed
        self.counters, self.lately = Counters(), Lately()
        self.parts = Parts()
        if config.trace.write:
            from crawler.engine.traced import TracedParts

            self.parts = TracedParts(config, out, opened.generation)
        self.steps = self.parts.steps()
        self.generation, seed = opened.generation, opened.hash_seed
        self.restored = self.stopped = False
        self.history = History(history_of(out, opened.generation), goes_on=opened.runs > 1)
        self.is_check = config.write.keeps_facts
        """Facts are kept, so what pages refer to is asked for beside the pages."""
        # Tickets weigh 1 each: their queue only ever holds what an idle fetcher takes at once.
        queue, limits = self.parts.queue, config.limits
        self.tickets: ByteQueue[Ticket] = queue(config.fetch.concurrency, lambda _: 1, "fetch_queue")
        self.pages: ByteQueue[Page] = queue(limits.page_queue, lambda page: page.weight, "page_queue")
        self.finished: ByteQueue[Finished]
        self.finished = queue(limits.finished_queue, lambda finished: finished.weight, "finished_queue")
        self._scopes = Scopes.of_crawl(config)
        self.frontier: Frontier = opened.state.frontier(config, seed, self.generation, opened.earlier)
        self.fetcher: Fetches  # made by restore(): its HTTP library takes a while to import
        job = parse_job(config, self._scopes, seed)
        self.parse_pool = self.parts.parse_pool(config, job, extract, feed_log)
        self.committer = Committer(
            config=config,
            out=out,
            finished=self.finished,
            frontier=self.frontier,
            first_batch=opened.next_batch,
            context=child_context(config.processes.start_method),
            feed_log=feed_log,
            on_committed=self._committed,
            step=self.steps.worker("commit", "commit"),
            counters=self.counters,
            new_step=self.steps.worker,
            new_ledger=self.parts.ledger,
            generation=self.generation,
        )
        self._closing = AsyncExitStack()
        if self.parts.traced is not None:
            self._closing.push_async_callback(self.parts.traced.stop)
        self._closing.push_async_callback(off_loop, self.parse_pool.close)
        self._closing.push_async_callback(self.committer.close)

    @property
    def in_flight(self) -> int:
        """URLs between the frontier and their commit."""
        committed = self.counters.committed + self.counters.targets
        return self.frontier.leased + self.frontier.finished - committed

    async def restore(self) -> None:
        """Make ready what takes a while: parsers, the HTTP library, the frontier with its seeds."""
        config, frontier = self.config, self.frontier
        self.parse_pool.start()
        if self.parts.traced is not None:
            await self.parts.traced.start()
            self._opened.state.tell_jobs(self.parts.traced.recorder.ran)
        named_by_user = frozenset(map(origin, [*config.seeds, *config.scope.origins, *config.sitemaps.urls]))
        # Meanwhile the parsers start.
        backend = await make_backend(config, named_by_user, self.counters, self._opened.logins)
        self._closing.push_async_callback(backend.close)
        if frontier.is_shared:
            from crawler.fetch.admission import AdmittedBackend

            backend = AdmittedBackend(backend, frontier.admit)
        robots = RobotsCache(backend, config, self._scopes, frontier)
        self.fetcher = self._new_fetcher(backend, robots)
        if config.check.external:
            from crawler.fetch.external_fetcher import ExternalFetcher

            external = ExternalFetcher(self.fetcher, config, self._scopes, backend, self._opened.hash_seed)
            self._closing.push_async_callback(external.close)
            self.fetcher = external
        if self._opened.next_batch > 1:
            # Sinks that lost their tail take URLs back to pending, so they are asked first. A new
            # crawl has nothing to lose and does not wait for its writers to start.
            await self.committer.start()
        await frontier.restore()
        await frontier.add(config.sitemaps.urls, Purpose.SITEMAP)
        await frontier.add(config.seeds)
        if self.is_check:
            from crawler.rules.probe import no_such_page  # only a check needs it

            await frontier.add(no_such_page(config.seeds, self._opened.hash_seed), Purpose.PROBE)
        self.restored = True

    def _new_fetcher(self, backend: Backend, robots: RobotsCache) -> Fetches:
        config, opened, spool = self.config, self._opened, self.out.absolute() / SPOOL
        is_archived = config.write.keeps_answers
        if is_archived:
            from crawler.fetch.archiving import ArchivingBackend, ArchivingFetcher

            backend = ArchivingBackend(backend, config, spool)
        fetcher: Fetches = Fetcher(config, self._scopes, backend, robots, self.frontier, spool, self.counters)
        if opened.earlier is not None:
            from crawler.fetch.recrawling import RecrawlingFetcher

            comparable = opened.is_comparable
            fetcher = RecrawlingFetcher(fetcher, opened.earlier, config.recrawl, is_comparable=comparable)
        return ArchivingFetcher(fetcher) if is_archived else fetcher

    async def _committed(self, finished: Sequence[Finished]) -> None:
        self.lately.add(finished)
        if self._on_committed is not None:
            await self._on_committed(finished)

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


def parse_job(config: Config, scopes: Scopes, hash_seed: int) -> ParseJob:
    """What the parsers are told."""
    return ParseJob(
        scope=scopes.pages,
        sitemap_scope=scopes.sitemaps,
        sitemap_bytes=config.sitemaps.max_bytes,
        hash_seed=hash_seed,
        keep_text=config.parse.keep_text,
        notes_facts=config.write.keeps_facts,
        asks_external=config.check.external,
        obey_robots=config.robots.obey,
        user_agent=config.fetch.user_agent,
        extract=config.parse.extract,
        is_traced=config.trace.write,
    )
