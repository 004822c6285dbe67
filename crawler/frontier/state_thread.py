"""The state of a crawl, and the one thread that owns the file in which it is kept, ``crawl.db``.

Runs as: one thread, started off the loop. Stops when: closed; what was sent before is run. Fails as:
StoreFailed, where it was asked.

SQLite blocks (it reads, writes and syncs files), so it must not run in the event loop; and a connection is
safest with a single owner, so nothing is shared and nothing is locked. The thread is an executor with one
worker: jobs are functions of the connection, and run one at a time in the order in which they were sent,
each in a transaction of its own.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from crawler.config import Config
from crawler.frontier import rows
from crawler.frontier.protocol import Frontier
from crawler.frontier.schema import PAGES, SCHEMA_VERSION, TABLES, WITHOUT_PAGES, explain
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.frontier.view import FrontierView, generations
from crawler.model.errors import OutputError, StoreClosed
from crawler.model.generations import database_of
from crawler.model.outcomes import Activity
from crawler.model.spans import Span
from crawler.trace.source_lines import where_of

if TYPE_CHECKING:
    from crawler.frontier.earlier_thread import EarlierGeneration

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]


class CrawlState:
    """Owns ``crawl.db`` until :meth:`close`. All methods but :meth:`call` block, and raise StoreFailed."""

    def __init__(self, out: Path) -> None:
        """Open that of the last generation in OUT, or create one. Raises OutputError, StoreFailed."""
        self.path = out / database_of(max(generations(out), default=1))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._told: Callable[[Span], None] | None = None
        try:
            self._db = self._thread.submit(open_for_writing, self.path).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def close(self) -> None:
        """Run what was sent, and let go of the file. May be repeated."""
        self._thread.shutdown()
        self._db.close()

    def frontier(
        self,
        config: Config,
        hash_seed: int,
        generation: int = 1,
        earlier: "EarlierGeneration | None" = None,
    ) -> Frontier:
        """The frontier of this crawl.

        ``hash_seed`` is the crawl's own, for telling known URLs; ``earlier`` is the generation before.
        """
        frontier = SqliteFrontier(self, config, hash_seed)
        frontier.generation, frontier.earlier = generation, earlier
        return frontier

    def tell_jobs(self, told: Callable[[Span], None]) -> None:
        """Have ``told`` called with what each job took, in the thread."""
        self._told = told

    def read(self, job: Callable[[FrontierView], T]) -> T:
        """What ``job`` makes of all that is known of the crawl."""
        return self.run(lambda db: job(FrontierView(db)))

    def note(self, entries: Mapping[str, str], picture: str | None = None) -> None:
        """Keep entries about the crawl (see :meth:`FrontierView.meta`), and how it stands, as JSON."""
        if picture is not None:
            self.run(lambda db: rows.save_live(db, picture))
        self.run(lambda db: rows.set_meta(db, entries))

    def sync(self) -> None:
        """From now on a power loss takes nothing back of what was noted before; some milliseconds."""
        self.run(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)"))

    def begin_again(self) -> None:
        """Forget how every URL ended, and each robots.txt; the settings stay."""
        self.run(rows.begin_again)

    # -- for the frontier ----------------------------------------------------------------------

    def run(self, job: Job[T]) -> T:
        """Run ``job`` and wait for what it returns. Raises StoreFailed, StoreClosed."""
        return self._send(job).result()

    async def call(self, job: Job[T]) -> T:
        """The same for the event loop. ``job`` is run also when who waits for it is cancelled."""
        return await asyncio.shield(asyncio.wrap_future(self._send(job)))

    def _send(self, job: Job[T]) -> Future[T]:
        try:
            return self._thread.submit(self._do if self._told is None else self._timed, job)
        except RuntimeError as error:
            raise StoreClosed(f"{self.path} is not open: it is closed at the end of its crawl") from error

    def _timed(self, job: Job[T]) -> T:
        began, had = time.monotonic_ns(), time.thread_time_ns()
        try:
            return self._do(job)
        finally:
            code = getattr(job, "__code__", self._do.__code__)
            line = where_of(code, code.co_firstlineno)
            ended, cpu = time.monotonic_ns(), time.thread_time_ns() - had
            where = line.file, line.function, line.line
            if self._told is not None:
                self._told(Span(Activity.DATABASE, began, ended, cpu, threading.get_native_id(), where))

    def _do(self, job: Job[T]) -> T:
        try:
            with self._db:  # commits what it writes, or rolls it back where it fails
                return job(self._db)
        except sqlite3.Error as error:
            raise explain(self.path, error) from error


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or create ``crawl.db``.

    Raises OutputError when the file is not a crawl's, StoreFailed when it cannot be opened.
    """
    try:
        # Only its thread uses it; it is closed from another one, when that thread has ended.
        db = sqlite3.connect(path, cached_statements=64, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")  # a write-ahead log: ``crawler status`` may read meanwhile
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -16384")  # KiB
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            db.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version == WITHOUT_PAGES:
            db.executescript(f"BEGIN IMMEDIATE; {PAGES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise OutputError(
                f"{path} is not the crawl.db of this version (schema {version}, not {SCHEMA_VERSION})"
            )
    except sqlite3.Error as error:
        raise explain(path, error) from error
    return db
