"""The site that changes in a process of its own, so that serving costs the crawl beside it nothing."""

import json
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from crawler.lab.changing.stage import LOG_PATH, STAGE_PATH, STAGES
from crawler.plumbing.server_process import HOST, START_TIMEOUT, ServerProcess, until_stopped

if TYPE_CHECKING:  # only the child pays for the import of the server
    from crawler.lab.changing.server import Asked


class ChangingProcess(ServerProcess):
    """Serves the site made from ``seed`` while its ``with`` block lasts, at first its first stage."""

    url: str
    """Its start page, the seed of a crawl."""

    def __init__(self, seed: int, port: int = 0) -> None:
        """``port`` of the loopback; 0 is any free one."""
        super().__init__("changing site's process", _listen, port, seed)

    def listening(self, where: dict[str, int]) -> None:
        """Take note of where the site is."""
        self._port = where["port"]
        self.url = f"http://{HOST}:{self._port}/"

    def serve(self, stage: int) -> None:
        """Serve this stage from now on."""
        self._ask("PUT", STAGE_PATH, str(stage))

    def taken_log(self) -> list["Asked"]:
        """What was asked since the log was last taken, in order; robots.txt among it."""
        from crawler.lab.changing.server import Asked

        return [Asked(**asked) for asked in json.loads(self._ask("GET", LOG_PATH))]

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        connection = HTTPConnection(HOST, self._port, timeout=START_TIMEOUT)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read()
        finally:
            connection.close()


_say = partial(print, flush=True)


def serve_changing_forever(port: int, say: Callable[[str], None] = _say, *, seed: int = 1) -> None:
    """Serve the site on ``port`` until Ctrl-C or SIGTERM, and ``say`` where it is and how it changes.

    For the main thread. Raises UsageError and ChildFailed as ChangingProcess does.
    """
    with until_stopped(), ChangingProcess(seed, port) as site:
        say(f"A site that changes, stage 1 of {STAGES}, is at {site.url} until Ctrl-C.")
        say(f"Crawl it from another terminal:       crawler run {site.url} -o out")
        say(f"Then have its next stage served:      curl -X PUT -d 2 {site.url.rstrip('/')}{STAGE_PATH}")
        say("And ask again, and what has changed:  crawler recrawl out; crawler diff out")
        site.join()


async def _listen(port: int, seed: int) -> dict[str, int]:
    from aiohttp import web

    from crawler.lab.changing.server import ChangingSite

    runner = web.AppRunner(ChangingSite(seed).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, backlog=1024).start()
    return {"port": runner.addresses[0][1]}
