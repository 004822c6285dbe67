"""What the generation before has of a URL: its version, its record, and where it led.

Runs as: one thread, which owns a connection to both databases and reads the earlier records. Stops when:
closed. Fails as: StoreFailed, OutputError, where it was asked.

Those who ask while a look-up is under way are answered together by the next one: a hand-over to the thread
costs more than the look-up.
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


class EarlierGeneration:
    """The generation before the one in OUT that is being crawled."""

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
        self._wanted: dict[str, asyncio.Future[EarlierPage | None]] = {}
        self._looking_up: asyncio.Task[None] | None = None
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
        if (waiting := self._wanted.get(url)) is None:
            waiting = self._wanted[url] = asyncio.get_running_loop().create_future()
        if self._looking_up is None:
            self._looking_up = asyncio.create_task(self._look_up())
        return await asyncio.shield(waiting)

    async def _look_up(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            try:
                found = await self._call(partial(self._pages.find, list(wanted)))
            except Exception as error:
                for waiting in wanted.values():
                    waiting.set_exception(error)
                continue
            for url, waiting in wanted.items():
                waiting.set_result(found.get(url))
        self._looking_up = None

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
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(job)))
