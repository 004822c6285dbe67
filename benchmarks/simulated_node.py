"""A node of a shared crawl without its fetchers, parsers and writers: all that it does is coordination.

Started by ``cluster.py``, which measures it from outside; it works until its standard input is closed. Then
it prints as JSON what its pages cost it beside the frontier, and what its known URLs take.

Each page has 43 links: 40 that are known long since, and 3 new ones. Of ten known ones, one is of another
host, as is one of the new ones.
"""

import asyncio
import gc
import json
import os
import random
import sys
import time
from array import array
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # where the crawler is not installed

import uvloop

from crawler.config import Config
from crawler.frontier.postgresql import crawl, membership
from crawler.frontier.postgresql.connecting import Place
from crawler.frontier.postgresql.session import Session
from crawler.frontier.protocol import Frontier
from crawler.model.messages import Commit, Finished, HostFeedback, Links, Ticket
from crawler.model.outcomes import Outcome
from crawler.model.page_version import PageVersion
from crawler.rules.dedup import fingerprint

KNOWN, KNOWN_ABROAD = 36, 4
NEW, NEW_ABROAD = 2, 1
LINKED = 100
"""URLs of each host to which pages link again and again."""
VARIANTS = 2
"""Sets of known links that a host's pages have, in turns."""
AT_ONCE = 16
"""Tickets handed out at once, as to so many fetchers."""
BATCH, INTERVAL = Config().write.batch_records, Config().write.batch_interval
WAITING = 2_000
"""Pages that may wait for their commit: 16 MiB of records."""
UNLIMITED = Config(politeness={"per_host": 10_000, "delay": 0.0}, fetch={"concurrency": 10_000})
"""No politeness: nobody is asked."""
ANSWER = HostFeedback(elapsed=0.05)


def origin_of(host: int) -> str:
    """Of one of the hosts, which are numbered from 0."""
    return f"http://host{host}.example"


def url_of(host: int, number: int | str) -> str:
    """A URL as long as they are on documentation sites, about 60 characters."""
    return f"{origin_of(host)}/library/chapter-000000/section-{number:>09}.html"


class Pages:
    """Makes up what was found on a page."""

    def __init__(self, node: int, hosts: int, seed: int) -> None:
        self._node, self._hosts, self._seed = node, hosts, seed
        self._made, self._random = 0, random.Random(node)
        self._sets: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self.seconds = 0.0
        """Of processor time: the parsers' and the writers', and not the frontier's."""

    def finished(self, ticket: Ticket) -> Finished:
        """The page's end."""
        begun = time.thread_time()
        self._made += 1
        host = int(ticket.url[len("http://host") : ticket.url.index(".")])
        urls, marks = self._known_of(host, self._made % VARIANTS)
        where = [host] * NEW + [self._random.randrange(self._hosts)] * NEW_ABROAD
        new = [url_of(on, f"{self._node}x{self._made * len(where) + at}") for at, on in enumerate(where)]
        marks += array("Q", [fingerprint(url, self._seed) for url in new]).tobytes()
        links = Links(urls + b"\n" + "\n".join(new).encode(), marks)
        version = PageVersion(1.0, '"5e0b-5f1e3c8a"', None, "gzip, deflate", bytes(16), self._made)
        made = Finished(ticket, Outcome.OK, None, b"{}", (links,), version=version, links_out_of_scope=3)
        self.seconds += time.thread_time() - begun
        return made

    def _known_of(self, host: int, variant: int) -> tuple[bytes, bytes]:
        if (found := self._sets.get((host, variant))) is None:
            numbers = self._random.sample(range(LINKED), KNOWN)
            urls = [url_of(host, number) for number in numbers]
            urls += [url_of(self._random.randrange(self._hosts), number) for number in numbers[:KNOWN_ABROAD]]
            marks = array("Q", [fingerprint(url, self._seed) for url in urls]).tobytes()
            found = self._sets[host, variant] = "\n".join(urls).encode(), marks
        return found


async def work(frontier: Frontier, pages: Pages) -> None:
    """Take tickets, finish them, commit them, as the street does."""
    waiting: list[Finished] = []

    async def commit() -> None:
        n = 0
        while True:
            if len(waiting) < BATCH:
                await asyncio.sleep(INTERVAL)
            commits = []
            while waiting and len(commits) < 8:
                n += 1
                commits.append(Commit(n, tuple(waiting[:BATCH]), {"jsonl": n * 1_000}))
                del waiting[:BATCH]
            if commits:
                await frontier.commit(commits)

    async with asyncio.TaskGroup() as group:
        group.create_task(frontier.keep())
        group.create_task(commit())
        while True:
            for ticket in await frontier.pop(AT_ONCE):
                await frontier.fetched(ticket, ANSWER)
                finished = pages.finished(ticket)
                await frontier.finish(finished)
                waiting.append(finished.without_links())
            await asyncio.sleep(0.001 if len(waiting) > WAITING else 0)


def resident() -> int:
    """Bytes of memory of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def node(dsn: str, name: str, hosts: int) -> dict[str, float]:
    """Be a node until the standard input ends; what it cost, beside what is seen from outside."""
    place = Place(dsn, name)
    session = await Session.open(place, 60.0)
    meta = await session.run(partial(crawl.read_meta, place=place))
    seed, partitions = int(meta["hash_seed"]), int(meta["partitions"])
    number = await session.run(partial(membership.join, name=f"n{os.getpid()}", host="here", pid=os.getpid()))
    config = UNLIMITED.replace({"frontier.partitions": partitions})
    frontier = crawl.NodeState(session, number).frontier(config, seed)
    gc.freeze()  # as a crawl does
    empty, begun, begun_cpu = resident(), time.perf_counter(), time.process_time()
    await frontier.restore()
    loaded = {
        "load_s": time.perf_counter() - begun, "load_cpu_s": time.process_time() - begun_cpu,
        "urls": frontier.known, "memory": resident() - empty,
    }  # fmt: skip
    pages = Pages(number, hosts, seed)
    working = asyncio.create_task(work(frontier, pages))
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait((working, ended), return_when=asyncio.FIRST_COMPLETED)
    if working.done():
        working.result()
    working.cancel()
    await asyncio.wait((working,))
    await session.close()
    return loaded | {"made_s": pages.seconds, "made": pages._made}


def main() -> None:
    """Work."""
    dsn, name, hosts = sys.argv[1:]
    print(json.dumps(uvloop.run(node(dsn, name, int(hosts)))))


if __name__ == "__main__":
    main()
