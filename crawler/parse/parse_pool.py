"""The parsers of one crawl, on the model that was asked for.

``process`` (the default) is one single-worker process pool for each core; ``thread`` and
``inline`` run the very same code on another model, to be compared.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from crawler.config import Config
from crawler.model.outcomes import Kind
from crawler.parse.parse_task import PageParser
from crawler.parse.parser_death import ParserDied
from crawler.parse.parser_process import ParseJob
from crawler.parse.single_worker_pool import ParserSettings, ProcessParser
from crawler.plumbing.fork_server_process import child_context
from crawler.plumbing.starter_thread import off_loop, to_its_end


class ParsePool:
    """Makes parsers, and owns what they share."""

    def __init__(
        self,
        config: Config,
        job: ParseJob,
        extract: Callable[..., Any] | None,
        feed_log: Callable[[dict[str, Any]], None],
    ) -> None:
        """``extract`` is the user's function when it was given as an object; ``job`` may name one."""
        self._kind = config.parse.executor
        self.workers = 1 if self._kind == "inline" else config.parse.workers or cores()
        self._job, self._extract = job, extract
        settings = ParserSettings(
            context=child_context(config.processes.start_method),
            job=job,
            extract=extract,
            timeout=config.parse.timeout,
            max_memory=config.parse.max_memory,
            log_level=config.log.level,
            feed_log=feed_log,
        )
        # For processes these threads own the pipes, one each; for "thread" they do the parsing.
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="parse")
        self._parsers = [
            ProcessParser(f"parser-{number}", settings, self._threads) for number in range(self.workers)
        ]
        self._started: list[Future[None]] = []

    def start(self) -> None:
        """Begin to start every child, in threads: they get ready while the caller does the rest."""
        if self._kind == "process":
            self._started = [self._threads.submit(parser.start) for parser in self._parsers]

    @asynccontextmanager
    async def parser(self, number: int) -> AsyncIterator[PageParser]:
        """Parser ``number`` of a started pool, ready to work; stopped when the block is left.

        Raises ChildFailed.
        """
        if self._kind == "process":
            try:
                await to_its_end(asyncio.wrap_future(self._started[number]))
                yield self._parsers[number]
            finally:
                await off_loop(self._parsers[number].stop)
        else:
            from crawler.parse.executor_pool import ExecutorParser, InlineExecutor
            from crawler.parse.work import Parser

            executor = self._threads if self._kind == "thread" else InlineExecutor()
            yield ExecutorParser(Parser(self._job, self._extract), executor)

    def pids(self) -> set[int]:
        """The parse processes that are ready to work."""
        return {parser.pid for parser in self._parsers if parser.pid is not None}

    def progress_of(self, pid: int) -> tuple[float, ...]:
        """Changes with every page that this process begins or ends; empty where there is none."""
        return next((parser.progress for parser in self._parsers if parser.pid == pid), ())

    def replace(self, pid: int, kind: Kind, reason: str) -> bool:
        """Kill a parse process; False when it is gone already. A page that it fails at alone is blamed."""
        for parser in self._parsers:
            if parser.pid == pid:
                parser.kill(ParserDied(kind, reason))
                return True
        return False

    def close(self) -> None:
        """End the children that nobody came for, and the threads; blocks until their last call is over."""
        self._threads.shutdown(wait=True)
        for parser in self._parsers:
            parser.stop()


def cores() -> int:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
