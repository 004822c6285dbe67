"""The fixture site in a process of its own, so that serving it costs the crawl beside it nothing.

Runs as: one process, started by spawn. Its parent waits for one message on a pipe: where the site
is, or why it is not. It holds nothing worth saving, so it is stopped by a kill, and it ends by
itself when its parent is gone.
"""

import asyncio
import errno
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, Self

from crawler.model.errors import ChildFailed, UsageError
from crawler.plumbing.child_process import end_with_parent, signals_blocked
from crawler.plumbing.fork_server_process import EXIT_MAIN_GUARD, main_guard_error, refuse_inside_import

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
START_TIMEOUT = 30.0
"""Seconds in which the process must have answered; it needs less than one."""


class SiteProcess:
    """Serves the fixture site while its ``with`` block lasts, on ``port`` of the loopback (0: any free one).

    Every answer takes ``latency`` seconds, beside the delay of its own, and carries ``headers``.
    Entering raises UsageError where the port cannot be had and ChildFailed where the process does not
    start; it takes half a second and blocks, so it is not for an event loop's own thread.
    """

    url: str
    """Its start page, the seed of a crawl: ``http://127.0.0.1:PORT/``."""
    pages: int
    """How many HTML pages it has."""

    def __init__(self, port: int = 0, latency: float = 0.0, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._manner = (latency, dict(headers or {}))
        self._process: BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process that serves it, while there is one."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        refuse_inside_import()
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        arguments = (self._port, sender, *self._manner)
        self._process = context.Process(target=_serve, args=arguments, name="site", daemon=True)
        with signals_blocked():
            self._process.start()
        sender.close()  # or its end of file would never be seen
        try:
            with receiver:
                self._wait_for(receiver)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _wait_for(self, receiver: Connection) -> None:
        try:
            if not receiver.poll(START_TIMEOUT):
                raise ChildFailed(f"The site's process did not answer within {START_TIMEOUT:.0f} seconds.")
            answer: dict[str, Any] = receiver.recv()
        except EOFError:
            if self.join() == EXIT_MAIN_GUARD:
                raise main_guard_error() from None
            raise ChildFailed("The site's process ended before it served anything.") from None
        if "refused" in answer:
            raise UsageError(answer["refused"])
        self._port, self.pages = answer["port"], answer["pages"]
        self.url = f"http://{HOST}:{self._port}/"

    def join(self) -> int | None:
        """Wait until the process ends; its exit code."""
        if self._process is None:
            return None
        self._process.join()
        return self._process.exitcode

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def requests(self) -> list[tuple[str, str, str | None]]:
        """Method, path with query, and user agent of every request so far, in order."""
        return [(method, path, user_agent) for method, path, user_agent in json.loads(self._log("GET"))]

    def start_anew(self) -> None:
        """Empty the log; what fails the first time will fail once more."""
        self._log("DELETE")

    def _log(self, method: str) -> bytes:
        connection = HTTPConnection(HOST, self._port, timeout=START_TIMEOUT)
        try:
            connection.request(method, "/__log__")
            return connection.getresponse().read()
        finally:
            connection.close()


_say = partial(print, flush=True)


def serve_forever(port: int, say: Callable[[str], None] = _say) -> None:
    """Serve the fixture site on ``port`` until Ctrl-C or SIGTERM, and ``say`` where it is.

    For the main thread. Raises UsageError and ChildFailed as SiteProcess does, and ChildFailed where
    the process ends by itself.
    """
    with sigterm_as_ctrl_c():
        try:
            with SiteProcess(port) as site:
                say(f"The fixture site, {site.pages} pages, is at {site.url} until Ctrl-C.")
                say(f"Crawl it from another terminal: crawler run {site.url}")
                code = site.join()
        except KeyboardInterrupt:
            return
    raise ChildFailed(f"The site's process ended by itself (exit code {code}).")


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """SIGTERM raises KeyboardInterrupt while the block lasts."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(port: int, sender: Connection, latency: float, headers: dict[str, str]) -> None:
    """In the child: everything, until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    # Only the child pays for the import of the server.
    from crawler.lab.site.app import SITE, fixture_root, make_app

    app = make_app(fixture_root(), latency, headers)
    with asyncio.Runner() as loop:
        try:
            bound = loop.run(_listen(app, port))
        except OSError as error:
            sender.send({"refused": why_not(port, error)})
            return
        sender.send({"port": bound, "pages": app[SITE].pages})
        sender.close()
        loop.run(asyncio.Event().wait())


async def _listen(app: "web.Application", port: int) -> int:
    from aiohttp import web

    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, backlog=1024).start()
    bound: int = runner.addresses[0][1]
    return bound


def why_not(port: int, error: OSError) -> str:
    """Why nothing can listen on ``port``, as one sentence."""
    reason = (
        "is already in use"
        if error.errno == errno.EADDRINUSE
        else f"cannot be used: {os.strerror(error.errno or 0)}"
    )
    return f"Port {port} of {HOST} {reason}; choose another one, or 0 for any free one."
