"""The one thread that owns ``crawl.db``.

Runs as: one thread, started off the loop. SQLite blocks (it reads, writes and syncs files), so it
must not run in the event loop; and a connection is safest with a single owner, so nothing is
shared and nothing is locked. Jobs are functions of the connection; they run one at a time, in the
order in which they were sent, and the answer travels back as an asyncio future. The idea is
datasette's.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from crawler.frontier.schema import explain, open_for_writing
from crawler.model.errors import StoreClosed

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
Answer = Callable[[Any, BaseException | None], None]


class StoreThread:
    """Runs jobs against ``crawl.db``, first in, first out, from :meth:`start` to :meth:`stop`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Answer] | None] = queue.SimpleQueue()
        self._takes_jobs = False
        # Between asking whether jobs are taken and sending one, nobody may send the last.
        self._sending = threading.Lock()
        self._opened: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Start the thread and open the file; blocks, so it is called off the loop.

        Raises OutputError or StoreFailed.
        """
        self._thread.start()
        failure = self._opened.get()
        if failure is not None:
            self._thread.join()
            raise failure
        self._takes_jobs = True

    def stop(self) -> None:
        """Run what was sent, close the file and end the thread; blocks. May be repeated."""
        with self._sending:
            if self._takes_jobs:
                self._jobs.put(None)
            self._takes_jobs = False
        if self._thread.ident is not None:
            self._thread.join()

    def run(self, job: Job[T]) -> T:
        """Run ``job`` and wait for it, blocking the calling thread: for before and after the crawl.

        Raises StoreFailed, StoreClosed.
        """
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._send(job, lambda value, failure: answer.put((value, failure)))
        value, failure = answer.get()
        if failure is not None:
            raise failure
        return value  # type: ignore[no-any-return]  # what job returned

    async def call(self, job: Job[T]) -> T:
        """Run ``job`` in the thread and wait for what it returns. Raises StoreFailed, StoreClosed."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def answer(value: Any, failure: BaseException | None) -> None:
            loop.call_soon_threadsafe(_settle, future, value, failure)

        self._send(job, answer)
        return await future

    def _send(self, job: Job[Any], answer: Answer) -> None:
        with self._sending:
            if not self._takes_jobs:
                raise StoreClosed(f"{self.path} is not open: it is closed at the end of its crawl")
            self._jobs.put((job, answer))

    def _run(self) -> None:
        try:
            connection = open_for_writing(self.path)
        except BaseException as error:
            self._opened.put(error)
            return
        self._opened.put(None)
        while (item := self._jobs.get()) is not None:
            job, answer = item
            try:
                value, failure = job(connection), None
            except sqlite3.Error as error:
                value, failure = None, explain(self.path, error)
                failure.__cause__ = error
                _roll_back(connection)
            except BaseException as error:
                value, failure = None, error  # type: ignore[assignment]
                _roll_back(connection)
            # RuntimeError: the loop that asked is closed, since a second Ctrl-C does not wait.
            with suppress(RuntimeError):
                answer(value, failure)
        connection.close()


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        # sqlite3.Error: the file is beyond repair, as the job's own error says.
        with suppress(sqlite3.Error):
            connection.rollback()


def _settle(future: asyncio.Future[Any], value: Any, failure: BaseException | None) -> None:
    if future.done():  # its waiter was cancelled
        return
    if failure is None:
        future.set_result(value)
    else:
        future.set_exception(failure)
