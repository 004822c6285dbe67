"""A generated site whose pages link to each other at random, served by a process of its own.

It counts what it is asked for, so it can tell what was fetched twice. ``python -m
crawler.lab.graph_site PAGES LINKS SEED DELAY`` prints its URL, and ends when its standard input is
closed, which happens however its parent ends. Every first part of a path that is no page
(``/one/``, ``/one/p/7``) is the same site once more, with counts of its own.

To be crawled again, a third of its pages has an ETag, of which a server that is asked says that nothing has
changed; a third is the same and cannot say so; and a third tells how often it was asked for.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ABOUT_ITSELF = ("/__counts", "/__cpu")
"""Paths that are no pages: not counted, not delayed."""
CHANGES, HAS_ETAG = 0, 1
"""What pages do whose number leaves this when divided by three."""
ETAG = '"1"'
BACKLOG = 1024
"""Connections that may wait to be accepted. Of asyncio's own 100, more clients that come at once would find
nobody, ask again after a second, and look as if the network or the client had its limit there."""


def targets(number: int, pages: int, links: int, seed: int) -> list[int]:
    """The pages that page ``number`` links to: its two children in a tree, then random ones."""
    chance = random.Random(seed * 1_000_003 + number)  # noqa: S311 - must be repeatable
    children = [child for child in (2 * number + 1, 2 * number + 2) if child < pages]
    return list(dict.fromkeys(children + [chance.randrange(pages) for _ in range(links)]))


class GraphSite:
    """A running server, seen from its user. All pages are reachable from ``url``."""

    def __init__(self, url: str, pages: int) -> None:
        self.url = url
        self.pages = pages
        self.urls = {url} | {f"{url}p/{n}" for n in range(1, pages)}
        """Every URL of it."""
        self.staying = {url if n == 0 else f"{url}p/{n}" for n in range(pages) if n % 3 != CHANGES}
        """Those that are the same whenever they are asked for."""

    def under(self, name: str) -> "GraphSite":
        """The same site once more, under ``/name/``."""
        return GraphSite(f"{self.url}{name}/", self.pages)

    def asked(self) -> Counter[str]:
        """How often each URL was asked for, also those that are no page. Blocks."""
        root = self._root()
        return Counter({root + path: n for path, n in self._told("counts").items()})

    def cpu(self) -> float:
        """Seconds of processor time that its process has used so far. Blocks."""
        return float(self._told("cpu"))

    def _root(self) -> str:
        return "/".join(self.url.split("/")[:3])

    def _told(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self._root()}/__{what}", timeout=10) as answer:  # noqa: S310 - our own
            return json.load(answer)


@contextmanager
def graph_site(pages: int, links: int = 5, seed: int = 1, delay: float = 0.0) -> Iterator[GraphSite]:
    """A site of ``pages`` pages, each answered after ``delay`` seconds."""
    server = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", __name__, *map(str, (pages, links, seed, delay))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("unreachable: both are pipes")
    try:
        yield GraphSite(server.stdout.readline().strip(), pages)
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


_HTML = "Content-Type: text/html"


class _Pages:
    def __init__(self, pages: int, links: int, seed: int) -> None:
        self._pages, self._links, self._seed = pages, links, seed
        self._counts: Counter[str] = Counter()

    def answer(self, path: str, request: bytes = b"") -> tuple[int, str, bytes]:
        """Status, headers and body; of ``request`` it is looked for the ETag."""
        if path in ABOUT_ITSELF:
            told = self._counts if path == "/__counts" else time.process_time()
            return 200, "Content-Type: application/json", json.dumps(told).encode()
        self._counts[path] += 1
        root, page, name = path.rpartition("/p/") if not path.endswith("/") else (path[:-1], "/", "0")
        if not page or not name.isdecimal() or int(name) >= self._pages:
            return 404, _HTML, b"<title>no</title>"
        sort = int(name) % 3
        tagged = f"{_HTML}\r\nETag: {ETAG}" if sort == HAS_ETAG else _HTML
        if sort == HAS_ETAG and f"If-None-Match: {ETAG}".lower().encode() in request.lower():
            return 304, tagged, b""
        anchors = " ".join(
            f'<a href="{root}/p/{to}#x">{to}</a>' if to else f'<a href="{root}/">start</a>'
            for to in targets(int(name), self._pages, self._links, self._seed)
        )
        count = f" {self._counts[path]} times" if sort == CHANGES else ""
        return 200, tagged, f"<title>{name}</title><p>{anchors} {'text ' * 50}{count}".encode()


async def _serve(pages: _Pages, delay: float) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode()
                status, headers, body = pages.answer(path, request)
                if delay and path not in ABOUT_ITSELF:
                    await asyncio.sleep(delay)
                head = [f"HTTP/1.1 {status} x", headers]
                if status != 304:
                    head.append(f"Content-Length: {len(body)}")
                writer.write("\r\n".join([*head, "", ""]).encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=BACKLOG)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)  # noqa: T201 - said to the parent
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until standard input is closed."""
    pages, links, seed, delay = sys.argv[1:]
    asyncio.run(_serve(_Pages(int(pages), int(links), int(seed)), float(delay)))


if __name__ == "__main__":
    main()
