"""The parse pool, seen from the main process: one single-worker ProcessPoolExecutor for each core.

::

    main process                                        parse process k
    parse_task k ── token ──▶ ProcessPoolExecutor ──────▶ parse_batches()
         └─ thread ── pages ─▶ [task pipe, one way] ─────▶   reads, parses
                    ◀─ results [result pipe, one way] ◀──    writes
                    ◀─ progress (shared memory: which page, since when)

Why not one executor with N workers, and its own results? Because of what a ``kill -9`` does. When
one worker of a pool dies, every future in flight fails, whoever it belonged to. And if it dies
while it writes a large result, the executor waits for ever for the second half, since the parent
itself holds the write end of that pipe open. Here a worker has nothing in common with its
neighbours, the token is small enough for its pipe write to be atomic, and the main process closes
its copies of the far ends, so that a death is an end-of-file and never half a frame.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import msgspec

from crawler.model.errors import ChildFailed
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind
from crawler.parse import parser_process
from crawler.parse.job import ParseJob
from crawler.parse.parser_death import ParserDied, cause_of_death
from crawler.parse.parser_process import LOG, NO_PAGE, Progress
from crawler.plumbing.child_process import ChildHandle, signals_blocked
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error
from crawler.plumbing.starter_thread import to_its_end
from crawler.plumbing.wide_pipe import capacity, wide_pipe

log = logging.getLogger("crawler.parse")

START_TIMEOUT = 60.0
"""Seconds in which a new parse process must have answered its first ping."""
START_ATTEMPTS = 10
"""Times in a row that a parse process, or the fork server below it, may die while it is started."""
EXIT_UNKNOWN = 255
"""What multiprocessing takes for the exit code of a child whose fork server is dead."""
_PIPE_SLACK = 64 * 1024
"""Bytes of a pipe that are not counted on: it holds so many pages of memory, and not each is filled."""
_encode_pages = msgspec.msgpack.Encoder().encode
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
    """One parse process, and this side's ends of its pipes."""

    def __init__(self, name: str, settings: ParserSettings, threads: ThreadPoolExecutor) -> None:
        """``threads`` owns what blocks: the pipes' reads and writes."""
        self.name = name
        self.pid: int | None = None
        self._settings = settings
        self._threads = threads
        self._ahead: list[Page] | None = None
        """The batch that comes after the one at work: the child is to take it, until it is called for."""
        self._sent: list[Page] | None = None
        """The same, once it is in the pipe."""
        self._given_up: tuple[Kind, str] | None = None

    # -- life: blocking, called in a thread ------------------------------------------------------

    def start(self) -> None:
        """Start the child and wait until it answers. Raises ChildFailed."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start()
            except (BrokenProcessPool, OSError, EOFError) as death:
                if attempt == START_ATTEMPTS:
                    raise ChildFailed(f"{self.name} did not start: {death}") from death
                log.warning("%s did not start (%s) and is replaced", self.name, death)
            else:
                return

    def _start(self) -> None:
        context, settings = self._settings.context, self._settings
        task_reader, self._tasks = wide_pipe(context)
        self._ahead, self._sent, self._is_broken = None, None, False
        self._untaken, self._has_token = 0, False
        self._room = capacity(self._tasks) - _PIPE_SLACK
        self._results, result_writer = wide_pipe(context)
        self._progress: Progress = context.RawArray("d", [NO_PAGE, 0.0])
        self._process: BaseProcess | None = None
        self._executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=context,
            initializer=parser_process.start,
            initargs=(
                task_reader,
                result_writer,
                self._progress,
                settings.job,
                settings.extract,
                self.name,
                settings.max_memory,
                settings.log_level,
            ),
        )
        child: BaseProcess | None = None
        try:
            with signals_blocked():
                answer: Future[int] = self._executor.submit(parser_process.ping)
            # Its one process, which is known here before it can say anything: when the fork server
            # dies now, the pool is broken at once, while the child goes on and must be killed.
            (started,) = self._executor._processes.values()
            self._handle = ChildHandle(started.pid)
            child = started
            self.pid = answer.result(timeout=START_TIMEOUT)
        except BaseException as error:
            self._close_pipes()
            self._give_up(child, is_broken=isinstance(error, BrokenProcessPool))
            if isinstance(error, TimeoutError):
                raise ChildFailed(f"{self.name} did not start within {START_TIMEOUT:g} s") from error
            raise
        finally:
            # From now on the child alone holds the far ends: its death is an end-of-file here.
            task_reader.close()
            result_writer.close()
        self._process = child

    def _give_up(self, child: BaseProcess | None, *, is_broken: bool) -> None:
        """Leave nothing of a child that did not start. Raises MainGuardError where that is why."""
        if child is not None and not is_broken:
            self._handle.kill()
        # A broken pool's thread reaps its child before there is an exit code.
        self._executor.shutdown(wait=True, cancel_futures=True)
        if child is not None:
            self._handle.kill()
            self._handle.close()
            if child.exitcode == EXIT_MAIN_GUARD:
                raise main_guard_error() from None

    def stop(self) -> None:
        """End the child, gently, then surely."""
        if self.pid is None:
            return
        self._executor.shutdown(wait=False)
        if self._process is not None:
            self._process.join(timeout=2)
        self._handle.kill()
        self._executor.shutdown(wait=True)
        self._close_pipes()
        self._handle.close()
        self.pid = None

    def kill(self) -> None:
        """SIGKILL to the child, at once."""
        self._handle.kill()

    def replace(self, kind: Kind, reason: str) -> None:
        """Give the child up: what it has in hand is parsed again by another one."""
        self._given_up = kind, reason
        self._handle.kill()

    @property
    def progress(self) -> tuple[float, ...]:
        """Changes with every page that the child begins or ends."""
        return self._progress[0], self._progress[1]

    def restart(self) -> None:
        """A fresh child in place of the dead one."""
        self.pid = None
        self._handle.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._close_pipes()
        self._handle.close()
        self.start()

    def _close_pipes(self) -> None:
        self._tasks.close()
        self._results.close()

    # -- work ------------------------------------------------------------------------------------

    async def parse(self, pages: list[Page], ahead: list[Page] | None = None, /) -> list[Finished]:
        """Have the child parse ``pages``. Raises ParserDied.

        ``ahead`` is what it will be given next: it finds that in its pipe when it is done with this, where
        there is room for it. Nothing depends on it; a child that dies is given the batch anew.
        """
        loop = asyncio.get_running_loop()
        self._untaken += 1 if ahead else 0
        if self._ahead is not pages:
            self._untaken += 1
            self._progress[0] = NO_PAGE
        if self._progress[0] == NO_PAGE:
            self._progress[1] = time.monotonic()  # it may have been idle for long
        self._ahead = ahead
        exchange = loop.run_in_executor(self._threads, self._exchange, pages, ahead)
        self._give_token()
        if self._is_broken:
            self._handle.kill()  # it was at the batch before when its pool broke, and will see no more tokens
        timed_out = False
        try:
            while not (await asyncio.wait({exchange}, timeout=self._seconds_left()))[0]:
                if self._seconds_left() <= 0:
                    timed_out = True
                    self._handle.kill()
                    await asyncio.wait({exchange})
        except asyncio.CancelledError:
            self._handle.kill()  # the thread in the exchange must come back
            with suppress(asyncio.CancelledError, OSError, EOFError):
                await to_its_end(exchange)
            raise
        try:
            return exchange.result()
        except (OSError, EOFError) as death:
            raise await loop.run_in_executor(self._threads, self._autopsy, timed_out) from death

    def _give_token(self) -> None:
        """Have the child take batches out of its pipe, unless it is at it or there are none."""
        if self._has_token or not self._untaken:
            return
        self._has_token = True
        loop = asyncio.get_running_loop()
        try:
            token = loop.run_in_executor(self._executor, parser_process.parse_batches)
            token.add_done_callback(partial(self._token_returned, self._handle))
        except RuntimeError:
            self._handle.kill()  # the executor has seen the death first; let the exchange see it too

    def _token_returned(self, handle: ChildHandle, token: asyncio.Future[int]) -> None:
        # How a batch ends is known from the pipe. But a pool that broke before the child had the token
        # (the fork server died: then it breaks while the child lives) leaves it waiting for ever.
        if token.cancelled():
            return
        failure = token.exception()
        if failure is None and handle is self._handle:
            # A batch that was on its way while the child looked for one is still to be taken.
            self._untaken -= token.result()
            self._has_token = False
            self._give_token()
        elif isinstance(failure, BrokenProcessPool):
            if handle is self._handle:
                self._is_broken = True
            if self._progress[0] == NO_PAGE:
                handle.kill()

    def _seconds_left(self) -> float:
        return max(0.0, self._progress[1] + self._settings.timeout - time.monotonic())

    def _exchange(self, pages: list[Page], ahead: list[Page] | None) -> list[Finished]:
        """In a thread: write what the child has not yet, then wait for the results of ``pages``."""
        if self._sent is not pages:
            self._tasks.send_bytes(_encode_pages(pages))
        self._sent = None
        # It takes up the first before it works on it, so this waits for nothing.
        if ahead and len(frame := _encode_pages(ahead)) <= self._room:
            self._tasks.send_bytes(frame)
            self._sent = ahead
        while (answer := self._results.recv_bytes())[:1] == LOG:
            self._settings.feed_log(msgspec.msgpack.decode(answer[1:]))
        return _decode_finished(memoryview(answer)[1:])

    def _autopsy(self, timed_out: bool) -> ParserDied:
        """In a thread: what the child died of, and at which page."""
        at = int(self._progress[0])
        code = None
        if self._process is not None:
            # The pool's own thread reaps the child. Asked by two threads at once, a child of the fork
            # server gives its exit code to one of them and 255 to the other.
            self._executor.shutdown(wait=True, cancel_futures=True)
            code = self._process.exitcode
            if code == EXIT_UNKNOWN and self._settings.context.get_start_method() == "forkserver":
                code = None
        settings = self._settings
        kind, message = cause_of_death(code, settings.timeout if timed_out else None, settings.max_memory)
        given_up, self._given_up = self._given_up, None
        if given_up is not None:
            kind, message = given_up
        log.warning("%s (pid %s): %s", self.name, self.pid, message)
        return ParserDied(kind, message, at if at >= 0 else None, replaced=given_up is not None)
