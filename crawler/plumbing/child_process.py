"""A child process, held: the one way in which this program starts processes, hears of them and ends them.

::

    main process                                  child
    Child.send ──────▶ [pipe, one way] ─────────▶ its Connection to read from
    Child.receive ◀─── [pipe, one way] ◀───────── Outbox.send, and what it logs
    pidfd: kills it, and is readable when it is dead

    new ──start──▶ running ──stop──▶ dead ──close──▶ closed

Three verbs end a child, each with one meaning. **stop**: wait for it to end by itself, kill it after that,
and know that it is dead. **kill**: SIGKILL, at once, and wait for nothing. **close**: let go of the pipes
and of the pidfd of what is dead. What a child said before it died can be received until it is closed.
"""

import atexit
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Literal

import msgspec

from crawler.plumbing.fork_server_process import process_start
from crawler.plumbing.inside_child_process import MESSAGE

try:
    from fcntl import F_GETPIPE_SZ, F_SETPIPE_SZ, fcntl  # Linux
except ImportError:
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("crawler.plumbing")

DEATH_TIMEOUT = 10.0
"""Seconds in which a process must be gone after SIGKILL; one that waits for a dead disk is not."""
PIPE_CAPACITY = 1024 * 1024
"""Bytes; the most that Linux grants to anybody (pipe(7), /proc/sys/fs/pipe-max-size).

A pipe holds 64 KiB by default. A batch of pages is eight times as long, so its sender would be stopped and
woken again and again, once for each time that the reader has made room.
"""
EXIT_UNKNOWN = 255
"""What multiprocessing takes for the exit code of a child whose fork server is dead."""

Launch = Callable[[Connection, Connection], BaseProcess]
"""Starts a process, which gets these far ends (one to read from, one to write to), and returns it."""


