"""The library side: ``async with Crawler(config) as crawl: async for record in crawl: …``."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from crawler.config import Config
from crawler.engine import lifecycle
from crawler.engine.conclusion import CrawlReport
from crawler.engine.crawl import prepare, run
from crawler.engine.output_folder import move_aside, output_folder
from crawler.engine.stations import Stations
from crawler.model.errors import CrawlFailed
from crawler.model.messages import Finished
from crawler.model.record import Record, decode
from crawler.plumbing.byte_queue import ByteQueue, QueueClosed
from crawler.plumbing.fork_server_process import refuse_inside_import
from crawler.plumbing.starter_thread import off_loop

WAITING_RECORDS = 8 * 1024 * 1024
"""Bytes of committed records that may wait for a slow reader, until the crawl waits for it."""


class Crawler:
    """One crawl, as an asynchronous context manager that yields its records.

    Records come as they are committed, each once; those that an earlier run of the same crawl
    committed do not come again. Leaving the block early stops the crawl cleanly: what is in
    flight is finished and saved, and the same configuration goes on with it later.
    """

    def __init__(
        self, config: Config, *, extract: Callable[..., Any] | None = None, fresh: bool = False
    ) -> None:
        """``extract`` is a function of a module, called with each page in the parse processes.

        ``fresh``: whatever crawl the output folder holds is moved aside, and another one begins.
        """
        self._config = config
        self._extract = extract
        self._fresh = fresh
        self._records: ByteQueue[bytes] = ByteQueue(WAITING_RECORDS, len, "records")
        self._stations: Stations | None = None
        self._running: asyncio.Task[CrawlReport] | None = None
        self._stack = AsyncExitStack()
        self.report: CrawlReport | None = None
        """How the crawl ended, once the block has been left."""

    async def __aenter__(self) -> Self:
        """Start crawling. Raises UsageError; AlreadyFinished is the one where nothing is left to do."""
        refuse_inside_import()
        logins, config = lifecycle.logins(self._config), lifecycle.serialised(self._config)
        out = await off_loop(lambda: prepare(config, self._extract))
        if self._fresh:
            await off_loop(lambda: move_aside(out))
        folder = output_folder(out)
        await off_loop(folder.__enter__)
        self._stack.push_async_callback(off_loop, lambda: folder.__exit__(None, None, None))
        try:
            opened = await off_loop(lambda: lifecycle.open_store(config, out, logins))
            self._stack.push_async_callback(off_loop, opened.store.stop)
            started = asyncio.Event()

            def on_start(stations: Stations) -> None:
                self._stations = stations
                started.set()

            self._running = asyncio.create_task(
                run(
                    config,
                    out,
                    opened,
                    extract=self._extract,
                    on_committed=self._on_committed,
                    on_start=on_start,
                )
            )
            self._running.add_done_callback(lambda _: self._records.close())
            waiting = asyncio.create_task(started.wait())
            await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aiter__(self) -> AsyncIterator[Record]:
        """The records as they are committed.

        Raises CrawlFailed, after the last record, where the crawl could not be done to its end.
        """
        async for line in self._records:
            yield decode(line)
        if self._running is not None:
            report = await asyncio.shield(self._running)
            if report.state == "incomplete":
                raise CrawlFailed(report.message or "the crawl is incomplete")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop what still runs, and wait for its end."""
        try:
            if self._running is not None:
                if not self._running.done() and self._stations is not None:
                    self._stations.stop()
                self._records.close()
                self.report = await self._running
        finally:
            await self._stack.aclose()

    async def _on_committed(self, finished: Sequence[Finished]) -> None:
        for one in finished:
            try:
                await self._records.put(one.record)
            except QueueClosed:
                return  # nobody reads any more
