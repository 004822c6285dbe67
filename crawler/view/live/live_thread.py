"""The live page of a crawl: what is shown of it in a browser, and its metrics.

Runs as: one thread, with an event loop of its own, so that no viewer can slow the crawl. Stops when: its
block is left. Fails as: the page ends with one log line; the crawl goes on.
"""

import asyncio
import errno
import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from crawler.config.watching_sections import DashboardConfig
from crawler.engine.handle import Handle
from crawler.model.errors import UsageError
from crawler.view.live.shown import Shown

if TYPE_CHECKING:
    from crawler.view.live.server import PageFile

FAREWELL = 1.0
"""Seconds that a viewer has to take the last picture."""
log = logging.getLogger("crawler.view")


class LivePage:
    """Serves the page while its block lasts; each crawl in it that is given :meth:`beside` is shown."""

    def __init__(self, config: DashboardConfig) -> None:
        """Take the port: nothing is answered yet. Raises UsageError where it cannot be had."""
        from crawler.view.live.guard import Guard, is_local, name_of

        self.made_token = None
        if config.token is None and not is_local(config.host):
            self.made_token = secrets.token_urlsafe(32)
        token = config.token or self.made_token
        self._socket = _listen(config.host, config.port or 0)
        port = self._socket.getsockname()[1]
        self._guard = Guard(config.host, port, token)
        self._shown = Shown()
        host = name_of(config.host)
        host = f"[{host}]" if ":" in host else host
        self.address = f"http://{host}:{port}/"
        """Its URL, without the token that may be needed."""
        self.url = self.address + (f"?token={token}" if token else "")
        """Its URL, for the user alone."""
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="live page", daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Tell all viewers how it ended, and end. Blocks."""
        self._ready.wait()
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):  # it has failed just now
                loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._socket.close()

    @contextmanager
    def beside(self, handle: Handle) -> Iterator[None]:
        """Show this crawl as long as it lasts, and how it ended after that. Blocks a little."""
        log.info("the live page of this crawl is %s", self.address)
        handle.is_shown_at(self.address)
        self._shown.handle = handle
        try:
            yield
        finally:
            self._shown.ended()

    def _run(self) -> None:
        try:
            from crawler.view.live.server import page_files

            files = page_files()
            asyncio.run(self._serve(files))
        except Exception:
            log.exception("the live page failed; the crawl goes on without it")
        finally:
            self._loop = None
            self._ready.set()

    async def _serve(self, files: "list[PageFile]") -> None:
        from aiohttp import web

        from crawler.view.live.events import Viewers
        from crawler.view.live.server import application

        viewers = Viewers(self._shown)
        app = application(self._shown, viewers, self._guard, files)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=FAREWELL)
        await runner.setup()
        try:
            await web.SockSite(runner, self._socket).start()
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._end.wait()
            viewers.end()
        finally:
            await runner.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} of {host} is in use, so there can be no live page on it: name another one"
                " (--dashboard PORT; without PORT, any free one)"
            ) from None
        what = f"port {port} of {host}" if isinstance(error, PermissionError) else host
        why = error.strerror or error
        raise UsageError(
            f"the live page cannot be served on {what} (dashboard.host): {why}; 127.0.0.1 always can"
        ) from None