class Child:
    """One child process: started once, ended once. For one thread at a time, but for :meth:`kill`."""

    def __init__(
        self,
        name: str,
        context: BaseContext,
        launch: Launch,
        *,
        feed_log: Callable[[dict[str, Any]], object] = lambda _: None,
        reap: Callable[[], object] | None = None,
    ) -> None:
        """``feed_log`` gets what the child logs, in the thread that receives.

        ``reap`` joins the process where somebody else has to, such as the executor that has started it:
        asked by two threads at once, a child of the fork server gives its exit code to one of them and
        :data:`EXIT_UNKNOWN` to the other.
        """
        self.name = name
        self.state: Literal["new", "running", "dead", "closed"] = "new"
        self.pid: int | None = None
        self.exit_code: int | None = None
        """Known once it is dead; None where nobody could learn it: the fork server was dead as well."""
        self.room = 0
        """Bytes that the pipe to the child holds; 0 where the system does not say."""
        self._context, self._launch, self._reap, self._feed_log = context, launch, reap, feed_log
        self._process: BaseProcess | None = None
        self._pidfd: int | None = None
        self._bare_pid: int | None = None
        self._is_killed = False
        # Whoever kills must not meet a descriptor or a pid that is just being given to somebody else.
        self._holding = threading.Lock()

    def start(self) -> None:
        """Start the process. Blocks, so it is not for an event loop's thread.

        Raises OSError, or whatever else ``launch`` raises; then nothing is left but what ``reap`` joins:
        :meth:`stop` does that.
        """
        far_reader, self._to_child = self._context.Pipe(duplex=False)
        self._from_child, far_writer = self._context.Pipe(duplex=False)
        if fcntl is not None:
            for pipe in (self._to_child, far_writer):
                # OSError: this user has too many of them already (pipe-user-pages-soft); narrow ones do, too.
                with suppress(OSError):
                    fcntl(pipe.fileno(), F_SETPIPE_SZ, PIPE_CAPACITY)
            self.room = fcntl(self._to_child.fileno(), F_GETPIPE_SZ)
        try:
            with process_start():
                process = self._launch(far_reader, far_writer)
        except BaseException as error:
            self._to_child.close()
            self._from_child.close()
            if isinstance(error, EOFError):
                raise ConnectionError("the fork server has died") from error
            raise
        finally:
            # Only the child keeps the far ends, so its death is an end-of-file here.
            far_reader.close()
            far_writer.close()
        with self._holding:
            self._hold(process)
        # multiprocessing waits for its children at exit, and this one, if forgotten, would wait for us.
        atexit.register(self.kill)
        if self._is_killed:
            self.kill()

    def _hold(self, process: BaseProcess) -> None:
        if not process.pid:  # os.kill(0) would be this very process and its whole group
            raise ValueError(f"{self.name} is not started")
        self._process, self.pid = process, process.pid
        try:
            self._pidfd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            pass  # dead and reaped: its number may be somebody else's by now
        except (AttributeError, OSError):
            self._bare_pid = process.pid  # no pidfds here, or no descriptor left: the pid itself has to do
        # A pidfd never errs. A sentinel, where there are no pidfds, fires with the fork server's death too.
        self._until_dead = process.sentinel if self._pidfd is None else self._pidfd
        self.state = "running"

    def send(self, message: bytes) -> None:
        """Write to the child; blocks while its pipe is full. Raises OSError when it is dead."""
        self._to_child.send_bytes(message)

    def receive(self, timeout: float | None = None) -> memoryview | None:
        """The child's next message; None when nothing comes for ``timeout`` seconds, or only a log record.

        Raises EOFError when the child is dead, or has closed its end, and all that it said has been read.
        """
        if timeout is not None:
            ready = wait([self._from_child, self._until_dead], timeout)
            if not ready:
                return None
            # It may have spoken and died between the system's look at the one and at the other.
            if self._from_child not in ready and not self._from_child.poll(0):
                raise EOFError
        try:
            frame = self._from_child.recv_bytes()
        except OSError:
            raise EOFError from None  # killed in the middle of a message
        if frame[:1] == MESSAGE:
            return memoryview(frame)[1:]
        self._feed_log(msgspec.msgpack.decode(frame[1:]))
        return None

    def kill(self) -> None:
        """SIGKILL, at once or as soon as it is started; nothing happens to what is dead. For any thread.

        ``Process.kill`` is not enough: children of a fork server are not our own, and once the fork
        server is dead it reports them all as dead while they live and write on. A pid could also be
        given to somebody else; a pidfd cannot.
        """
        with self._holding, suppress(OSError):
            self._is_killed = True
            if self.state != "running":
                return
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            elif self._bare_pid is not None:
                os.kill(self._bare_pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def stop(self, grace: float = 0.0) -> bool:
        """Wait ``grace`` seconds for the child to end by itself, then kill it; whether it is dead.

        Whoever wants it to end by itself has told it so before. Blocks. False is for what not even SIGKILL
        ends within :data:`DEATH_TIMEOUT`. A child that was never started is dead.
        """
        if self.state in {"dead", "closed"}:
            return True
        if self._process is not None:
            if grace > 0:
                wait([self._until_dead], grace)
            # In any case: without pidfds, a child whose fork server died looks dead while it lives.
            self.kill()
            if not wait([self._until_dead], DEATH_TIMEOUT):
                log.critical("%s (pid %s) does not die of SIGKILL", self.name, self.pid)
                return False
        with self._holding:
            self.state = "dead"  # from here on it is reaped, and its pid may be anybody's
        if self._reap is not None:
            self._reap()
        if self._process is not None:
            self._process.join()
            self.exit_code = self._process.exitcode
            if self.exit_code == EXIT_UNKNOWN and self._context.get_start_method() == "forkserver":
                self.exit_code = None
        return True

    def close(self) -> None:
        """Let go of what is dead (what is not is left alone); may be called twice."""
        with self._holding:
            if self.state != "dead":
                return
            self.state = "closed"
            if self._pidfd is not None:
                os.close(self._pidfd)
        if self._process is not None:
            atexit.unregister(self.kill)
            self._to_child.close()
            self._from_child.close()
            self._process = None
