"""The child's half of station 4, write: one process for each sink.

::

    main process ── (n, records) ─▶ [its own process queue] ─▶ write … write, sync
                 ◀─ Ack(n, position) ── [its own pipe] ◀──────────────────────┘
                 ── ping ─▶ [control pipe] ─▶ a small thread that answers what the writer is doing

Batches that arrive while one is written are written together, with one sync for all of them; each
still gets its own Ack with the position behind *it*. Nothing is acknowledged before it is synced.

Stops when: None arrives, or its main process is gone. Fails as: a Failed over its pipe and exit
code 1; killed at any moment, it leaves behind at most a tail that its successor cuts off.
"""

import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import context as contexts
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext, SpawnProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty
from typing import Any

import msgspec

from crawler.model.messages import Ack
from crawler.model.outcomes import Activity
from crawler.plumbing import faults
from crawler.plumbing.child_process import end_with_parent
from crawler.plumbing.file_lock import FileLock, LockBusy, holder_pid
from crawler.trace.logs import configure_child_logging
from crawler.trace.steps import Step
from crawler.write.batch_queue import BatchQueue
from crawler.write.events import Closed, CutBack, Event, Failed, LogLine, Opened, Pong
from crawler.write.reasons import explain
from crawler.write.sinks.base import Sink

log = logging.getLogger("crawler.write")

LOCK_TIMEOUT = 5.0
"""Seconds to wait for an earlier writer of the same file, before and again after killing it."""


class WriterJob(msgspec.Struct, frozen=True):
    """What a writer process is started with."""

    sink: type[Sink]
    path: str
    log_level: str = "INFO"


class WriterProcess(BaseProcess):
    """A writer, whatever its start method: the concrete classes below differ in that alone."""

    def __init__(self, job: WriterJob, batches: BatchQueue, events: Connection, control: Connection) -> None:
        super().__init__(name=f"writer-{job.sink.name}", daemon=True)
        self._job = job
        self._batches = batches
        self._events = events
        self._control = control

    def forget(self) -> None:
        """In the main process, after the start: let go of what was only to be handed over.

        The last one to let go of a queue unlinks its semaphores. That blocks, so it must be a thread.
        """
        del self._batches, self._events, self._control

    def run(self) -> None:
        """The child's main thread, from birth to exit."""
        # Ctrl-C is for the main process, which wants to write what is in flight.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_with_parent()
        sys.exit(_SinkLoop(self.name, self._job, self._batches, self._events, self._control).run())


class SpawnWriterProcess(WriterProcess, SpawnProcess):
    """Started as a new interpreter."""


if sys.platform == "win32":
    _FORK_SERVER_CLASS: type[WriterProcess] | None = None
else:

    class ForkServerWriterProcess(WriterProcess, contexts.ForkServerProcess):
        """Forked from the fork server."""

    _FORK_SERVER_CLASS = ForkServerWriterProcess


def writer_process_class(context: BaseContext) -> type[WriterProcess]:
    """The writer process that ``context`` can start. Raises ValueError for fork."""
    method = context.get_start_method()
    if method == "spawn":
        return SpawnWriterProcess
    if method == "forkserver" and _FORK_SERVER_CLASS is not None:
        return _FORK_SERVER_CLASS
    raise ValueError(f"writers cannot be started by {method}")


class _SinkLoop:
    """What runs in the child."""

    def __init__(
        self, name: str, job: WriterJob, batches: BatchQueue, events: Connection, control: Connection
    ) -> None:
        self._path = Path(job.path)
        self._sink = job.sink()
        self._batches = batches
        self._events = events
        self._control = control
        self._step = Step("write", name)
        self._lock = FileLock(self._path.with_name(f".{self._path.name}.lock"))
        self._sending = threading.Lock()
        configure_child_logging(job.log_level, name, lambda fields: self._send(LogLine(fields)))

    def run(self) -> int:
        """Exit code: 0 when closed in good order, 1 when the sink failed."""
        threading.Thread(target=self._answer_pings, name="pings", daemon=True).start()
        try:
            self._open()
            self._write_until_closed()
        except Exception as error:
            kind, reason = explain(error)
            if kind == "error":
                log.exception("%s", self._path)
            self._send(Failed(kind, reason))
            with suppress(Exception):  # it may well fail again, and the reason has been given
                self._sink.close()
            return 1
        finally:
            self._lock.release()
        self._send(Closed())
        return 0

    def _open(self) -> None:
        self._step.enter(Activity.LOCK)
        self._take_lock()
        self._step.enter(Activity.OPEN)
        self._send(Opened(os.getpid(), self._sink.open(self._path)))
        self._step.leave()
        position: int = self._batches.get()
        self._step.enter(Activity.CUT)
        self._sink.cut(position)
        self._send(CutBack(position))

    def _take_lock(self) -> None:
        """Wait for an earlier writer to end: after a crash one may live on for a moment."""
        try:
            self._lock.acquire(LOCK_TIMEOUT)
        except LockBusy:
            # The output folder has its own lock, so no living crawl's writer can be meant.
            pid = holder_pid(self._lock.path)
            if pid is None:
                raise
            log.warning("killing pid %d, a writer of an earlier run that still holds %s", pid, self._path)
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            self._lock.acquire(LOCK_TIMEOUT)

    def _write_until_closed(self) -> None:
        closing = False
        while not closing:
            self._step.leave()
            batches, closing = self._take_batches()
            if batches:
                self._write(batches)
        self._step.enter(Activity.CLOSE)
        self._sink.close()

    def _take_batches(self) -> tuple[list[tuple[int, tuple[bytes, ...]]], bool]:
        """Every batch that waits, at least one unless it is time to close, and whether it is."""
        items: list[Any] = [self._batches.get()]
        try:
            while items[-1] is not None:
                items.append(self._batches.get_nowait())
        except Empty:
            return items, False
        return items[:-1], True

    def _write(self, batches: list[tuple[int, tuple[bytes, ...]]]) -> None:
        self._step.enter(Activity.WRITE)
        faults.hit("writer:before_write")
        acks = [Ack(n, self._sink.write(records)) for n, records in batches]
        faults.hit("writer:after_write")
        self._step.enter(Activity.SYNC)
        faults.hit("writer:before_sync")
        self._sink.sync()
        faults.hit("writer:after_sync")
        for ack in acks:
            self._send(ack)
            faults.hit("writer:after_ack")

    def _send(self, event: Event) -> None:
        try:
            with self._sending:
                self._events.send(event)
        except BrokenPipeError:
            os._exit(1)  # nobody listens any more: the main process is gone, or has given this writer up

    def _answer_pings(self) -> None:
        while True:
            try:
                self._control.recv_bytes()
            except (EOFError, OSError):
                return
            self._send(Pong(self._step.step, self._step.since))
