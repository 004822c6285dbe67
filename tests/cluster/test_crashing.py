"""What a crash takes with it: of PostgreSQL, of a node, and what must be there afterwards all the same."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.postgresql import execute, require_asyncpg

require_asyncpg()

from crawler.cluster.embedded_process import EmbeddedPostgresql  # noqa: E402
from crawler.cluster.leftovers import NOTE  # noqa: E402
from crawler.cluster.node import Node as ClusterNode  # noqa: E402
from crawler.config import Config  # noqa: E402
from crawler.engine.conclusion import CrawlReport  # noqa: E402
from crawler.frontier.postgresql import membership  # noqa: E402
from crawler.frontier.postgresql.connecting import Place  # noqa: E402
from crawler.frontier.postgresql.crawl import NodeState  # noqa: E402
from crawler.frontier.postgresql.session import Session  # noqa: E402
from crawler.lab.internet.internet_process import InternetProcess  # noqa: E402
from crawler.lab.internet.report import Limits  # noqa: E402
from crawler.lab.internet.world import World  # noqa: E402
from tests.cluster.filled import Filled  # noqa: E402
from tests.cluster.several import Node, graph  # noqa: E402

SEMAPHORES = Path("/dev/shm")
_started: "list[subprocess.Popen[bytes]]" = []


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Nothing of a test that failed goes on."""
    yield
    while _started:
        with suppress(ProcessLookupError):
            os.killpg(_started[-1].pid, signal.SIGKILL)
        _started.pop().wait()


async def test_a_number_is_not_given_twice_though_postgresql_is_killed(
    database: str, postgresql: EmbeddedPostgresql
) -> None:
    filled = Filled(database)
    await filled.fill()
    given = []
    for _ in range(2):
        await execute(database, "CHECKPOINT")  # after it, the next number is one that has to be logged
        session = await Session.open(Place(database, "books"), 5.0)
        given.append(await session.run(lambda db: membership.join(db, "green", "here", 1)))
        await asyncio.to_thread(postgresql.kill)
        await asyncio.to_thread(postgresql.start)
        await session.close()
    assert given[0] < given[1]


async def test_what_a_node_has_committed_outlives_postgresql_once_the_node_has_left(
    database: str, postgresql: EmbeddedPostgresql
) -> None:
    filled = Filled(database)
    await filled.fill()
    session = await Session.open(filled.place, 5.0)
    await session.run(lambda db: db.execute("UPDATE meta SET value = 'finished' WHERE key = 'state'"))
    await session.run(lambda db: membership.leave(db, 2, "finished"))
    await asyncio.to_thread(postgresql.kill)
    await asyncio.to_thread(postgresql.start)
    await session.close()
    session = await Session.open(filled.place, 5.0)
    assert (await session.run(membership.look)).state == "finished"
    assert await session.run(lambda db: db.fetchval("SELECT end_state FROM nodes WHERE id = 2")) == "finished"
    await session.close()


