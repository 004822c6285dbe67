"""One writer's event pipe, read to its end, and the certainty that the writer is dead.

The two belong together. A dead process may have left events in its pipe; a pipe at its end does
not yet mean that the process has stopped writing to its file. Both must be so before another
writer may touch that file.
"""

import logging
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from crawler.plumbing.child_process import DEATH_TIMEOUT, ChildHandle
from crawler.write.events import Died, Event, LogLine
from crawler.write.writer_process import WriterProcess

EXIT_TIMEOUT = 2.0
"""Seconds in which a process that closed its pipe must be gone by itself."""


log = logging.getLogger("crawler.plumbing")


NOT_EVEN_KILLED = "no end, not even after SIGKILL"


class ProcessHold(ChildHandle):
    """The hold on a process that multiprocessing has started, by which its death can be awaited too."""

    def __init__(self, process: BaseProcess) -> None:
        """Take hold of ``process``, which must be started and not yet joined. Raises ValueError."""
        super().__init__(process.pid)
        self._process = process
        # A pidfd never errs. A sentinel, where there are no pidfds, fires with the fork server's death too.
        fd = self.fileno()
        self.until_dead = process.sentinel if fd is None else fd
        """Ready, for :func:`multiprocessing.connection.wait`, when the process is dead."""

    def bury(self, patience: float) -> str | None:
        """Make sure that the process is dead, by killing it after ``patience`` seconds; how it ended.

        None where not even SIGKILL ends it. Blocks.
        """
        if not wait([self.until_dead], patience):
            self.kill()
        if not wait([self.until_dead], DEATH_TIMEOUT):
            log.critical("%s (pid %s) does not die of SIGKILL", self._process.name, self.pid)
            return None
        self._process.join()
        return f"exit code {self._process.exitcode}"


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
