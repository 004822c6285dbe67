"""The second part of ``pool-size``: one event loop, and more and more requests in flight.

The client is this crawler's own; it costs a few times what our site costs, so it is the client's core that
is full first. Both are looked at, since a limit that is the site's says nothing of the client.
"""

import asyncio
import time
from functools import partial
from operator import itemgetter

from crawler.config import Config
from crawler.fetch.aiohttp_backend import AiohttpBackend
from crawler.fetch.body import read_body
from crawler.lab.experiments.limits import may_open
from crawler.lab.graph_site import GraphSite, graph_site
from crawler.lab.work import interleaved
from crawler.trace.counters import Counters

Level = dict[str, float]
"""At one number of requests in flight: ``answers_per_s``, and the shares of a core that ``loop`` and ``site``
were busy for."""
DELAY = 0.020
"""Seconds until the site answers a request."""
SPARE = 100
"""Files that a process has open beside its connections, at most."""


def io_bound(levels: list[int], seconds: float, repeats: int) -> dict[int, Level]:
    """What each number of requests in flight brings: of some interleaved runs, the one least disturbed.

    Those that would take too many files are left out.
    """
    most = may_open(max(levels) + SPARE) - SPARE
    with graph_site(pages=10, delay=DELAY) as site:
        runs = {level: partial(one_run, level, seconds, site) for level in levels if level <= most}
        found = interleaved(runs, repeats)
        return {level: max(some, key=itemgetter("answers_per_s")) for level, some in found.items()}


def one_run(level: int, seconds: float, site: GraphSite) -> Level:
    """In a loop of its own."""
    return asyncio.run(at_level(level, seconds, site))


async def at_level(level: int, seconds: float, site: GraphSite) -> Level:
    """``level`` coroutines, each with one request in flight at a time; measured once all are connected."""
    config = Config(seeds=[site.url], fetch={"concurrency": level})
    backend = AiohttpBackend(config, frozenset([site.url.rstrip("/")]), Counters())
    answers, connected = 0, asyncio.Event()

    async def ask_again_and_again() -> None:
        nonlocal answers
        while True:
            async with backend.get(site.url) as answer:
                await read_body(answer, config.fetch.max_body, config.fetch.max_body, None)
            answers += 1
            if answers >= 2 * level:
                connected.set()

    async def measure() -> Level:
        await connected.wait()
        site_before = await asyncio.to_thread(site.cpu)
        before, started, cpu_before = answers, time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - started
        found = {
            "answers_per_s": (answers - before) / took,
            "loop": (time.process_time() - cpu_before) / took,
        }
        return found | {"site": (await asyncio.to_thread(site.cpu) - site_before) / took}

    try:
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(ask_again_and_again()) for _ in range(level)]
            found = await measure()
            for client in clients:
                client.cancel()
    finally:
        await backend.close()
    return found
