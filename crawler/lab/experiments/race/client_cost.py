"""What one request costs each HTTP client in processor time, on one kept connection.

It tells how much of a model's time is its client's.
"""

import asyncio
import time
from collections.abc import Callable

from crawler.config import Config
from crawler.fetch.aiohttp_backend import AiohttpBackend
from crawler.fetch.body import read_body
from crawler.lab.experiments.race.client import Client
from crawler.trace.counters import Counters


def blocking(seed: str, requests: int) -> None:
    """As in the models without a loop: http.client."""
    with Client(seed) as client:
        for _ in range(requests):
            client.get(seed)


def awaiting(seed: str, requests: int) -> None:
    """As in those with one: this crawler's backend, aiohttp."""
    asyncio.run(_await_all(seed, requests))


async def _await_all(seed: str, requests: int) -> None:
    backend = AiohttpBackend(Config(seeds=[seed]), frozenset([seed.rstrip("/")]), Counters())
    for _ in range(requests):
        async with backend.get(seed) as answer:
            await read_body(answer, 1 << 20, 1 << 20, None)
    await backend.close()


def cpu_of(client: Callable[[str, int], None], seed: str, requests: int) -> float:
    """Seconds of processor time for one request; the first ones, which import and connect, do not count."""
    client(seed, 10)
    before = time.process_time()
    client(seed, requests)
    return (time.process_time() - before) / requests


def costs(seed: str, requests: int) -> dict[str, float]:
    """Of each client. For a process of its own, in which nothing else takes processor time meanwhile."""
    return {
        "http.client": cpu_of(blocking, seed, requests),
        "aiohttp, as this crawler uses it": cpu_of(awaiting, seed, requests),
    }
