"""The script that anybody would write: one process, aiohttp, uvloop, selectolax, 32 pages at once.

It fetches every link of the seed's own origin once and writes one JSON line for each page. There is no
robots.txt, no retry, no body limit and no resuming: it is what the crawler has to be compared with, so it
is written to be fast and obvious, not to be complete.

    python benchmarks/plain.py http://127.0.0.1:8000/ -o pages.jsonl
    python benchmarks/plain.py http://127.0.0.1:8000/ -o pages.jsonl --distinct

With ``--distinct`` the fragments are cut off and the hrefs made distinct before they are joined, one line
more: a page's hrefs are mostly the same few pages with other fragments, and ``urljoin`` is not cheap.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TextIO
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import uvloop
from selectolax.lexbor import LexborHTMLParser

CONCURRENCY = 32


def parse(body: bytes, base: str, distinct: bool) -> tuple[str | None, list[str], int]:
    """Title, absolute distinct http(s) links in document order, and the length of the visible text."""
    tree = LexborHTMLParser(body)
    hrefs = [node.attributes["href"] or "" for node in tree.css("a[href]")]
    if distinct:
        hrefs = list(dict.fromkeys(href.partition("#")[0] for href in hrefs))
    joined = dict.fromkeys(urldefrag(urljoin(base, href.strip())).url for href in hrefs)
    links = [link for link in joined if link.startswith(("http://", "https://"))]
    title = tree.css_first("title")
    tree.strip_tags(["script", "style"])
    return title and title.text(strip=True), links, len(tree.body.text() if tree.body else "")


async def crawl(seed: str, out: TextIO, distinct: bool = False) -> int:
    """Fetch everything that the seed leads to inside its origin; the number of lines written."""
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(seed))
    seen = {seed}
    waiting: asyncio.Queue[str] = asyncio.Queue()
    waiting.put_nowait(seed)
    written = 0

    async def fetch(session: aiohttp.ClientSession, url: str) -> None:
        nonlocal written
        async with session.get(url, allow_redirects=False) as response:
            body = await response.read()
        title, links, text_length = None, [], len(body)
        if response.status in (301, 302, 303, 307, 308):
            links = [urldefrag(urljoin(url, response.headers["Location"])).url]
        elif "html" in response.content_type:
            title, links, text_length = parse(body, url, distinct)
        page = {"url": url, "status": response.status, "title": title, "links": links}
        out.write(json.dumps(page | {"text_length": text_length}) + "\n")
        written += 1
        for link in links:
            if link not in seen and link.startswith(origin):
                seen.add(link)
                waiting.put_nowait(link)

    async def work(session: aiohttp.ClientSession) -> None:
        while True:
            url = await waiting.get()
            await fetch(session, url)
            waiting.task_done()

    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        workers = [group.create_task(work(session)) for _ in range(CONCURRENCY)]
        await waiting.join()
        for worker in workers:
            worker.cancel()
    return written


def main() -> None:
    """Parse the arguments, crawl, say on stderr how many lines were written."""
    parser = argparse.ArgumentParser(
        description="The plain single-process crawl that the crawler is compared with."
    )
    parser.add_argument("url")
    parser.add_argument("-o", "--out", type=Path, default=Path("pages.jsonl"))
    parser.add_argument("--distinct", action="store_true", help="make the hrefs distinct before joining them")
    options = parser.parse_args()
    with options.out.open("w", encoding="utf-8") as out:
        written = uvloop.run(crawl(options.url, out, options.distinct))
    print(f"{written} pages in {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