def test_a_node_that_comes_back_removes_what_it_left_when_it_was_killed(
    database: str, tmp_path: Path
) -> None:
    with InternetProcess(World(hosts=8, pages=64, faults=0, latency=0.05), Limits(None, None)) as net:
        config = tmp_path / "internet.toml"
        config.write_text(net.config())
        process = node(database, config, net.seed, tmp_path)
        note = until_noted(process, tmp_path / "out" / "red-1" / NOTE)
        prefix = json.loads(note)["semaphores"].lstrip("/")
        deadline = time.monotonic() + 20
        while not (left := list(SEMAPHORES.glob(f"sem.{prefix}-*"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert left
        done = node(database, config, net.seed, tmp_path)
        assert done.wait(60) == 0, (tmp_path / "log").read_text()
    assert not list(SEMAPHORES.glob(f"sem.{prefix}-*"))
    assert not list((tmp_path / "out").glob(f"*/{NOTE}"))


def node(database: str, config: Path, seed: str, folder: Path) -> "subprocess.Popen[bytes]":
    parts = urlsplit(database)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "crawler", "node", seed, "-c", config, "--frontier",
                parts._replace(netloc=f"{parts.username}@127.0.0.1:{parts.port}").geturl(),
                "--name", "books", "--node", "red", "-o", folder / "out", "--workers", "1",
                "--delay", "0.05", "--no-progress",
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PGPASSWORD": parts.password or ""},
        )  # fmt: skip
    _started.append(process)
    return process


def until_noted(process: "subprocess.Popen[bytes]", path: Path) -> str:
    deadline = time.monotonic() + 30
    while not (path.exists() and (text := path.read_text())):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return text


async def test_a_node_that_stands_still_amid_a_copy_does_not_keep_what_it_holds(database: str) -> None:
    # PostgreSQL's own time-outs are for connections on which nothing is under way.
    site = graph(5, 3, seed=5)
    still, other = [Node(database, site.__getitem__, timeout=1.5) for _ in range(2)]
    await still.join(next(iter(site)))
    assert len(still.frontier.parts) == 256
    hangs = asyncio.Event()

    async def nothing() -> AsyncIterator[bytes]:
        hangs.set()
        await asyncio.sleep(60)
        yield b""

    copying = asyncio.ensure_future(
        still.session.run(lambda db: db.copy_to_table("retries", source=nothing()))
    )
    try:
        await hangs.wait()
        async with asyncio.timeout(20):
            await other.start(next(iter(site)))
    finally:
        copying.cancel()
        still.session.give_up()
        await asyncio.gather(copying, return_exceptions=True)
    assert sorted(other.committed) == sorted(site)


async def test_a_node_that_only_waits_for_a_long_query_is_let_alone(database: str) -> None:
    filled = Filled(database)
    await filled.fill()
    one, other = [await Session.open(Place(database, "books"), 5.0) for _ in range(2)]
    await one.run(lambda db: membership.join(db, "busy", "here", 1))
    waiting = asyncio.ensure_future(one.run(lambda db: db.fetchval("SELECT pg_sleep(1.5)::text")))
    await asyncio.sleep(1.0)
    await other.run(lambda db: membership.end_those_that_stand_still(db, 0.5))
    assert await waiting == ""
    await asyncio.sleep(0.7)
    await other.run(lambda db: membership.end_those_that_stand_still(db, 0.5))
    assert await one.run(lambda db: db.fetchval("SELECT 1")) == 1
    for session in (one, other):
        await session.close()


def test_a_node_that_was_asked_to_stop_stops_though_its_connection_breaks_off(
    database: str, tmp_path: Path
) -> None:
    with InternetProcess(World(hosts=8, pages=64, faults=0, latency=4.0), Limits(None, None)) as net:
        process = under_way(net, database, tmp_path)
        process.send_signal(signal.SIGINT)
        until_said("finishing", tmp_path)
        cut_all(database)
        assert process.wait(30) == 130, (tmp_path / "log").read_text()


def test_a_node_that_comes_back_when_the_others_have_ended_the_crawl_ends_as_they_do(
    database: str, tmp_path: Path
) -> None:
    with InternetProcess(World(hosts=8, pages=64, faults=0, latency=4.0), Limits(None, None)) as net:
        process = under_way(net, database, tmp_path)
        process.send_signal(signal.SIGSTOP)
        asyncio.run(execute(database, "UPDATE crawler_books.meta SET value = 'finished' WHERE key = 'state'"))
        cut_all(database)
        process.send_signal(signal.SIGCONT)
        assert process.wait(30) != 2, (tmp_path / "log").read_text()
    assert "finished already" not in (tmp_path / "log").read_text()


def under_way(net: InternetProcess, database: str, folder: Path) -> "subprocess.Popen[bytes]":
    """A node that has asked for a page, and waits for the answer."""
    config = folder / "internet.toml"
    config.write_text(net.config())
    process = node(database, config, net.seed, folder)
    deadline = time.monotonic() + 40
    while net.ledger().requests < 2:  # after robots.txt
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return process


def until_said(word: str, folder: Path) -> None:
    deadline = time.monotonic() + 20
    while word not in (folder / "log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def cut_all(database: str) -> None:
    """End all connections of the test's database, but this one."""
    asyncio.run(
        execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    )


async def test_a_connection_that_breaks_off_while_the_first_incarnation_ends_is_looked_for_again(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    async def crawl(_node: object, state: NodeState, _joined: object) -> CrawlReport:
        ended.append(state.node)
        if len(ended) == 1:
            raise state.session.give_up()
        return CrawlReport(tmp_path, "finished")

    monkeypatch.setattr(ClusterNode, "_crawl", crawl)
    config = Config().replace({"seeds": ["http://h.example/"], "cluster.name": "books"})
    report = await ClusterNode(config, {}, Place(database, "books"), tmp_path).work()
    assert (report.state, len(ended)) == ("finished", 2)
