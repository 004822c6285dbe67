"""The job in Crawlee for Python: every link of the seed's own origin once, one JSON line for each page.

    benchmarks/peers/.venv/bin/python benchmarks/peers/crawlee_job.py http://127.0.0.1:8000/ -o pages.jsonl
    … --lean [--every-link]

Without ``--lean`` it is its documentation's ParselCrawler, with every setting at its default. With it, it is
what a patient user gets out of it: 32 at once, everything in memory, no sessions, selectolax on distinct
hrefs (or on every one, as ``plain.py`` does by itself), and links already seen not made into requests.
"""

import argparse
import asyncio
import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from crawlee import ConcurrencySettings, Request
from crawlee.crawlers import HttpCrawler, HttpCrawlingContext, ParselCrawler, ParselCrawlingContext
from crawlee.storage_clients import MemoryStorageClient

CONCURRENCY = 32


async def with_defaults(seed: str, out: TextIO) -> None:
    """As its documentation teaches it."""
    crawler = ParselCrawler()

    @crawler.router.default_handler
    async def handle(context: ParselCrawlingContext) -> None:
        selector = context.selector
        links = [request.url for request in await context.extract_links(strategy="all")]
        page = {
            "url": context.request.url,
            "status": context.http_response.status_code,
            "title": selector.css("title::text").get(),
            "links": links,
            "text_length": len(selector.xpath("string(//body)").get("")),
        }
        out.write(json.dumps(page) + "\n")
        await context.enqueue_links(strategy="same-origin")

    await crawler.run([seed])


async def lean(seed: str, out: TextIO, distinct: bool) -> None:
    """The same page by page, without what it can do without."""
    from parsing import parse

    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(seed))
    seen = {seed}
    crawler = HttpCrawler(
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=CONCURRENCY, desired_concurrency=CONCURRENCY, max_concurrency=CONCURRENCY
        ),
        use_session_pool=False,
        retry_on_blocked=False,
        max_request_retries=0,
        configure_logging=False,
        status_message_logging_interval=timedelta(hours=1),
    )

    @crawler.router.default_handler
    async def handle(context: HttpCrawlingContext) -> None:
        url, response = context.request.url, context.http_response
        body = await response.read()
        title, links, text_length = None, [], len(body)
        if "html" in response.headers.get("content-type", ""):
            title, links, text_length = parse(body, url, distinct)
        page = {"url": url, "status": response.status_code, "title": title, "links": links}
        out.write(json.dumps(page | {"text_length": text_length}) + "\n")
        fresh = [link for link in links if link not in seen and link.startswith(origin)]
        seen.update(fresh)
        if fresh:
            await context.add_requests([Request.from_url(link) for link in fresh])

    await crawler.run([seed])


def main() -> None:
    """Parse the arguments, crawl."""
    parser = argparse.ArgumentParser(description="The benchmark's job in Crawlee for Python.")
    parser.add_argument("url")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--every-link", action="store_true", help="join every href, not the distinct ones")
    options = parser.parse_args()
    if options.lean:
        logging.disable(logging.WARNING)
    with options.out.open("w", encoding="utf-8") as out:
        if options.lean:
            asyncio.run(lean(options.url, out, distinct=not options.every_link))
        else:
            asyncio.run(with_defaults(options.url, out))


if __name__ == "__main__":
    main()
