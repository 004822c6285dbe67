"""The library side: ``async with Crawler(config) as crawl: async for record in crawl: …``.

And :func:`crawl_here`, for whoever wants what the sinks hold when it is over, and no record before.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawler.config import Config
from crawler.config.frontier_section import ClusterConfig
from crawler.engine import lifecycle
from crawler.engine.conclusion import CrawlReport, conclude
from crawler.engine.crawl import prepare, run
from crawler.engine.handle import Beside
from crawler.engine.lifecycle import open_crawl, output_folder
from crawler.engine.opened import Opened
from crawler.engine.stations import Stations
from crawler.frontier.state_thread import CrawlState
from crawler.model.errors import CrawlerError, CrawlFailed, UsageError
from crawler.model.messages import Finished
from crawler.model.record import Record, decode
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.plumbing.fork_server_process import refuse_inside_import
from crawler.plumbing.starter_thread import block_off_loop, to_its_end

WAITING_RECORDS = 8 * 1024 * 1024
"""Bytes of committed records that may wait for a slow reader, until the crawl waits for it."""


class Crawler:
    """One crawl, as an asynchronous context manager that yields its records.

    Records come as they are committed, each once; those that an earlier run of the same crawl
    committed do not come again. Leaving the block early stops the crawl cleanly: what is in
    flight is finished and saved, and the same configuration goes on with it later.
    """

    def __init__(
        self,
        config: Config,
        *,
        extract: Callable[..., Any] | None = None,
        fresh: bool = False,
        beside: Beside = nullcontext,
    ) -> None:
        """``extract`` is called with each page, in the parse processes.

        There it must be a function of a module; with ``parse.executor`` "thread" or "inline" it may be any.
        ``fresh``: whatever crawl the output folder holds is moved aside, and another one begins. ``beside``
        looks on while it runs, such as :meth:`crawler.view.live.live_thread.LivePage.beside`.
        """
        self._config = config
        self._extract = extract
        self._fresh = fresh
        self._beside = beside
        self._records: ByteQueue[bytes] = ByteQueue(WAITING_RECORDS, len, "records")
        self._stations: Stations | None = None
        self._crawling: asyncio.Task[CrawlReport] | None = None
        self.report: CrawlReport | None = None
        """How the crawl ended, once the block has been left."""

    async def __aenter__(self) -> Self:
        """Start crawling. Cancelled, it leaves nothing behind.

        Raises UsageError (AlreadyFinished is the one where nothing is left to do) and CrawlFailed.
        """
        refuse_inside_import()
        if self._crawling is not None:
            raise UsageError("a Crawler crawls once: make a new one for another crawl")
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # All that must be ended again is begun in this task, so to wait for its end is enough.
        self._crawling = asyncio.create_task(self._crawl(started), name="crawl")
        self._crawling.add_done_callback(lambda _: self._records.close())
        begun_or_over: set[asyncio.Future[Any]] = {started, self._crawling}
        try:
            await asyncio.wait(begun_or_over, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._crawling.cancel()
            with suppress(asyncio.CancelledError, CrawlerError):
                await to_its_end(self._crawling)
            raise
        if not started.done():
            self.report = await to_its_end(self._crawling)
        return self

    async def _crawl(self, started: "asyncio.Future[None]") -> CrawlReport:
        def on_start(stations: Stations) -> None:
            self._stations = stations
            started.set_result(None)

        return await crawl_here(
            self._config,
            extract=self._extract,
            fresh=self._fresh,
            on_committed=self._on_committed,
            on_start=on_start,
            beside=self._beside,
        )

    async def __aiter__(self) -> AsyncIterator[Record]:
        """The records as they are committed.

        Raises UsageError outside the block; CrawlFailed, after the last record, where the crawl could not
        be done to its end.
        """
        if self._crawling is None:
            raise UsageError("records come inside the block: async with Crawler(config) as crawl")
        async for line in self._records:
            yield decode(line)
        report = await asyncio.shield(self._crawling)
        if report.state == "incomplete":
            raise CrawlFailed(report.message or "the crawl is incomplete")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop what still runs, and wait for its end. A cancellation meanwhile stops it at once."""
        assert self._crawling is not None  # noqa: S101 - __aenter__ has set it
        if self._stations is not None:
            self._stations.stop()
        self._records.close()
        self.report = await to_its_end(self._crawling, on_cancel=self._crawling.cancel)

    async def _on_committed(self, finished: Sequence[Finished]) -> None:
        for one in finished:
            try:
                await self._records.put(one.record)
            except QueueClosed:
                return  # nobody reads any more


async def crawl_here(
    config: Config,
    *,
    extract: Callable[..., Any] | None = None,
    fresh: bool = False,
    on_committed: Callable[[Sequence[Finished]], Awaitable[None]] | None = None,
    on_start: Callable[[Stations], None] = lambda _: None,
    beside: Beside = nullcontext,
) -> CrawlReport:
    """Crawl to the end in this event loop. Cancelled, it ends at once, and leaves nothing behind.

    ``on_committed`` is given what has been committed, batch by batch, and the crawl waits for it; the rest is
    as :class:`Crawler` has it. Raises UsageError, StoreFailed; how a crawl fails is said in the report.
    """
    refuse_inside_import()
    async with block_off_loop(_opened(config, extract, fresh=fresh)) as (config, out, opened):
        return await run(
            config,
            out,
            opened,
            conclude=conclude,
            extract=extract,
            on_committed=on_committed,
            on_start=on_start,
            beside=beside,
        )


@contextmanager
def _opened(
    config: Config, extract: Callable[..., Any] | None, *, fresh: bool
) -> Iterator[tuple[Config, Path, Opened[CrawlState]]]:
    """The crawl's folder locked, its ``crawl.db`` open. Blocks. Raises UsageError, StoreFailed."""
    if config.cluster != ClusterConfig():
        from crawler.engine.shared import refuse_settings

        refuse_settings(config)
    config, logins = lifecycle.serialised(config)
    out = prepare(config, extract)
    if fresh:
        from crawler.engine.resuming import move_aside

        move_aside(out)
    with output_folder(out), open_crawl(config, out, logins, extract) as opened:
        yield config, out, opened
