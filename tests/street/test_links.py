"""A random graph, under everything that could lose a link: the crawl reaches exactly the reference set."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crawler import Config, Crawler
from crawler.model.outcomes import Kind, Outcome
from tests import crawls
from tests.stations.fetch_servers import byte_server, ok

PAGES = 120
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@dataclass
class Node:
    """One URL of the graph."""

    links: list[int] = field(default_factory=list)
    unfollowed: list[int] = field(default_factory=list)
    """Links with rel=nofollow."""
    redirect: int | None = None
    nofollow: str | None = None
    """Where the whole page says nofollow: in its ``meta`` or its ``header``."""
    flaps: int = 0
    """Times that it is not answered before it is."""
    hangs: bool = False
    """Its result is dropped, at its deadline, when it is parsed for the first time."""
    gone: bool = False


def random_graph(chance: random.Random) -> list[Node]:
    nodes = []
    for number in range(PAGES):
        # Few links, most of them ahead: long ways, and shorter ones that are found later.
        ahead = [number + chance.randint(1, 12) for _ in range(chance.randint(0, 3))]
        anywhere = [chance.randrange(PAGES) for _ in range(chance.randint(0, 1))]
        node = Node([to for to in ahead + anywhere if to < PAGES])
        node.unfollowed = [chance.randrange(PAGES) for _ in range(chance.randint(0, 1))]
        node.flaps = chance.choice([0, 0, 0, 0, 1, 2])
        roll = chance.random()
        if number and roll < 0.12:
            node.redirect = chance.randrange(PAGES)
        elif number and roll < 0.18:
            node.gone = True
        elif number and roll < 0.24:
            node.nofollow = chance.choice(["meta", "header"])
        elif roll > 0.985:
            node.hangs = True
        nodes.append(node)
    nodes[0].links += [1, 2, 3]
    nodes[5].hangs, nodes[5].redirect, nodes[5].gone = True, None, False
    return nodes


def reference(nodes: list[Node], most: int | None) -> dict[int, int]:
    """The shortest distance of every node that is to be reached; a redirect's target is no further away."""
    depths: dict[int, int] = {}
    todo = deque([(0, 0)])
    while todo:
        depth, number = todo.popleft()
        if number in depths or (most is not None and depth > most):
            continue
        depths[number] = depth
        node = nodes[number]
        if node.redirect is not None:
            todo.appendleft((depth, node.redirect))
        elif not node.gone and node.nofollow is None:
            followed = [to for to in node.links if to not in node.unfollowed]
            todo.extend((depth + 1, to) for to in followed)
    return depths


def answer_of(node: Node, number: int, marks: Path) -> bytes:
    if node.gone:
        return ok(b"<a href=/1>not to be followed</a>", status="404 Not Found")
    if node.redirect is not None:
        return ok(b"", f"Location: /{node.redirect}\r\n", "302 Found")
    anchors = [f"<a href=/{to}>{to}</a>" for to in node.links]
    anchors += [f'<a rel="nofollow" href=/{to}>{to}</a>' for to in node.unfollowed]
    anchors.append("<a href=http://elsewhere.example/>out</a>")
    head = '<meta name="robots" content="nofollow">' if node.nofollow == "meta" else ""
    headers = "X-Robots-Tag: nofollow\r\n" if node.nofollow == "header" else ""
    if node.hangs:
        headers += f"X-Hang-Once: {marks / str(number)}\r\n"
    return ok(f"<title>{number}</title>{head}{' '.join(anchors)}".encode(), headers)


def hang_once(page):
    """Run in the parse processes: the first result of some pages never comes."""
    mark = page.headers.get("x-hang-once")
    if mark is not None and not Path(mark).exists():
        Path(mark).touch()
        time.sleep(3600)


def judge(out: Path, root: str, nodes: list[Node], most: int | None) -> None:
    depths = reference(nodes, most)
    records = crawls.records(out)
    assert Counter(record.url for record in records) == Counter(f"{root}/{number}" for number in depths)
    for record in records:
        node = nodes[int(record.url.rpartition("/")[2])]
        if node.gone:
            assert record.kind is Kind.HTTP_STATUS
        elif node.redirect is not None:
            assert record.kind in {Kind.REDIRECTED, Kind.REDIRECT_LOOP}
        else:
            assert (record.outcome, record.message) == (Outcome.OK, None)
    if most is not None:
        with sqlite3.connect(out / "crawl.db") as db:
            found = dict(db.execute("SELECT url, depth FROM urls WHERE state != 5"))
        db.close()
        assert found == {f"{root}/{number}": depth for number, depth in depths.items()}


@pytest.mark.parametrize(
    ("seed", "most", "method"),
    [(1, None, "forkserver"), (2, 4, "forkserver"), (4, 6, "spawn")],
)
async def test_a_random_graph_is_crawled_whole_whatever_dies(tmp_path, seed, most, method):
    chance = random.Random(seed)
    nodes = random_graph(chance)
    marks = tmp_path / "marks"
    marks.mkdir()
    flapped: Counter[int] = Counter()

    async def answer(_served, head, writer):
        name = head.split(" ", 2)[1].removeprefix("/")
        if not name.isdecimal():
            writer.write(ok(b"", status="404 Not Found"))
            return
        number = int(name)
        await asyncio.sleep(random.Random(seed * 1000 + number).random() * 0.02)
        flapped[number] += 1
        if flapped[number] <= nodes[number].flaps:
            if number % 2:
                writer.close()  # no answer at all
            else:
                writer.write(ok(b"", status="503 Service Unavailable"))
            return
        writer.write(answer_of(nodes[number], number, marks))

    kills = Counter()
    async with byte_server(answer) as server:
        settings = Config(
            seeds=[f"{server.url}/0"],
            out=tmp_path / "out",
            scope={"max_depth": most},
            fetch={"concurrency": 6, "backoff": 0.02, "retries": 3, "max_redirects": 50},
            parse={"workers": 2, "timeout": 1.0, "batch_pages": 4},
            # The throttle would be right to slow such a server down; here it would only take time.
            politeness={"throttle": False},
            processes={"start_method": method},
        )
        for run in range(10):
            async with asyncio.timeout(40), Crawler(settings, extract=hang_once) as crawl:
                count = 0
                async for _ in crawl:
                    count += 1
                    if count % 16 == 0 and crawl._stations is not None:
                        writers = {pid for pid in crawl._stations.committer.writer_pids().values() if pid}
                        role = "writer" if kills["parser"] > kills["writer"] else "parser"
                        victims = writers if role == "writer" else crawl._stations.parse_pool.pids()
                        if victims:
                            os.kill(chance.choice(sorted(victims)), signal.SIGKILL)
                            kills[role] += 1
                    if run == 0 and count == 40:
                        break  # it is stopped in the middle, and goes on
            if crawl.report is not None and crawl.report.state == "finished":
                break
        judge(tmp_path / "out", server.url, nodes, most)
        assert {"http://elsewhere.example/"}.isdisjoint(crawls.urls(tmp_path / "out"))
    assert kills["parser"]
    assert kills["writer"]
    assert any(marks.iterdir())
