"""The fault server in a process of its own, so that what it does to itself costs the crawl nothing.

Runs as: one process, started by spawn. Its parent waits for one message on a pipe: where the server
listens, or why it does not. It is stopped by a kill, and it ends by itself when its parent is gone.
"""

import asyncio
import json
import multiprocessing
import signal
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple, Self

from crawler.lab.faults.manifest import EXCLUDED, MAX_DEPTH, Here
from crawler.lab.site.site_process import START_TIMEOUT, sigterm_as_ctrl_c, why_not
from crawler.model.errors import ChildFailed, UsageError
from crawler.plumbing.child_process import end_with_parent, signals_blocked
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error, refuse_inside_import


class FaultLog(NamedTuple):
    """What the server saw."""

    requests: list[tuple[float, str]]
    """Seconds on the server's clock, and path with query, of each request."""
    raced: list[str]
    """Paths whose first request met a connection that was just being closed."""
    neighbour: int
    """Connections to the neighbour, to which none may be made."""


class FaultProcess:
    """Serves the faults while its ``with`` block lasts, on ``port`` of the loopback (0: any free one).

    Entering raises UsageError where the port cannot be had and ChildFailed where the process does not
    start; it blocks, so it is not for an event loop's own thread.
    """

    here: Here

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._process: BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process that serves, while there is one."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        refuse_inside_import()
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(self._port, sender), name="faults", daemon=True)
        with signals_blocked():
            self._process.start()
        sender.close()  # or its end of file would never be seen
        try:
            with receiver:
                self.here = self._wait_for(receiver)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def _wait_for(self, receiver: Connection) -> Here:
        try:
            if not receiver.poll(START_TIMEOUT):
                raise ChildFailed(f"The fault server did not answer within {START_TIMEOUT:.0f} seconds.")
            answer: tuple[int, int] | str = receiver.recv()
        except EOFError:
            if self.join() == EXIT_MAIN_GUARD:
                raise main_guard_error() from None
            raise ChildFailed("The fault server ended before it served anything.") from None
        if isinstance(answer, str):
            raise UsageError(answer)
        return Here(*answer)

    def join(self) -> int | None:
        """Wait until the process ends; its exit code."""
        if self._process is None:
            return None
        self._process.join()
        return self._process.exitcode

    def log(self) -> FaultLog:
        """What it saw so far."""
        from crawler.lab.faults.server import LOG_PATH

        connection = HTTPConnection("127.0.0.1", self.here.port, timeout=START_TIMEOUT)
        try:
            connection.request("GET", LOG_PATH)
            told = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        requests = [(seconds, path) for seconds, path in told["requests"]]
        return FaultLog(requests, told["raced"], told["neighbour"])


_say = partial(print, flush=True)


def serve_faults_forever(port: int, say: Callable[[str], None] = _say) -> None:
    """Serve the faults on ``port`` until Ctrl-C or SIGTERM, and ``say`` where they are.

    For the main thread. Raises UsageError and ChildFailed as FaultProcess does.
    """
    with sigterm_as_ctrl_c():
        try:
            with FaultProcess(port) as server:
                say(f"A site full of faults is at {server.here.origin}/ until Ctrl-C.")
                say(f"It has traps without end; from another terminal: {_command(server.here)}")
                code = server.join()
        except KeyboardInterrupt:
            return
    raise ChildFailed(f"The fault server ended by itself (exit code {code}).")


def _command(here: Here) -> str:
    excluded = " ".join(f"--exclude '{pattern}'" for pattern in EXCLUDED)
    return f"crawler run {here.origin}/ --timeout 4 --max-depth {MAX_DEPTH} {excluded}"


def _serve(port: int, sender: Connection) -> None:
    """In the child: everything, until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    # Only the child pays for this import.
    from crawler.lab.faults.server import FaultServer

    with asyncio.Runner() as loop:
        try:
            here = loop.run(FaultServer().start(port))
        except OSError as error:
            sender.send(why_not(port, error))
            return
        sender.send(tuple(here))
        sender.close()
        loop.run(asyncio.Event().wait())
