"""The fixture site in a process of its own."""

import json
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from crawler.plumbing.server_process import HOST, START_TIMEOUT, ServerProcess, until_stopped


class SiteProcess(ServerProcess):
    """Serves the fixture site while its ``with`` block lasts, on ``port`` of the loopback (0: any free one).

    Every answer takes ``latency`` seconds, beside the delay of its own, and carries ``headers``.
    """

    url: str
    """Its start page, the seed of a crawl: ``http://127.0.0.1:PORT/``."""
    pages: int
    """How many HTML pages it has."""

    def __init__(
        self,
        port: int = 0,
        latency: float = 0.0,
        headers: Mapping[str, str] | None = None,
        *,
        annex: bool = False,
        certificate: Path | None = None,
    ) -> None:
        """``annex``: serve that in place of the shop. ``certificate``, PEM with its key: serve by https."""
        super().__init__("site's process", _listen, port, latency, dict(headers or {}), annex, certificate)
        self._certificate = certificate

    def listening(self, where: dict[str, int]) -> None:
        """Take note of where the site is."""
        self._port, self.pages = where["port"], where["pages"]
        scheme = "http" if self._certificate is None else "https"
        self.url = f"{scheme}://{HOST}:{self._port}/"

    def requests(self) -> list[tuple[str, str, str | None]]:
        """Method, path with query, and user agent of every request so far, in order."""
        return [(method, path, user_agent) for method, path, user_agent in json.loads(self._log("GET"))]

    def start_anew(self) -> None:
        """Empty the log; what fails the first time will fail once more."""
        self._log("DELETE")

    def _log(self, method: str) -> bytes:
        connection = HTTPConnection(HOST, self._port, timeout=START_TIMEOUT)
        if self._certificate is not None:
            # Do not copy this: it trusts whoever answers. Here that is our own child, on loopback.
            context = ssl._create_unverified_context()  # noqa: S323 - this process has started it
            connection = HTTPSConnection(HOST, self._port, timeout=START_TIMEOUT, context=context)
        try:
            connection.request(method, "/__log__")
            return connection.getresponse().read()
        finally:
            connection.close()


_say = partial(print, flush=True)


def serve_forever(port: int, say: Callable[[str], None] = _say, *, annex: bool = False) -> None:
    """Serve the fixture site, or its annex, on ``port`` until Ctrl-C or SIGTERM, and ``say`` where it is.

    For the main thread. Raises UsageError and ChildFailed as SiteProcess does, and ChildFailed where
    the process ends by itself.
    """
    name, command = ("The annex", "Check") if annex else ("The fixture site", "Crawl")
    with until_stopped(), SiteProcess(port, annex=annex) as site:
        say(f"{name}, {site.pages} pages, is at {site.url} until Ctrl-C.")
        say(f"{command} it from another terminal: crawler {'check' if annex else 'run'} {site.url}")
        site.join()


async def _listen(
    port: int, latency: float, headers: dict[str, str], annex: bool, certificate: Path | None
) -> dict[str, int]:
    # Only the child pays for the import of the server.
    from aiohttp import web

    from crawler.lab.site.app import SITE, fixture_root, make_app

    app = make_app(fixture_root(), latency, headers, annex=annex)
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, backlog=1024, ssl_context=context).start()
    return {"port": runner.addresses[0][1], "pages": app[SITE].pages}
