"""The site that changes in a process of its own, so that serving costs the crawl beside it nothing."""

import json
from http.client import HTTPConnection

from crawler.lab.changing.server import LOG_PATH, STAGE_PATH, Asked
from crawler.plumbing.server_process import HOST, START_TIMEOUT, ServerProcess


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

    def taken_log(self) -> list[Asked]:
        """What was asked since the log was last taken, in order; robots.txt among it."""
        return [Asked(**asked) for asked in json.loads(self._ask("GET", LOG_PATH))]

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        connection = HTTPConnection(HOST, self._port, timeout=START_TIMEOUT)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read()
        finally:
            connection.close()


async def _listen(port: int, seed: int) -> dict[str, int]:
    # Only the child pays for the import of the server.
    from aiohttp import web

    from crawler.lab.changing.server import ChangingSite

    runner = web.AppRunner(ChangingSite(seed).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, backlog=1024).start()
    return {"port": runner.addresses[0][1]}
