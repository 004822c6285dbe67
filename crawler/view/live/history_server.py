"""``crawler status --open``: the live page on a crawl that is over, with a slider over its time.

Served on loopback by this process's own event loop, until Ctrl-C. There is nothing on it to be changed.
"""

import asyncio
import errno
import os
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from aiohttp import web

from crawler.model.errors import UsageError
from crawler.plumbing.starter_thread import off_loop
from crawler.plumbing.stop_signal import stop_signals
from crawler.view.live.guard import Guard
from crawler.view.live.server import PageFile, file_answer, page_files
from crawler.watch.picture import Picture

HOST = "127.0.0.1"
Read = Callable[[], Sequence[Picture]]


def serve_history(read: Read, port: int, started: Callable[[str], None]) -> None:
    """Serve what ``read`` gives, each time anew, on ``port`` of the loopback; 0 is any free one.

    ``started`` is called with the page's URL, in a thread as ``read`` is. Blocks until Ctrl-C or SIGTERM.
    Raises UsageError where the port cannot be had.
    """
    asyncio.run(_serve(read, port, started, page_files("history")))


async def _serve(read: Read, port: int, started: Callable[[str], None], files: list[PageFile]) -> None:
    ended = asyncio.Event()
    with stop_signals(lambda _: ended.set(), ended.set):
        runner = web.AppRunner(application(read, files), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, HOST, port).start()
            except OSError as error:
                raise UsageError(_refused(port, error)) from None
            await off_loop(lambda: started(f"http://{HOST}:{runner.addresses[0][1]}/"))
            await ended.wait()
        finally:
            await runner.cleanup()


def _refused(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {HOST} is in use: name another one (--open PORT; without PORT, any free one)"
    return f"port {port} of {HOST} cannot be had: {error.strerror or error}"


def application(read: Read, files: list[PageFile]) -> web.Application:
    """The page, and the pictures as ``GET /history``."""

    async def history(_: web.Request) -> web.Response:
        body = await off_loop(lambda: msgspec.json.encode({"pictures": read()}))
        return web.Response(body=body, content_type="application/json")

    guard = Guard(HOST, 0, None)  # nobody needs a token, and so no cookie of a port
    found = web.Application(middlewares=[guard.middleware()], client_max_size=1)
    found.on_response_prepare.append(guard.on_response)
    for file in files:
        found.router.add_get(file.path, file_answer(file))
    found.router.add_get("/history", history)
    return found


def show_in_browser(url: str) -> None:
    """Open ``url`` in the user's browser, where one runs beside the terminal. Blocks a little."""
    with suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        # One that runs in the terminal would take it away, and knows no script.
        if type(browser) is not webbrowser.GenericBrowser or "BROWSER" in os.environ:
            browser.open(url)
