"""The job in Scrapy: every link of the seed's own origin once, one JSON line for each page.

    benchmarks/peers/.venv/bin/python benchmarks/peers/scrapy_job.py http://127.0.0.1:8000/ -o pages.jsonl
    … --tuned [--every-link]

Without ``--tuned`` it is what its tutorial teaches, with every setting at its default: a link
extractor, ``response.follow``, a feed. With it, it is what a patient user gets out of it: 32 at once, the
middlewares that this job does not need switched off, selectolax on distinct hrefs (or on every one, as
``plain.py`` does by itself), and links already seen not made into requests.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor

CONCURRENCY = 32
TUNED: dict[str, Any] = {
    "CONCURRENT_REQUESTS": CONCURRENCY,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
    "DOWNLOAD_DELAY": 0,
    "LOG_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "REDIRECT_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "MEMUSAGE_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 50_000_000,
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": None,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
        "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    },
    "SPIDER_MIDDLEWARES": {
        "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
        "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    },
    "EXTENSIONS": {
        "scrapy.extensions.corestats.CoreStats": None,
        "scrapy.extensions.logstats.LogStats": None,
    },
}


class DefaultSpider(scrapy.Spider):
    """As the tutorial teaches it."""

    name = "defaults"

    def __init__(self, seed: str) -> None:
        super().__init__()
        self.start_urls = [seed]
        self.allowed_domains = [urlsplit(seed).hostname]
        self.links = LinkExtractor()
        self.origin = "{0.scheme}://{0.netloc}/".format(urlsplit(seed))

    def parse(self, response: Response) -> Iterator[Any]:
        """A page's record, and the requests that follow from it."""
        if not isinstance(response, HtmlResponse):
            yield {"url": response.url, "status": response.status, "title": None, "links": []}
            return
        links = [link.url for link in self.links.extract_links(response)]
        yield {
            "url": response.url,
            "status": response.status,
            "title": response.css("title::text").get(),
            "links": links,
            "text_length": len(response.xpath("string(//body)").get("")),
        }
        for link in links:
            if link.startswith(self.origin):
                yield response.follow(link, self.parse)


class TunedSpider(DefaultSpider):
    """The same page by page, without what it can do without."""

    name = "tuned"

    def __init__(self, seed: str, out: TextIO, distinct: bool) -> None:
        super().__init__(seed)
        self.out, self.seen, self.distinct = out, {seed}, distinct

    def parse(self, response: Response) -> Iterator[scrapy.Request]:
        """Write the record, ask for what is new."""
        from parsing import parse

        title, links, text_length = None, [], len(response.body)
        if location := response.headers.get("Location"):
            links = [response.urljoin(location.decode())]
        elif b"html" in (response.headers.get("Content-Type") or b""):
            title, links, text_length = parse(response.body, response.url, self.distinct)
        page = {"url": response.url, "status": response.status, "title": title, "links": links}
        self.out.write(json.dumps(page | {"text_length": text_length}) + "\n")
        for link in links:
            if link not in self.seen and link.startswith(self.origin):
                self.seen.add(link)
                yield scrapy.Request(link, self.parse, dont_filter=True)


def main() -> None:
    """Parse the arguments, crawl."""
    parser = argparse.ArgumentParser(description="The benchmark's job in Scrapy.")
    parser.add_argument("url")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--every-link", action="store_true", help="join every href, not the distinct ones")
    options = parser.parse_args()
    if not options.tuned:
        process = CrawlerProcess({"FEEDS": {str(options.out): {"format": "jsonlines"}}})
        process.crawl(DefaultSpider, seed=options.url)
        process.start()
        return
    with options.out.open("w", encoding="utf-8") as out:
        process = CrawlerProcess(TUNED)
        process.crawl(TunedSpider, seed=options.url, out=out, distinct=not options.every_link)
        process.start()


if __name__ == "__main__":
    main()
