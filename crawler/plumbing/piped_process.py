"""A child process that talks to this one's event loop, from its start to its certain death.

Runs as: one process, and here the two threads of its :class:`~crawler.plumbing.message_pipe.MessagePipe`.
Stops when: :meth:`PipedProcess.stop`, or by itself. Fails as: the end of its pipe.
"""

import asyncio
import atexit
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from crawler.plumbing.child_process import (
    DEATH_TIMEOUT,
    NOT_EVEN_KILLED,
    ProcessHold,
    signals_blocked,
)
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error
from crawler.plumbing.message_pipe import MessagePipe
from crawler.plumbing.wide_pipe import wide_pipe

EXIT_TIMEOUT = 1.5
"""Seconds in which a process must be gone by itself."""

Job = TypeVar("Job")
FromChild = TypeVar("FromChild")
ToChild = TypeVar("ToChild")


class PipedProcess(Generic[Job, FromChild, ToChild]):
    """One such process; used once."""

    def __init__(
        self,
        name: str,
        context: BaseContext,
        target: Callable[[Job, Connection, Connection], None],
        decode: Callable[[bytes], list[FromChild]],
    ) -> None:
        """``target(job, reader, writer)`` is what runs in the child; ``decode`` is for what it sends."""
        self.name = name
        self.pid: int | None = None
        self._context = context
        self._target = target
        self._decode = decode
        self._hold: ProcessHold | None = None

    def start(
        self,
        job: Job,
        loop: asyncio.AbstractEventLoop,
        on_messages: Callable[[list[FromChild]], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start it; both callbacks are called in ``loop``. Blocks. Raises OSError, EOFError."""
        child_reader, writer = self._context.Pipe(duplex=False)
        reader, child_writer = wide_pipe(self._context)
        self._process: BaseProcess = self._context.Process(  # type: ignore[attr-defined]
            target=self._target, args=(job, child_reader, child_writer), name=self.name, daemon=True
        )
        try:
            with signals_blocked():
                self._process.start()
        except BaseException:
            reader.close()
            writer.close()
            raise
        finally:
            # Only the child keeps the far ends, so its death is an end-of-file here.
            child_reader.close()
            child_writer.close()
        self.pid = self._process.pid
        self._hold = ProcessHold(self._process)
        # At exit, multiprocessing waits for its children; this one, if forgotten, would wait for us.
        atexit.register(self._hold.kill)
        self._pipe: MessagePipe[FromChild, ToChild] = MessagePipe(self.name, reader, writer, self._decode)
        self._pipe.start(loop, on_messages, on_end)

    def send(self, message: ToChild) -> None:
        """Send ``message``. Never blocks; to a dead process, it goes nowhere."""
        self._pipe.send(message)

    def kill(self) -> None:
        """SIGKILL, at once."""
        if self._hold is not None:
            self._hold.kill()

    def stop(self) -> str:
        """End it, gently, then surely, and let go of it; how it ended. Blocks. Raises MainGuardError."""
        hold = self._hold
        if hold is None:
            return "it was not there"
        self._pipe.close()
        how = hold.bury(EXIT_TIMEOUT)
        if how is None:
            return NOT_EVEN_KILLED
        self._pipe.join(DEATH_TIMEOUT)
        atexit.unregister(hold.kill)
        self._hold = None
        hold.close()
        if self._process.exitcode == EXIT_MAIN_GUARD:
            raise main_guard_error()
        return how
