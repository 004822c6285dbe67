"""The fixture site at several addresses at once, each a host of its own to a crawler, in one process."""

import json

from crawler.plumbing.server_process import HOST, ServerProcess


class BranchesProcess(ServerProcess):
    """Serves the fixture site on ``count`` free ports of the loopback while its ``with`` block lasts.

    Every answer takes ``latency`` seconds, beside the delay of its own.
    """

    origins: list[str]
    """Scheme, host and port of each, without a slash at the end."""

    def __init__(self, count: int, latency: float = 0.0) -> None:
        super().__init__("site's process", _listen, 0, count, latency)

    def listening(self, where: dict[str, int]) -> None:
        """Take note of where they are."""
        self.origins = [f"http://{HOST}:{port}" for port in where.values()]


def urls_of_the_site() -> list[str]:
    """Paths of all that is discovered at one address, by the list that was made by hand."""
    from crawler.lab.site.app import fixture_root

    text = (fixture_root() / "manifest.json").read_text(encoding="utf-8")
    return list(json.loads(text)["urls"])


async def _listen(_port: int, count: int, latency: float) -> dict[str, int]:
    # Only the child pays for the import of the server.
    from aiohttp import web

    from crawler.lab.site.app import app_of, fixture_root
    from crawler.lab.site.pages import read_site

    site, ports = read_site(fixture_root()), {}
    for number in range(count):
        runner = web.AppRunner(app_of(site, latency), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0, backlog=1024).start()
        ports[str(number)] = runner.addresses[0][1]
    return ports
