"""The child's half of station 4, commit: one process for each sink.

::

    main process ── (n, items) ───▶ [its own process queue] ─▶ write … write, sync
                 ◀─ Ack(n, position) ── [its own pipe] ◀──────────────────────┘
                 ── ping ─▶ [its other pipe] ─▶ a small thread that answers what the writer is doing

Group commit: batches that arrive while one is written are written together, with one sync for all of them;
each still gets its own Ack with the position behind *it*. Nothing is acknowledged before it is synced.

What it says, in this order, a Pong at any time in between::

    Opened → CutBack → Ack … Ack → Closed   and it exits with 0
       └────────┴───────┴───┴── Failed      and it exits with 1

Stops when: None arrives, or its main process is gone. Killed at any moment, it leaves behind at most a
tail that its successor cuts off.
"""

import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any, TypeAlias

from crawler.model.messages import Ack
from crawler.model.outcomes import Activity
from crawler.model.settings import Section
from crawler.plumbing import faults
from crawler.plumbing.file_lock import FileLock, LockBusy, holder_pid
from crawler.plumbing.inside_child_process import Outbox, begin_child
from crawler.sinks.base import Sink, why_not_written
from crawler.sinks.disk import sync_folder
from crawler.trace.logs import configure_child_logging
from crawler.trace.steps import Step
from crawler.trace.traced_steps import NotedStep
from crawler.write.writer_messages import Closed, CutBack, Failed, Opened, Pong, encode

log = logging.getLogger("crawler.write")

LOCK_TIMEOUT = 5.0
"""Seconds to wait for an earlier writer of the same file, before and again after killing it."""

BatchQueue: TypeAlias = "Queue[Any]"  # quoted: Queue is generic for type checkers only
"""First one int: the position to cut back to. Then (n, items) for each batch. None: close."""


class WriterProcess(BaseProcess):
    """One writer. ``__init__`` runs in the main process; ``run``, and all that it calls, in the child.

    A heir of BaseProcess, since it is the heirs of *that* which know how a process is started, and
    ``multiprocessing.Process`` only starts it in the way that the whole program has chosen.
    """

    def __init__(
        self,
        sink: type[Sink],
        options: Section | None,
        path: Path,
        log_level: str,
        batches: BatchQueue,
        pings: Connection,
        events: Connection,
        is_traced: bool = False,
    ) -> None:
        super().__init__(name=f"writer-{sink.name}", daemon=True)
        self._sink, self._options, self._path, self._log_level = sink, options, path, log_level
        self._batches, self._pings, self._events = batches, pings, events
        self._is_traced = is_traced

    def run(self) -> None:
        """The child's main thread, from birth to exit."""
        begin_child()
        self._outbox = Outbox(self._events)
        self._step = NotedStep("write", self.name) if self._is_traced else Step("write", self.name)
        configure_child_logging(self._log_level, self.name, self._outbox.log)
        threading.Thread(target=self._answer_pings, name="pings", daemon=True).start()
        sink = self._sink(self._options)
        lock = FileLock(self._path.with_name(f".{self._path.name}.lock"))
        try:
            self._step.enter(Activity.LOCK)
            self._take(lock)
            self._serve(sink)
        except BrokenPipeError:
            sys.exit(1)  # nobody listens any more: the main process is gone, or has given this writer up
        except Exception as error:
            reason = why_not_written(error)
            if reason is None:
                log.exception("%s", self._path)
                reason = f"{type(error).__name__}: {error}"
            with suppress(Exception):  # closing may well fail again, and the reason has been given
                # A name of a file that is no UTF-8 could not be sent as it is.
                self._outbox.send(encode(Failed(reason.encode("utf-8", "backslashreplace").decode())))
                sink.close()
            sys.exit(1)
        finally:
            lock.release()

    def _take(self, lock: FileLock) -> None:
        """Wait for an earlier writer to end: after a crash one may live on for a moment."""
        try:
            lock.acquire(LOCK_TIMEOUT)
        except LockBusy:
            # The output folder has its own lock, so no living crawl's writer can be meant.
            pid = holder_pid(lock.path)
            if pid is None:
                raise
            log.warning("killing pid %d, a writer of an earlier run that still holds %s", pid, self._path)
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            lock.acquire(LOCK_TIMEOUT)

    def _serve(self, sink: Sink) -> None:
        """Open the sink, cut it back, write batches until there are no more, close it."""
        self._step.enter(Activity.OPEN)
        length = sink.open(self._path)
        sync_folder(self._path.parent)  # a new file's *name* must survive a power loss as well
        self._outbox.send(encode(Opened(length)))
        self._step.leave()
        position = self._batches.get()
        self._step.enter(Activity.CUT)
        sink.cut(position)
        self._outbox.send(encode(CutBack()))
        closing = False
        while not closing:
            self._settle(sink)
            self._step.leave()
            waiting = [self._batches.get()]
            with suppress(Empty):
                while waiting[-1] is not None:
                    waiting.append(self._batches.get_nowait())
            if closing := waiting[-1] is None:
                waiting.pop()
            if not waiting:
                break
            self._step.enter(Activity.WRITE)
            faults.hit("writer:before_write")
            positions = [sink.write(items) for _, items in waiting]
            faults.hit("writer:after_write")
            self._step.enter(Activity.SYNC)
            faults.hit("writer:before_sync")
            sink.sync()
            faults.hit("writer:after_sync")
            works = [None] * (len(waiting) - 1) + [self._step.taken()]
            for (n, _), position, work in zip(waiting, positions, works, strict=True):
                self._outbox.send(encode(Ack(n, position, work)))
                faults.hit("writer:after_ack")
            self._step.enter(Activity.SETTLE)
            self._passed(sink.settle())  # one step, so that a stream of batches cannot put it off for ever
        self._step.enter(Activity.CLOSE)
        while self._passed(sink.settle(last=True)):
            self._step.enter(Activity.CLOSE)  # anew: it gets on
        faults.hit("writer:before_close")
        sink.close()
        faults.hit("writer:after_close")
        self._outbox.send(encode(Closed()))

    def _settle(self, sink: Sink) -> None:
        """Do what can be done later, until a batch comes."""
        self._step.enter(Activity.SETTLE)
        while self._batches.empty() and self._passed(sink.settle()):
            self._step.enter(Activity.SETTLE)

    def _passed(self, step: str | None) -> bool:
        """Whether there was a step, which is a fault point for crash tests."""
        if step is not None:
            faults.hit(f"sink:{step}")
        return step is not None

    def _answer_pings(self) -> None:
        with suppress(EOFError, OSError):
            while self._pings.recv_bytes():
                self._outbox.send(encode(Pong(self._step.step, self._step.since)))


class SpawnWriterProcess(WriterProcess, SpawnProcess):
    """Started as a new interpreter."""


PROCESSES: dict[str, type[WriterProcess]] = {"spawn": SpawnWriterProcess}
"""By start method; fork is none of them. A child is pickled by its class's name, so these are made here."""
if sys.platform != "win32":
    from multiprocessing.context import ForkServerProcess

    class ForkServerWriterProcess(WriterProcess, ForkServerProcess):
        """Forked from the fork server."""

    PROCESSES["forkserver"] = ForkServerWriterProcess
