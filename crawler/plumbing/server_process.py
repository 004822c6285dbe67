"""A server in a process of its own, so that serving costs the crawl beside it nothing.

Runs as: one process, started by spawn. Its parent waits for one message: where the server listens, or why
it does not. It holds nothing worth saving, so it is stopped by a kill, and it ends by itself when its
parent is gone.
"""

import asyncio
import errno
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self

from crawler.model.errors import ChildFailed, UsageError
from crawler.plumbing.child_process import Child
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error, refuse_inside_import
from crawler.plumbing.inside_child_process import Outbox, begin_child

HOST = "127.0.0.1"
START_TIMEOUT = 30.0
"""Seconds in which the process must have answered; it needs less than one."""

Listen = Callable[..., Coroutine[Any, Any, dict[str, int]]]
"""Starts a server, on the port that is its first argument, and returns where it is. Raises OSError."""


class ServerProcess:
    """Serves while its ``with`` block lasts.

    Entering raises UsageError where the port cannot be had and ChildFailed where the process does not
    start; it takes half a second and blocks, so it is not for an event loop's own thread.
    """

    def __init__(self, name: str, listen: Listen, port: int, *more: object) -> None:
        """``listen`` is called in the process, with ``port`` (0: any free one) and ``more``."""
        self._name, self._port = name, port
        self._arguments = listen, port, more
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process that serves, while there is one."""
        return self._child.pid if self._child else None

    def begin(self) -> Child:
        """Start the process, and do not wait for it: for whoever has something to do until it listens."""
        refuse_inside_import()
        context = multiprocessing.get_context("spawn")

        def launch(_: Connection, answers: Connection) -> BaseProcess:
            process = context.Process(
                target=_serve, args=(answers, *self._arguments), name=self._name, daemon=True
            )
            process.start()
            return process

        self._child = child = Child(f"The {self._name}", context, launch)
        try:
            child.start()
        except BaseException:
            self._stop()
            raise
        return child

    def __enter__(self) -> Self:
        child = self._child or self.begin()
        try:
            answer = child.receive(START_TIMEOUT)
            if answer is None:
                raise ChildFailed(f"{child.name} did not answer within {START_TIMEOUT:.0f} seconds.")
            where = json.loads(bytes(answer))
            if "refused" in where:
                raise UsageError(where["refused"])
            self.listening(where)
        except BaseException as error:
            exit_code = self._stop()
            if not isinstance(error, EOFError):
                raise
            if exit_code == EXIT_MAIN_GUARD:
                raise main_guard_error() from None
            raise ChildFailed(f"{child.name} ended before it served anything.") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def listening(self, where: dict[str, int]) -> None:
        """Take note of what ``listen`` has returned."""
        raise NotImplementedError

    def join(self) -> None:
        """Wait until the process ends by itself, which it should not. Raises ChildFailed then."""
        if self._child is None:
            return
        child = self._child
        with suppress(EOFError):
            child.receive()
        raise ChildFailed(f"{child.name} ended by itself (exit code {self._stop()}).")

    def _stop(self) -> int | None:
        child, self._child = self._child, None
        if child is None:
            return None
        child.stop()
        child.close()
        return child.exit_code


@contextmanager
def until_stopped() -> Iterator[None]:
    """While the block lasts, SIGTERM and SIGHUP are a Ctrl-C, and any of them ends the block."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _serve(answers: Connection, listen: Listen, port: int, more: tuple[object, ...]) -> None:
    """In the child: everything, until it is killed."""
    begin_child()
    outbox = Outbox(answers)
    with asyncio.Runner() as loop:
        try:
            where = loop.run(listen(port, *more))
        except OSError as error:
            outbox.send(json.dumps({"refused": _why_not(port, error)}).encode())
            return
        outbox.send(json.dumps(where).encode())
        loop.run(asyncio.Event().wait())


def _why_not(port: int, error: OSError) -> str:
    """Why nothing can listen on ``port``, as one sentence."""
    reason = (
        "is already in use"
        if error.errno == errno.EADDRINUSE
        else f"cannot be used: {os.strerror(error.errno or 0)}"
    )
    return f"Port {port} of {HOST} {reason}; choose another one, or 0 for any free one."
