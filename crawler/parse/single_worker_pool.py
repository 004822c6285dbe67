"""The parse pool, seen from the main process: one single-worker ProcessPoolExecutor for each core.

::

    main process                                        parse process k
    parse_task k ── one call ──▶ ProcessPoolExecutor ──▶ parse_batches(), as long as batches come
         └─ thread ── pages ─▶ [pipe, one way] ────────▶   reads, parses
                    ◀─ results [pipe, one way] ◀────────   writes
                    ◀─ progress (shared memory: which page, since when)

Why not one executor with N workers, and its own results? Because of what a ``kill -9`` does. When one worker
of a pool dies, every future in flight fails, whoever it belonged to. And if it dies while it writes a
large result, the executor waits for ever for the second half, since the parent itself holds the write end
of that pipe open. Here a worker has nothing in common with its neighbours, the call is small enough for
its pipe write to be atomic, and the main process closes its copies of the far ends, so that a death is an
end-of-file and never half a frame.

One rule holds the two ways together: as long as somebody waits for results, the call is with the child.
It comes back when no batch has come for a while; whoever waits then makes it anew. It fails when the pool
is broken: its child is dead, or its fork server is, and the child may never have had the call. So the
child is killed, the pipe ends, and what was in its hands is parsed by the next one.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import msgspec

from crawler.model.errors import ChildFailed
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind
from crawler.parse import parser_process
from crawler.parse.parser_death import ParserDied, cause_of_death
from crawler.parse.parser_process import NO_PAGE, ParseJob, Progress, frame_of
from crawler.plumbing.child_process import Child
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error
from crawler.plumbing.multiprocessing_internals_process import process_of
from crawler.plumbing.starter_thread import off_loop, to_its_end

log = logging.getLogger("crawler.parse")

START_TIMEOUT = 60.0
"""Seconds in which a new parse process must have answered its first call."""
START_ATTEMPTS = 10
"""Times in a row that a parse process, or the fork server below it, may die while it is started."""
STOP_GRACE = 2.0
"""Seconds in which a parse process that has nothing to do must have ended by itself."""
_PIPE_SLACK = 64 * 1024
"""Bytes of a pipe that are not counted on: it holds so many pages of memory, and not each is filled."""
_decode_finished = msgspec.msgpack.Decoder(list[Finished]).decode


class ParserSettings(msgspec.Struct, frozen=True):
    """What each parse process is started with."""

    context: BaseContext
    job: ParseJob
    extract: Callable[..., Any] | None
    timeout: float
    """Seconds that one page may take."""
    max_memory: int
    log_level: str
    feed_log: Callable[[dict[str, Any]], None]


class ProcessParser:
    """One parse process after the other: each takes the place of one that died."""

    pid: int | None = None
    """Of the one that is ready to work; None where none is."""

    def __init__(self, name: str, settings: ParserSettings, threads: ThreadPoolExecutor) -> None:
        """``threads`` owns what blocks: the pipes' reads and writes."""
        self.name = name
        self._settings = settings
        self._threads = threads

    def start(self) -> None:
        """Start a child and wait until it answers. Blocks. Raises ChildFailed."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start()
                return
            except (BrokenProcessPool, OSError) as death:
                if attempt == START_ATTEMPTS:
                    raise ChildFailed(f"{self.name} did not start: {death}") from death
                log.warning("%s did not start (%s) and is replaced", self.name, death)

    def _start(self) -> None:
        settings = self._settings
        self._progress: Progress = settings.context.RawArray("d", [NO_PAGE, 0.0])
        self._executor: ProcessPoolExecutor | None = None
        self._call: asyncio.Future[None] | None = None
        self._sent: list[Page] | None = None
        """The batch that the child has already, though it is not called for yet."""
        self._killed_for: ParserDied | None = None
        # A thread waits for the executor, which waits for its child: that one may have to be killed.
        self._shutting_down = threading.Thread(target=self._shut_down, name=f"{self.name} ends")
        reap = self._shutting_down.join
        self._child = Child(self.name, settings.context, self._launch, feed_log=settings.feed_log, reap=reap)
        try:
            self._child.start()
            self.pid = self._answer.result(timeout=START_TIMEOUT)
        except BaseException as error:
            if self._end() == EXIT_MAIN_GUARD:
                raise main_guard_error() from None
            if isinstance(error, TimeoutError):
                raise ChildFailed(f"{self.name} did not start within {START_TIMEOUT:g} s") from error
            raise

    def _launch(self, batches: Connection, results: Connection) -> BaseProcess:
        settings = self._settings
        given = settings.job, settings.extract, self.name, settings.max_memory, settings.log_level
        self._executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=settings.context,
            initializer=parser_process.start,
            initargs=(batches, results, self._progress, *given),
        )
        self._answer = self._executor.submit(os.getpid)
        return process_of(self._executor)

    def stop(self) -> None:
        """Have the child end by itself, else kill it; it may not have been started. Blocks."""
        if self.pid is not None:
            with suppress(OSError):
                self._child.send(b"")  # its call ends
            self._end(STOP_GRACE)

    def kill(self, reason: ParserDied | None = None) -> None:
        """SIGKILL to the child, at once; what it has in hand is parsed again by another one."""
        self._killed_for = self._killed_for or reason
        self._child.kill()

    def _end(self, grace: float = 0.0) -> int | None:
        """See to it that the child is dead and nothing of it is left; its exit code, if it can be learnt."""
        self.pid = None
        self._shutting_down.start()
        self._child.stop(grace)
        self._child.close()
        return self._child.exit_code

    def _shut_down(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    @property
    def progress(self) -> tuple[float, ...]:
        """Changes with every page that the child begins or ends."""
        return self._progress[0], self._progress[1]

    async def parse(self, pages: list[Page], ahead: list[Page] | None = None, /) -> list[Finished]:
        """Have the child parse ``pages``. Raises ParserDied, with another child in its place.

        ``ahead`` is what it will be given next: it finds that in its pipe when it is done with this, where
        there is room for it. Nothing depends on it; a child that dies is given the batch anew.
        """
        loop = asyncio.get_running_loop()
        if self._progress[0] == NO_PAGE:
            self._progress[1] = time.monotonic()  # it may have been idle for long
        exchange = loop.run_in_executor(self._threads, self._exchange, pages, ahead)
        try:
            while not exchange.done():
                if self._call is not None and self._call.done():
                    self._call.result()  # raises BrokenProcessPool
                    self._call = None
                if self._call is None:
                    self._call = loop.run_in_executor(self._executor, parser_process.parse_batches)
                    # Somebody looks at its error, or asyncio would complain.
                    self._call.add_done_callback(lambda call: call.cancelled() or call.exception())
                if (left := self._seconds_left()) <= 0:
                    words = f"parsing took longer than {self._settings.timeout:g} s"
                    self.kill(ParserDied(Kind.PARSE_TIMEOUT, words, is_certain=True))
                    raise TimeoutError
                await asyncio.wait((exchange, self._call), timeout=left, return_when=FIRST_COMPLETED)
            return exchange.result()
        except BaseException as why:
            self._child.kill()  # the thread in the exchange must come back
            await to_its_end(asyncio.gather(exchange, return_exceptions=True))
            if not isinstance(why, (BrokenProcessPool, OSError, EOFError)):
                raise
            raise await off_loop(self._replace) from why

    def _seconds_left(self) -> float:
        return self._progress[1] + self._settings.timeout - time.monotonic()

    def _exchange(self, pages: list[Page], ahead: list[Page] | None) -> list[Finished]:
        """In a thread: write what the child has not yet, then wait for the results of ``pages``."""
        if self._sent is not pages:
            self._child.send(frame_of(pages))
        self._sent = None
        # It takes up the first before it works on it, so this waits for nothing.
        if ahead and len(frame := frame_of(ahead)) <= self._child.room - _PIPE_SLACK:
            self._child.send(frame)
            self._sent = ahead
        while (results := self._child.receive()) is None:
            pass  # it was something to be logged
        return _decode_finished(results)

    def _replace(self) -> ParserDied:
        """Start another child; what the dead one died of, and at which page."""
        pid, code = self.pid, self._end()
        died = self._killed_for or cause_of_death(code, self._settings.max_memory)
        died.culprit = int(self._progress[0]) if self._progress[0] != NO_PAGE else None
        # As text: a log record that is kept would keep the exception, its frames and this parser.
        log.warning("%s (pid %s): %s", self.name, pid, str(died))
        self.start()
        return died
