"""The main process's side of ONE writer process, from its start to its certain death.

Runs as: one thread for each writer, which starts the process, hears and pings it, and hands what it says to
the event loop with ``call_soon_threadsafe``. The last that it hands over is :class:`Died`: the process
is certainly dead then, and its pipe was read to the end. Both must be so before another writer may
touch the file: a dead process may have left acks in its pipe, and a pipe at its end does not yet mean
that the process has stopped writing. When a writer is replaced, and by what, is decided in
:mod:`crawler.write.writer_task`.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec

from crawler.model.outcomes import Activity
from crawler.model.settings import Section
from crawler.plumbing.child_process import DEATH_TIMEOUT, Child
from crawler.plumbing.multiprocessing_internals_process import discard, leave_reading_to_child, new_queue
from crawler.sinks.base import Sink
from crawler.write.writer_messages import CutBack, Pong, Said, decode
from crawler.write.writer_process import PROCESSES, BatchQueue

log = logging.getLogger("crawler.write")

START_TIMEOUT = 60.0
"""Seconds in which a new writer must be ready; it may wait 10 of them for an earlier one's lock."""
EXIT_TIMEOUT = 2.0
"""Seconds in which a process that closed its pipe must be gone by itself."""
MAX_BEATS = 24
"""Beats without progress after which a writer is hung."""


class Died(msgspec.Struct, frozen=True, gc=False):
    """The process is gone, and everything that it ever said was handed over."""

    how: str
    """For people: "exit code 1"."""
    certain: bool = True
    """False when it was killed and still did not end: it may go on writing."""


@dataclass
class Heartbeat:
    """When is a writer hung? It counts beats, not seconds.

    When the whole program was stopped (Ctrl-Z, a sleeping laptop), hours pass between two beats, and
    nobody is to blame.
    """

    interval: float
    """Seconds between two pings."""
    max_beats: int = MAX_BEATS
    due: float = field(default_factory=lambda: time.monotonic() + START_TIMEOUT)
    """When the next beat is due, as of ``time.monotonic``; the first one once the writer is ready."""
    _is_ready: bool = False
    _unanswered: int = 0
    _same: int = 0
    _last: Pong | None = None

    def start(self) -> None:
        """The writer is ready."""
        self._is_ready, self.due = True, time.monotonic() + self.interval

    def beat(self) -> str | None:
        """A beat is due: None when a ping should be sent, else what is wrong with the writer."""
        self.due = time.monotonic() + self.interval
        if not self._is_ready:
            return f"is not ready after {START_TIMEOUT:g} s"
        if self._unanswered >= self.max_beats:
            return f"has not answered {self._unanswered} pings"
        if self._same >= self.max_beats and self._last is not None:
            return f"has been {self._last.step} for {time.time() - self._last.since:.0f} s"
        self._unanswered += 1
        return None

    def pong(self, pong: Pong) -> None:
        """The writer has answered."""
        self._unanswered = 0
        self._same = self._same + 1 if pong == self._last and pong.step != Activity.IDLE else 0
        self._last = pong


class WriterThread(threading.Thread):
    """One writer, started once. Made in the event loop, which calls one method at a time."""

    def __init__(
        self,
        context: BaseContext,
        sink: type[Sink],
        path: Path,
        on_event: Callable[[Said | Died], None],
        *,
        options: Section | None = None,
        log_level: str = "INFO",
        feed_log: Callable[[dict[str, Any]], None] = lambda _: None,
        ping_interval: float = 5.0,
        is_traced: bool = False,
    ) -> None:
        """``on_event`` is called in the loop with all that the writer says, pongs apart."""
        super().__init__(name=f"{path.name} events", daemon=True)
        self._context, self._sink, self._options = context, sink, options
        self._path, self._log_level, self._is_traced = path, log_level, is_traced
        self._on_event, self._loop = on_event, asyncio.get_running_loop()
        self._heartbeat = Heartbeat(ping_interval)
        self._queue: BatchQueue | None = None
        self.child = Child(f"the writer of {path}", context, self._launch, feed_log=feed_log)

    def run(self) -> None:
        """The thread: until the process is dead, and all that it said is handed over."""
        event: Said | Died | None = None
        while not isinstance(event, Died):
            event = self._next_event()
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(self._on_event, event)

    def _next_event(self) -> Said | Died:
        how = None
        try:
            if self.child.state == "new":
                self.child.start()
            while True:
                message = self.child.receive(max(0.0, self._heartbeat.due - time.monotonic()))
                if time.monotonic() >= self._heartbeat.due:
                    self._check_heartbeat()
                if message is None:
                    continue
                said: Said = decode(message)
                if isinstance(said, CutBack):
                    self._heartbeat.start()
                if not isinstance(said, Pong):
                    return said
                self._heartbeat.pong(said)
        except EOFError:
            pass  # the pipe is read to its end
        except OSError as error:
            how = f"its process cannot be started: {error}"
        except Exception as error:  # a fault of our own: whoever waits for this writer must hear of it
            log.exception("%s", self.child.name)
            how = f"{type(error).__name__}: {error}"
        is_dead = self.child.stop(EXIT_TIMEOUT)
        if how is None:
            how = f"exit code {'unknown' if self.child.exit_code is None else self.child.exit_code}"
        return Died(how, certain=is_dead)

    def _check_heartbeat(self) -> None:
        if complaint := self._heartbeat.beat():
            log.error("the writer of %s (pid %s) %s: killing it", self._path, self.child.pid, complaint)
            self.child.kill()
            return
        with suppress(OSError):  # its death will be an end-of-file on the other pipe
            self.child.send(b"ping")

    def _launch(self, pings: Connection, events: Connection) -> BaseProcess:
        # Its bound is the main process's count of bytes that are not acked.
        self._queue = new_queue(self._context)
        process_class = PROCESSES[self._context.get_start_method()]
        process = process_class(
            self._sink,
            self._options,
            self._path,
            self._log_level,
            self._queue,
            pings,
            events,
            self._is_traced,
        )
        process.start()
        leave_reading_to_child(self._queue)
        return process

    def put(self, item: int | tuple[int, tuple[bytes, ...]] | None) -> None:
        """Have the sink cut back to a position, a batch (n, items) written, or the sink closed (None).

        It does not block: the queue's feeder thread does the waiting.
        """
        if self._queue is not None:
            self._queue.put(item)

    def close(self, grace: float) -> None:
        """End the writer within ``grace`` seconds in good order, else by SIGKILL. Blocks."""
        if grace > 0:
            self.put(None)  # the sentinel, behind all batches
            self.join(grace)
        self.child.kill()
        self.join(EXIT_TIMEOUT + DEATH_TIMEOUT + 1)
        if self.is_alive():
            return  # nothing can be let go of that the thread still uses
        self.child.close()
        # The last one to let go of a queue unlinks its semaphores. That blocks, so it is done here.
        queue, self._queue = self._queue, None
        if queue is not None:
            discard(queue)
