"""The main process's side of ONE writer process, from its start to its certain death.

Runs as: one thread for each writer, which reads its event pipe, pings it, and hands every event to
the event loop with ``call_soon_threadsafe``. The thread ends when the pipe is read to its end and
the process is dead; the last event is :class:`~crawler.write.events.Died`. So whoever handles that
one knows every batch that this writer ever acknowledged.

A :class:`Writer` is used once. When it is replaced, and by what, is decided in
:mod:`crawler.write.writer_task`.
"""

import asyncio
import atexit
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, TypeVar

from crawler.plumbing.child_process import DEATH_TIMEOUT, signals_blocked
from crawler.plumbing.multiprocessing_internals_process import leave_reading_to_child
from crawler.write import batch_queue
from crawler.write.events import CutBack, Event, Failed, Opened, Pong
from crawler.write.pulse import Pulse
from crawler.write.sinks.base import Sink
from crawler.write.writer_pipe import EXIT_TIMEOUT, WriterPipe
from crawler.write.writer_process import WriterJob, writer_process_class

log = logging.getLogger("crawler.write")

START_TIMEOUT = 60.0
"""Seconds in which a new writer must answer; it may wait 10 of them for an earlier one's lock."""

E = TypeVar("E", Opened, CutBack)


class WriterGone(Exception):
    """The writer died, or did not answer, before it was ready."""


class WriterRefused(Exception):
    """The writer says that its sink cannot be written; ``str()`` is the reason."""


class Writer:
    """One writer process. Its owner calls one method at a time, but for :meth:`kill`."""

    def __init__(
        self,
        context: BaseContext,
        sink: type[Sink],
        path: Path,
        *,
        log_level: str = "INFO",
        feed_log: Callable[[dict[str, Any]], None] = lambda _: None,
        pulse: Callable[[], Pulse] = Pulse,
    ) -> None:
        """``feed_log`` gets the child's log records, in this writer's thread."""
        self.path = path
        self.pid: int | None = None
        self._context = context
        self._job = WriterJob(sink, str(self.path), log_level)
        self._feed_log = feed_log
        self._new_pulse = pulse
        self._killed = threading.Event()
        self._queue: batch_queue.BatchQueue | None = None
        self._pipe: WriterPipe | None = None
        self._thread: threading.Thread | None = None

    # -- start: these block; in a thread ---------------------------------------------------------

    def start(self) -> None:
        """Start the process, without waiting for it. Raises WriterGone."""
        self._queue = queue = batch_queue.new_queue(self._context)
        events, child_events = self._context.Pipe(duplex=False)
        child_control, self._control = self._context.Pipe(duplex=False)
        process = writer_process_class(self._context)(self._job, queue, child_events, child_control)
        try:
            with signals_blocked():
                process.start()
        except (OSError, EOFError) as error:
            events.close()
            self._let_go()
            raise WriterGone(f"its process cannot be started: {error}") from error
        finally:
            # Only the child keeps the far ends, so its death is an end-of-file here.
            child_events.close()
            child_control.close()
            leave_reading_to_child(queue)
            process.forget()
        self.pid = process.pid
        self._pipe = WriterPipe(process, events, self._feed_log)
        # At exit, multiprocessing waits for its children; this one, if forgotten, would wait for us.
        atexit.register(self.kill)
        if self._killed.is_set():
            self.kill()

    def opened(self) -> int:
        """Wait until the sink is open; what it holds. Raises WriterGone, WriterRefused."""
        return self._wait_for(Opened).length

    def cut(self, position: int) -> None:
        """Have the sink cut back, and wait for that. Raises WriterGone, WriterRefused."""
        self._put(position)
        self._wait_for(CutBack)

    def attach(self, loop: asyncio.AbstractEventLoop, on_event: Callable[[Event], None]) -> None:
        """From now on hand every event to ``on_event``, in ``loop``."""
        self._thread = threading.Thread(
            target=self._read_events,
            args=(self._started(), loop, on_event),
            name=f"{self.path.name} events",
            daemon=True,
        )
        self._thread.start()

    def _wait_for(self, expected: type[E]) -> E:
        pipe = self._started()
        deadline = time.monotonic() + START_TIMEOUT
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = pipe.next(left)
            except EOFError:
                raise WriterGone(pipe.bury().how) from None
            if isinstance(event, expected):
                return event
            if isinstance(event, Failed):
                raise WriterRefused(event.reason)
        raise WriterGone(f"no answer for {START_TIMEOUT:g} s")

    def _started(self) -> WriterPipe:
        if self._pipe is None:
            raise WriterGone("it was not started")
        return self._pipe

    # -- work: these do not block ----------------------------------------------------------------

    def send(self, n: int, records: tuple[bytes, ...]) -> None:
        """Have batch ``n`` written. The queue's feeder thread does the waiting."""
        self._put((n, records))

    def _put(self, item: int | tuple[int, tuple[bytes, ...]] | None) -> None:
        if self._queue is not None:
            self._queue.put(item)

    def kill(self) -> None:
        """SIGKILL, at once or as soon as it is started; nothing happens to a process that is gone."""
        self._killed.set()
        if self._pipe is not None:
            self._pipe.kill()

    # -- end: blocks; in a thread ----------------------------------------------------------------

    def close(self, grace: float) -> None:
        """End the process, within ``grace`` seconds in good order, else by SIGKILL; let go of it all."""
        if self._pipe is None:
            return
        if self._thread is None:
            self.kill()
            self._pipe.bury()
        else:
            if grace > 0 and self._thread.is_alive():
                self._put(None)
                self._thread.join(grace)
            self.kill()
            self._thread.join(EXIT_TIMEOUT + DEATH_TIMEOUT + 1)
            if self._thread.is_alive():
                return  # nothing can be let go of that the thread still uses
        atexit.unregister(self.kill)
        pipe, self._pipe = self._pipe, None
        pipe.close()
        self._let_go()

    def _let_go(self) -> None:
        self._control.close()
        queue, self._queue = self._queue, None
        if queue is not None:
            batch_queue.discard(queue)

    # -- the thread ------------------------------------------------------------------------------

    def _read_events(
        self, pipe: WriterPipe, loop: asyncio.AbstractEventLoop, on_event: Callable[[Event], None]
    ) -> None:
        def post(event: Event) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                loop.call_soon_threadsafe(on_event, event)

        pulse = self._new_pulse()
        while True:
            try:
                event = pipe.next(pulse.seconds_left())
            except EOFError:
                break
            if isinstance(event, Pong):
                pulse.pong(event)
            elif event is not None:
                post(event)
            if pulse.seconds_left() == 0:
                self._feel(pulse)
        post(pipe.bury())

    def _feel(self, pulse: Pulse) -> None:
        if complaint := pulse.beat():
            log.error("the writer of %s (pid %s) %s: killing it", self.path, self.pid, complaint)
            self.kill()
            return
        with suppress(OSError):  # its death will be an end-of-file on the other pipe
            self._control.send_bytes(b"ping")
