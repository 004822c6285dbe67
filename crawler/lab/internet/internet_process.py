"""The internet in a process of its own, so that what it serves costs the crawl beside it nothing."""

from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection

import msgspec

from crawler.lab.internet.report import HostReport, LedgerReport, Limits
from crawler.lab.internet.world import World
from crawler.plumbing.server_process import HOST, ServerProcess, until_stopped

TIMEOUT = 600.0
"""Seconds: the truth of a large world is counted for so long."""


class InternetProcess(ServerProcess):
    """Serves ``world`` while its ``with`` block lasts, on ``port`` of the loopback (0: any free one)."""

    url: str
    """The proxy's, for ``fetch.proxy``."""

    def __init__(self, world: World, limits: Limits | None = None, port: int = 0) -> None:
        """``limits`` are what the witness holds against what it sees."""
        self.world = world
        super().__init__("internet's process", _listen, port, world, limits or Limits())

    def listening(self, where: dict[str, int]) -> None:
        """Take note of where the proxy is."""
        self._port = where["port"]
        self.url = f"http://{HOST}:{self._port}"

    @property
    def seed(self) -> str:
        """A page from which everything is reached."""
        return self.world.url(0, 0)

    def ledger(self) -> LedgerReport:
        """What the witness has seen so far. Blocks."""
        return msgspec.json.decode(self._ask("GET", "/ledger"), type=LedgerReport)

    def host(self, host: int) -> HostReport:
        """The same of one host. Blocks."""
        return msgspec.json.decode(self._ask("GET", f"/ledger/h{host}.test"), type=HostReport)

    def since(self, unix: float) -> dict[int, float]:
        """The hosts that were asked since then, each with the Unix time at which it first was. Blocks."""
        return msgspec.json.decode(self._ask("GET", f"/since/{unix!r}"), type=dict[int, float])

    def truth(self) -> dict[str, int]:
        """How many URLs there are, and how many end in each way. Blocks, for as long as there are pages."""
        told = msgspec.json.decode(self._ask("GET", "/world"), type=dict[str, dict[str, float]])
        return {name: int(count) for name, count in told["truth"].items()}

    def config(self) -> str:
        """The settings of a crawl of all hosts, as a configuration file has them. Blocks."""
        return self._ask("GET", "/config.toml").decode()

    def reset(self) -> None:
        """Make everything as it was at the start: the ledger, and the faults. Blocks."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str) -> bytes:
        connection = HTTPConnection(HOST, self._port, timeout=TIMEOUT)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()


_say = partial(print, flush=True)


def serve_internet_forever(
    world: World, limits: Limits, port: int, say: Callable[[str], None] = _say
) -> LedgerReport:
    """Serve ``world`` on ``port`` until Ctrl-C or SIGTERM, ``say`` where it is, and return what was seen.

    For the main thread. Raises UsageError and ChildFailed as InternetProcess does.
    """
    internet = InternetProcess(world, limits, port)
    with internet:
        with until_stopped():
            hosts, pages = f"{world.hosts:,} hosts", f"{world.pages:,} pages"
            say(f"An internet of {hosts} with {pages} is behind the proxy {internet.url} until Ctrl-C.")
            say("Crawl all of it from another terminal:")
            say(f"  curl -s {internet.url}/config.toml -o internet.toml")
            say("  crawler run -c internet.toml -o out")
            say(f"Or one host: crawler run {internet.seed} --set fetch.proxy={internet.url}")
            say(f"How hard it has been asked: {internet.url}/ledger; what there is: {internet.url}/world")
            internet.join()
        return internet.ledger()


async def _listen(port: int, world: World, limits: Limits) -> dict[str, int]:
    # Only the child pays for this import.
    from crawler.lab.internet.proxy import serve

    return await serve(port, world, limits)
