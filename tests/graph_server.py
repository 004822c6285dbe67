"""A site that is a random graph, served by a process of its own; it counts what it was asked.

``python -m tests.graph_server PAGES LINKS SEED DELAY`` prints its URL and ends when its standard
input is closed. Page n links to pages chosen by a generator seeded with (seed, n).
"""

import asyncio
import json
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


def targets(number: int, pages: int, links: int, seed: int) -> list[int]:
    """The pages that page ``number`` links to: its two children in a tree, then random ones."""
    chance = random.Random(seed * 1_000_003 + number)
    children = [child for child in (2 * number + 1, 2 * number + 2) if child < pages]
    return list(dict.fromkeys(children + [chance.randrange(pages) for _ in range(links)]))


class GraphSite:
    """A running server, seen from the test."""

    def __init__(self, url: str, pages: int) -> None:
        self.url = url
        self.pages = pages
        self.urls = {url} | {f"{url}p/{n}" for n in range(1, pages)}
        """Every URL of it; all are reachable from ``url``."""

    def asked(self) -> Counter[str]:
        """How often each URL was asked for."""
        with urllib.request.urlopen(f"{self.url}__counts") as answer:
            return Counter({self.url.rstrip("/") + path: n for path, n in json.load(answer).items()})


@contextmanager
def graph_site(pages: int, links: int = 5, seed: int = 1, delay: float = 0.0) -> Iterator[GraphSite]:
    """A site of ``pages`` pages, each answered after ``delay`` seconds."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.graph_server", *map(str, (pages, links, seed, delay))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield GraphSite(server.stdout.readline().strip(), pages)
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


async def _serve(pages: int, links: int, seed: int, delay: float) -> None:
    counts: Counter[str] = Counter()

    def page(path: str) -> tuple[int, str, bytes]:
        if path == "/__counts":
            return 200, "application/json", json.dumps(counts).encode()
        counts[path] += 1
        number = path.removeprefix("/p/") if path != "/" else "0"
        if not number.isdecimal() or int(number) >= pages:
            return 404, "text/html", b"<title>no</title>"
        anchors = " ".join(
            f'<a href="/p/{to}#x">{to}</a>' if to else '<a href="/">start</a>'
            for to in targets(int(number), pages, links, seed)
        )
        return 200, "text/html", f"<title>{number}</title><p>{anchors} {'text ' * 50}".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode()
                status, content_type, body = page(path)
                if delay and path != "/__counts":
                    await asyncio.sleep(delay)
                head = [
                    f"HTTP/1.1 {status} x",
                    f"Content-Type: {content_type}",
                    f"Content-Length: {len(body)}",
                ]
                writer.write("\r\n".join([*head, "", ""]).encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    _pages, _links, _seed, _delay = sys.argv[1:]
    asyncio.run(_serve(int(_pages), int(_links), int(_seed), float(_delay)))
