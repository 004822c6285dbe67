"""The fault server in a process of its own, so that what it does to itself costs the crawl nothing."""

import json
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import NamedTuple

from crawler.lab.faults.manifest import EXCLUDED, MAX_DEPTH, Here
from crawler.plumbing.server_process import HOST, START_TIMEOUT, ServerProcess, until_stopped


class FaultLog(NamedTuple):
    """What the server saw."""

    requests: list[tuple[float, str]]
    """Seconds on the server's clock, and path with query, of each request."""
    raced: list[str]
    """Paths whose first request met a connection that was just being closed."""
    neighbour: int
    """Connections to the neighbour, to which none may be made."""


class FaultProcess(ServerProcess):
    """Serves the faults while its ``with`` block lasts, on ``port`` of the loopback (0: any free one)."""

    here: Here

    def __init__(self, port: int = 0) -> None:
        super().__init__("fault server", _listen, port)

    def listening(self, where: dict[str, int]) -> None:
        """Take note of where the server is."""
        self.here = Here(**where)

    def log(self) -> FaultLog:
        """What it saw so far."""
        from crawler.lab.faults.server import LOG_PATH

        connection = HTTPConnection(HOST, self.here.port, timeout=START_TIMEOUT)
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
    with until_stopped(), FaultProcess(port) as server:
        say(f"A site full of faults is at {server.here.origin}/ until Ctrl-C.")
        say(f"It has traps without end; from another terminal: {_command(server.here)}")
        server.join()


def _command(here: Here) -> str:
    excluded = " ".join(f"--exclude '{pattern}'" for pattern in EXCLUDED)
    return f"crawler run {here.origin}/ --timeout 4 --max-depth {MAX_DEPTH} {excluded}"


async def _listen(port: int) -> dict[str, int]:
    # Only the child pays for this import.
    from crawler.lab.faults.server import FaultServer

    return (await FaultServer().start(port))._asdict()
