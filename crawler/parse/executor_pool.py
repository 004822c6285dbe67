"""The very same parsing on another model: threads, or inline in the event loop.

Runs as: whatever ``concurrent.futures.Executor`` is injected. Neither is the default, for a
reason worth seeing: parsing is CPU-bound, so threads take turns on one core (the interpreter
lock), and inline it stops the event loop while it lasts. And nothing here survives a page that
crashes the interpreter.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind
from crawler.parse.parser_death import ParserDied
from crawler.parse.work import Parser


class InlineExecutor(Executor):
    """Runs each call at once, in the thread that submits it: an Executor that executes nothing elsewhere."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn`` and return its outcome as a finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class ExecutorParser:
    """A parser that runs in an executor of this process."""

    pid: int | None = None

    def __init__(self, parser: Parser, executor: Executor) -> None:
        self._parse: Callable[[Page], Finished] = parser.parse
        if parser.job.is_traced:
            from crawler.parse.timed import timed

            self._parse = timed(parser.parse, Parser.parse.__code__, threading.get_native_id)
        self._executor = executor

    async def parse(self, pages: list[Page], _ahead: list[Page] | None = None, /) -> list[Finished]:
        """Parse a batch. Raises ParserDied when memory ran out: nothing died that could be replaced."""
        loop = asyncio.get_running_loop()
        results = []
        for index, page in enumerate(pages):
            try:
                results.append(await loop.run_in_executor(self._executor, self._parse, page))
            except MemoryError as error:
                said = "parsing ran out of memory"
                raise ParserDied(Kind.PARSE_MEMORY, said, is_certain=True, culprit=index) from error
        return results
