"""What every child process needs, on both sides: an end that is tied to its parent's, and a sure kill.

Signals: a terminal's Ctrl-C goes to every process of the group. Children must not die of it, since
the main process wants to finish what is in flight, so they are started with SIGINT and SIGTERM
blocked: the mask is inherited, which leaves no moment, not even during the child's imports, in
which a signal could hit. They end when they are told to, when they are killed (SIGKILL cannot be
blocked), or when their parent is gone.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

log = logging.getLogger("crawler.plumbing")

DEATH_TIMEOUT = 10.0
"""Seconds in which a process must be gone after SIGKILL; one that waits for a dead disk is not."""
NOT_EVEN_KILLED = "no end, not even after SIGKILL"
"""How a process ended that did not."""


_FROM_OUTSIDE = {getattr(signal, f"SIG{name}", None) for name in ("KILL", "TERM", "INT", "HUP", "QUIT")}


def is_killed_from_outside(code: int | None) -> bool:
    """Whether a child that ended with this exit code was ended by somebody else, if not by us.

    These signals are no crash of a program's own; SIGKILL is also what the kernel sends when memory runs
    out. None is where nobody could learn the code: the fork server had been killed as well.
    """
    return code is None or -code in _FROM_OUTSIDE


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Block SIGINT and SIGTERM in this thread; a process started meanwhile inherits that.

    Only for a thread that is not the one that handles signals.
    """
    if sys.platform == "win32":
        yield
        return
    # When multiprocessing starts this helper, it *unblocks* the two; so it has to run before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """In a child: end this process as soon as its parent is gone, however the parent died."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def until_alone() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=until_alone, name="end-with-parent", daemon=True).start()


class ChildHandle:
    """The main process's hold on a child, by pidfd where the system has them.

    ``Process.kill`` is not enough: children of a fork server are not our own, and once the fork
    server is dead it reports them all as dead while they live and write on. A pid could also be
    given to somebody else; a pidfd cannot.
    """

    def __init__(self, pid: int | None) -> None:
        """Take hold of ``pid``, which must be alive or not yet reaped.

        Raises ValueError for what is no single process: 0 and below are groups of them, our own first
        (kill(2)).
        """
        if pid is None or pid <= 0:
            raise ValueError(f"there is no process with the pid {pid}: it is not started")
        self.pid = pid
        self._fd: int | None = None
        self._gone = False
        if hasattr(os, "pidfd_open"):
            try:
                self._fd = os.pidfd_open(pid)
            except ProcessLookupError:
                self._gone = True  # dead and reaped: its number may be somebody else's by now
            except OSError:
                pass  # an old kernel, or no descriptor left: the pid itself has to do

    def kill(self) -> None:
        """SIGKILL; nothing happens when the child is dead already, or let go of."""
        with suppress(OSError):
            if self._fd is not None:
                signal.pidfd_send_signal(self._fd, signal.SIGKILL)
            elif not self._gone:
                os.kill(self.pid, signal.SIGKILL)

    def fileno(self) -> int | None:
        """The pidfd, which becomes readable when the child is dead; None where there is none."""
        return self._fd

    def close(self) -> None:
        """Let go of the child; may be called twice."""
        self._gone = True  # it may be reaped from now on
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


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
