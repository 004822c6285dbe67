"""One writer's event pipe, read to its end, and the certainty that the writer is dead.

The two belong together. A dead process may have left events in its pipe; a pipe at its end does
not yet mean that the process has stopped writing to its file. Both must be so before another
writer may touch that file.
"""

from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from crawler.plumbing.child_process import NOT_EVEN_KILLED, ProcessHold
from crawler.write.events import Died, Event, LogLine
from crawler.write.writer_process import WriterProcess

EXIT_TIMEOUT = 2.0
"""Seconds in which a process that closed its pipe must be gone by itself."""


class WriterPipe:
    """What a started writer says, until it is dead. For one thread, but for :meth:`kill`."""

    def __init__(
        self, process: WriterProcess, events: Connection, feed_log: Callable[[dict[str, Any]], None]
    ) -> None:
        self._events = events
        self._feed_log = feed_log
        self._hold = ProcessHold(process)

    def next(self, timeout: float) -> Event | None:
        """The next event, log records apart; None after ``timeout`` seconds. Raises EOFError at the end."""
        ready = wait([self._events, self._hold.until_dead], timeout)
        if not ready:
            return None
        # It may have spoken and died between the system's look at the one and at the other.
        if self._events not in ready and not self._events.poll(0):
            raise EOFError
        try:
            event: Event = self._events.recv()
        except OSError:
            raise EOFError from None  # killed in the middle of a long log record
        if isinstance(event, LogLine):
            self._feed_log(event.fields)
            return None
        return event

    def kill(self) -> None:
        """SIGKILL, at once."""
        self._hold.kill()

    def bury(self) -> Died:
        """After the last event: make sure that the process is dead, by killing it if need be."""
        how = self._hold.bury(EXIT_TIMEOUT)
        return Died(NOT_EVEN_KILLED, certain=False) if how is None else Died(how)

    def close(self) -> None:
        """Let go of the pipe and the process; only after :meth:`bury`."""
        self._events.close()
        self._hold.close()
