"""What the generation before has of a URL: its version, its record, and where it led.

Runs as: one thread, which owns a connection to both databases and reads the earlier records. Stops when:
closed. Fails as: StoreFailed, OutputError, where it was asked.

All who ask while the thread is busy are answered together by its next turn: to hand something over to it, and
back, costs the event loop more than the look-up itself.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from crawler.frontier.earlier_pages import EarlierPages
from crawler.model.generations import database_of
from crawler.model.messages import Finished, Ticket
from crawler.model.rows import EarlierPage, Unchanged
from crawler.sinks.base import Sink

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class EarlierGeneration:
    """The generation before the one in OUT that is being crawled; for the coroutines of one event loop."""

    def __init__(
        self,
        out: Path,
        generation: int,
        hash_seed: int,
        records: tuple[type[Sink], Path] | None,
        facts: Path | None,
    ) -> None:
        """``generation`` is the present one; see :class:`EarlierPages`. Blocks. Raises StoreFailed."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="earlier")
        self._wanted: dict[str, list[asyncio.Future[EarlierPage | None]]] = {}
        self._jobs: list[_Job] = []
        self._is_busy = False
        present, before = out / database_of(generation), out / database_of(generation - 1)
        made = partial(EarlierPages, present, before, hash_seed, records, facts)
        try:
            self._pages = self._thread.submit(made).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def close(self) -> None:
        """Let go of the files. May be repeated."""
        with suppress(RuntimeError):  # it is closed already
            self._thread.submit(self._pages.close)
        self._thread.shutdown()

    async def find(self, url: str) -> EarlierPage | None:
        """The URL as it ended in the generation before; None where it did not. Raises StoreFailed."""
        waiting: asyncio.Future[EarlierPage | None] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(url, []).append(waiting)
        self._soon()
        return await waiting

    async def take_over(self, ticket: Ticket, page: EarlierPage, found: Unchanged | None) -> Finished | None:
        """See :meth:`EarlierPages.take_over`. Raises StoreFailed, OutputError."""
        return await self._call(partial(self._pages.take_over, ticket, page, found))

    async def urls_of(self, marks: Iterable[int]) -> dict[int, str]:
        """The URLs with these fingerprints, as far as they are known. Raises StoreFailed."""
        return await self._call(partial(self._pages.urls_of, marks))

    def changes(self, *, is_whole: bool) -> dict[str, Any]:
        """See :meth:`EarlierPages.changes`. Blocks. Raises StoreFailed."""
        return self._thread.submit(partial(self._pages.changes, is_whole=is_whole)).result()

    async def _call(self, job: Callable[[], T]) -> T:
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, waiting))
        self._soon()
        return await waiting

    def _soon(self) -> None:
        """Have a turn, with all that is asked for until the loop gets to it, unless there is one."""
        if not self._is_busy:
            self._is_busy = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        """Hand over what waits."""
        if not (self._jobs or self._wanted):
            self._is_busy = False
            return
        jobs, self._jobs = self._jobs, []
        wanted, self._wanted = self._wanted, {}
        if wanted:
            found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            found.add_done_callback(partial(_tell_each, wanted))
            jobs.append((partial(self._pages.find, list(wanted)), found))
        self._thread.submit(self._run, jobs, asyncio.get_running_loop())

    def _run(self, jobs: list[_Job], loop: asyncio.AbstractEventLoop) -> None:
        """In the thread."""
        results: list[tuple[Any, Exception | None]] = []
        for job, _ in jobs:
            try:
                results.append((job(), None))
            except Exception as error:  # for whoever has asked
                results.append((None, error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._answer, jobs, results)

    def _answer(self, jobs: list[_Job], results: list[tuple[Any, Exception | None]]) -> None:
        for (_, waiting), (result, error) in zip(jobs, results, strict=True):
            if waiting.done():
                continue  # who asked was cancelled
            if error is None:
                waiting.set_result(result)
            else:
                waiting.set_exception(error)
        asyncio.get_running_loop().call_soon(self._next_turn)  # who was answered may ask for more


def _tell_each(
    wanted: dict[str, list["asyncio.Future[EarlierPage | None]"]],
    found: "asyncio.Future[dict[str, EarlierPage]]",
) -> None:
    error = found.exception()
    for url, waiters in wanted.items():
        for waiting in waiters:
            if waiting.done():
                continue  # who asked was cancelled
            if error is None:
                waiting.set_result(found.result().get(url))
            else:
                waiting.set_exception(error)
