"""What fetching alone costs the loop: aiohttp, our backend on it, our fetcher on that. No parsing, no disk.

    python benchmarks/fetching.py --site python3-doc --runs 5
    python benchmarks/fetching.py --site openjdk-base

Every page of the site is asked for once in each round, 32 at once, all in one process; the three take turns.
Counted is the processor time of the loop's thread, in µs a page, the least and the median of the rounds: how
far a whole crawl's loop is from these is what sharing the cores and the interpreter lock costs it. Results go
into ``results/fetching.json``.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import aiohttp
import report
import sites
import uvloop
from reference import survey

from crawler import Config
from crawler.fetch.backend import make_backend
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.robots_cache import RobotsCache
from crawler.model.messages import Page, Ticket
from crawler.rules.scope import Scopes
from crawler.rules.urls import origin
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations.no_frontier import NoFrontier

CONCURRENCY = 32
"""The crawl's default."""


async def by_all(urls: Sequence[str], worker: Callable[[Iterator[str]], Awaitable[None]]) -> float:
    """Seconds of this thread's processor time until so many workers have asked for all of them."""
    waiting, before = iter(urls), time.thread_time()
    await asyncio.gather(*(worker(waiting) for _ in range(CONCURRENCY)))
    return time.thread_time() - before


async def aiohttp_alone(urls: Sequence[str]) -> float:
    """Its session, as anybody would use it."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:

        async def worker(waiting: Iterator[str]) -> None:
            for url in waiting:
                async with session.get(url, allow_redirects=False) as response:
                    await response.read()

        return await by_all(urls, worker)


def config_of(urls: Sequence[str]) -> Config:
    """No robots.txt and no sitemaps: what is left is one request for each page."""
    settings = {
        "robots": {"obey": False},
        "sitemaps": {"follow": False},
        "fetch": {"concurrency": CONCURRENCY},
    }
    return Config(seeds=urls[:1], **settings)


async def our_backend(urls: Sequence[str]) -> float:
    """One exchange at a time-out, its headers as the crawl has them, its body in pieces."""
    backend = await make_backend(config_of(urls), frozenset({origin(urls[0])}), Counters())

    async def worker(waiting: Iterator[str]) -> None:
        for url in waiting:
            async with backend.get(url) as answer:
                while await answer.read():
                    pass

    try:
        return await by_all(urls, worker)
    finally:
        await backend.close()


async def our_fetcher(urls: Sequence[str]) -> float:
    """All of fetch's policy, from the ticket to the page. RuntimeError where it is not a page."""

    with tempfile.TemporaryDirectory() as spool:
        config, counters = config_of(urls), Counters()
        scopes, frontier = Scopes.of_crawl(config), NoFrontier()
        backend = await make_backend(config, frozenset({origin(urls[0])}), counters)
        robots = RobotsCache(backend, config, scopes, frontier)
        fetcher = Fetcher(config, scopes, backend, robots, frontier, Path(spool), counters)

        async def worker(waiting: Iterator[str]) -> None:
            step = Step("fetch", "worker")
            for number, url in enumerate(waiting):
                result = (await fetcher.fetch(Ticket(number, url, 1, 0), step)).result
                if not isinstance(result, Page):
                    raise RuntimeError(f"{url} is no page")

        try:
            return await by_all(urls, worker)
        finally:
            await backend.close()


WAYS = {"aiohttp alone": aiohttp_alone, "our backend": our_backend, "our fetcher": our_fetcher}


def main() -> None:
    """Measure in turns, print, save."""
    parser = argparse.ArgumentParser(description="The loop's processor time for fetching alone.")
    parser.add_argument("--site", choices=sites.NAMES, default="python3-doc")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    sites.add_generated_options(parser)
    options = parser.parse_args()
    before = report.machine()
    costs: dict[str, list[float]] = {name: [] for name in WAYS}
    try:
        with sites.open_site(options) as url:
            urls = sorted(survey(url).html)
            for number in range(-1, options.runs):  # the first is to warm up
                for name, way in WAYS.items():
                    seconds = uvloop.run(way(urls))
                    if number >= 0:
                        costs[name].append(seconds / len(urls) * 1e6)
    except (sites.SiteMissing, RuntimeError) as reason:
        sys.exit(f"no figures: {reason}")
    figures = {
        name: {"least_us": round(min(each)), "median_us": round(statistics.median(each))}
        for name, each in costs.items()
    }
    rows = [["", "µs a page, least", "median"]]
    rows += [[name, str(got["least_us"]), str(got["median_us"])] for name, got in figures.items()]
    report.print_table(f"{options.site}: {len(urls):,} pages, {options.runs} runs", rows)
    if not options.no_save:
        entry = {"pages": len(urls), "runs": options.runs, "machine": before, "ways": figures}
        report.save("fetching.json", options.site, entry)


if __name__ == "__main__":
    main()
