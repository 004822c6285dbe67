"""The last part of ``pool-kill``: this crawler's own parsers under kills.

Their code is ``crawler/parse/single_worker_pool.py``.

Two coroutines have a parser each and give it page after page. A third kills one or the other. Who finds
its parser dead starts another one and gives it the same page again; the neighbour notices nothing.
"""

import asyncio
import multiprocessing
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from crawler.model.messages import Page, Ticket
from crawler.parse.parser_death import ParserDied
from crawler.parse.parser_process import ParseJob
from crawler.parse.single_worker_pool import ParserSettings, ProcessParser
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.rules.scope import Scope

SITE = "http://a.example/"
BODY = b"<title>t</title>" + b"<p>text <a href=next>link</a></p>" * 3000


async def parse(parser: ProcessParser, kills: int, found: Counter[str]) -> None:
    """Give the parser one page after the other, until all kills are done."""
    while found["killed"] < kills:
        found["begun"] += 1
        ticket = Ticket(found["begun"], f"{SITE}{found['begun']}", 1, 0)
        page = Page(ticket, 200, (), (BODY,), None, len(BODY), "text/html", 0.0, 0.001)
        while True:
            try:
                finished = await parser.parse([page])
                # Not `+= len(await …)`: that reads the count before the wait, and adds to it after.
                found["parsed"] += len(finished)
                break
            except ParserDied:
                found["again"] += 1


async def kill(parsers: list[ProcessParser], kills: int, found: Counter[str]) -> None:
    """Kill one of the parsers every now and then."""
    chance = random.Random(kills)  # noqa: S311 - must be repeatable
    while found["killed"] < kills:
        await asyncio.sleep(chance.uniform(0.02, 0.08))
        if (victim := chance.choice(parsers)).pid is not None:
            victim.kill()
            found["killed"] += 1


async def parse_under_kills(kills: int, threads: ThreadPoolExecutor) -> Counter[str]:
    """Two parsers and their killer, all at once."""
    found = Counter(kills=kills, killed=0, begun=0, parsed=0, again=0)
    settings = ParserSettings(
        context=multiprocessing.get_context("forkserver"),
        job=ParseJob(scope=Scope.of([SITE]), hash_seed=1),
        extract=None,
        timeout=10.0,
        max_memory=1 << 29,
        log_level="ERROR",
        feed_log=lambda _: None,
    )
    parsers = [ProcessParser(f"parser-{number}", settings, threads) for number in range(2)]
    try:
        for parser in parsers:
            await asyncio.to_thread(parser.start)
        parsing = (parse(parser, kills, found) for parser in parsers)
        await asyncio.gather(*parsing, kill(parsers, kills, found))
    finally:
        for parser in parsers:
            await asyncio.to_thread(parser.stop)
    return found


def kill_parsers(kills: int) -> dict[str, int]:
    """Blocks until every page that was begun is parsed; how many were, and how many of them twice."""
    start_fork_server()
    with ThreadPoolExecutor(2) as threads:
        return asyncio.run(parse_under_kills(kills, threads))
