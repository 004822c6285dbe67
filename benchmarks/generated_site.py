"""A site of any size, made on the fly: N pages, each a function of its number and of the seed alone.

It is a server of few lines on asyncio's own protocol, so that it takes as little as it can of the cores that
the crawler is measured on. Usually started by ``sites.generated``; ends when its stdin is closed.

    python benchmarks/generated_site.py --pages 100000 --links 50 --size 20000

With ``--hosts`` the pages lie on so many hosts: 127/8 is loopback as a whole, so each has its own address.
With ``--times`` it notes when it gave each answer: how fast a crawler was, seen from outside it.
"""

import argparse
import asyncio
import contextlib
import re
import sys
import time
from pathlib import Path

try:
    from uvloop import run
except ImportError:  # slower, and works as well
    from asyncio import run

BRANCHES = 8
"""Of a page's links, this many lead down a tree that holds every page; the others lead anywhere."""
PATH = re.compile(rb"GET /page/(\d{1,9}) HTTP/1\.1\r\n")
FILLER = "The quick brown fox jumps over the lazy dog. "


def links_of(page: int, pages: int, links: int, seed: int) -> list[int]:
    """The pages that a page links to: distinct, never itself, the same at every call.

    Page i links to i·b+1 … i·b+b, which makes a tree over all pages: every page is reached, after few
    clicks. The rest of its links are spread over the site by multiplication, as hash functions do.
    """
    if pages <= links:
        return [other for other in range(pages) if other != page]
    branches = min(BRANCHES, links)
    first = page * branches + 1
    chosen = dict.fromkeys(range(first, min(first + branches, pages)))
    step = 0
    while len(chosen) < links:
        mixed = (page * 0x9E3779B97F4A7C15 + step * 0xC2B2AE3D27D4EB4F + seed * 0x165667B19E3779F9) % 2**64
        other = (mixed >> 24) % pages
        if other != page:
            chosen[other] = None
        step += 1
    return list(chosen)


def address_of(page: int, hosts: int) -> str:
    """The loopback address of the page's host: 127.0.0.1 when there is one host, else one from 127.1 on."""
    if hosts == 1:
        return "127.0.0.1"
    number = page % hosts
    return f"127.{1 + number // 65_000}.{number % 65_000 // 250}.{1 + number % 250}"


def url_of(page: int, hosts: int, port: int) -> str:
    """The page's URL."""
    return f"http://{address_of(page, hosts)}:{port}/page/{page}"


def page_of(
    page: int, pages: int, links: int, size: int, seed: int, hosts: int = 1, port: int | None = None
) -> bytes:
    """The page's HTML. Its links name the host only where there are several."""
    others = links_of(page, pages, links, seed)
    hrefs = [f"/page/{other}" if hosts == 1 else url_of(other, hosts, port or 80) for other in others]
    anchors = "\n".join(
        f'<a href="{href}">Page {other}</a>' for other, href in zip(others, hrefs, strict=True)
    )
    head = f"<!doctype html><html><head><title>Page {page}</title></head><body>\n<h1>Page {page}</h1>\n"
    tail = "</p></body></html>\n"
    missing = size - len(head) - len(anchors) - len(tail)
    return (head + anchors + "\n<p>" + FILLER * (missing // len(FILLER)) + tail).encode()


class Site(asyncio.Protocol):
    """One connection; answers requests in the order in which they came, each ``delay`` seconds later."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.ready: dict[int, bytes] = options.ready
        self.received = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = transport  # type: ignore[assignment]
        # Several hosts need a socket on all addresses, but nobody outside this machine is meant.
        if not str(transport.get_extra_info("sockname")[0]).startswith("127."):
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            answer = self.answer(head + b"\r\n")
            if self.options.times:
                self.options.asked.append(time.monotonic())
            if self.options.delay:
                asyncio.get_running_loop().call_later(self.options.delay, self.transport.write, answer)
            else:
                self.transport.write(answer)

    def answer(self, head: bytes) -> bytes:
        """The whole answer to a request: a page, or 404 for everything else (robots.txt too)."""
        asked, options = PATH.match(head), self.options
        if asked is None or int(asked[1]) >= options.pages:
            return b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
        page = int(asked[1])
        return self.ready.get(page) or answer_of(page, options)


def answer_of(page: int, options: argparse.Namespace) -> bytes:
    """The page with its head."""
    body = page_of(
        page, options.pages, options.links, options.size, options.seed, options.hosts, options.port
    )
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
    ) + body


async def serve(options: argparse.Namespace) -> None:
    """Listen on a free port, print the first page's URL, serve until stdin is closed."""
    loop = asyncio.get_running_loop()
    where = "127.0.0.1" if options.hosts == 1 else "0.0.0.0"
    server = await loop.create_server(lambda: Site(options), where, 0, backlog=4096)
    options.port = server.sockets[0].getsockname()[1]
    if options.prepare:
        options.ready.update((page, answer_of(page, options)) for page in range(options.pages))
    print(url_of(0, options.hosts, options.port), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    if options.times:
        options.times.write_text("".join(f"{asked:.6f}\n" for asked in options.asked), encoding="utf-8")


def main() -> None:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(description="Serve a generated site until stdin is closed.")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--links", type=int, default=20)
    parser.add_argument("--size", type=int, default=10_000, help="bytes of a page")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--hosts", type=int, default=1, help="spread the pages over so many addresses")
    parser.add_argument("--prepare", action="store_true", help="make all pages before the first is asked for")
    parser.add_argument("--times", type=Path, help="at the end, write here when each request came")
    parser.set_defaults(ready={}, asked=[])
    with contextlib.suppress(KeyboardInterrupt):
        run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
