"""Fetch processes: the same exchanges as with one loop, hosts kept apart, deaths that cost nothing."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch import loop_thread, loops_pool
from crawler.fetch.fetch_job import FetchJob, Home, make_fetcher
from crawler.fetch.fetcher import Exchange, Fetcher, Later, Retry
from crawler.fetch.loops_pool import FetchLoops
from crawler.model import record
from crawler.model.errors import ChildFailed, CrawlFailed, StoreFailed
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Kind
from crawler.plumbing import piped_process
from crawler.plumbing.fork_server_process import child_context
from crawler.rules import urls
from crawler.rules.partition import partition
from crawler.rules.scope import Scope
from crawler.trace.counters import Counters
from crawler.trace.steps import Step
from tests.stations.fetch_servers import Served, by_target, byte_server, ok

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@dataclass
class Frontier:
    """What a fetcher asks the frontier for, written down."""

    kept: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    turns: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    failure: Exception | None = None

    async def load(self, site: str) -> tuple[int, bytes] | None:
        return self.kept.get(site)

    async def save(self, site: str, status: int, body: bytes) -> None:
        if self.failure is not None:
            raise self.failure
        self.kept[site] = status, body

    async def turn(self, url: str) -> None:
        self.turns.append(url)

    async def offer(self, named: Sequence[str]) -> None:
        self.offered += named


@dataclass
class Rig:
    """One fetcher of either kind, ready to fetch."""

    fetcher: Fetcher | FetchLoops
    frontier: Frontier
    counters: Counters
    logged: list[str]

    async def fetch(self, url: str, step: Step | None = None, **ticket: Any) -> Exchange:
        """What becomes of ``url``, asked again where its first turn went to robots.txt."""
        step = step or Step("fetch", "fetch-0")
        one = Ticket(7, url, 1, 2, **ticket)
        exchange = await self.fetcher.fetch(one, step)
        return await self.fetcher.fetch(one, step) if isinstance(exchange.result, Later) else exchange


@asynccontextmanager
async def rig(
    spool: Path, *sites: Served, loops: int = 2, session: dict[str, Any] | None = None, **keys: Any
) -> AsyncIterator[Rig]:
    """``keys`` are sections of the configuration."""
    fetch = {"retries": 1, **keys.pop("fetch", {}), "loops": loops}
    config = Config(seeds=[site.url for site in sites], fetch=fetch, session=session or {}, **keys)
    origins = frozenset(urls.origin(site.url) for site in sites)
    frontier, counters, logged = Frontier(), Counters(), []
    job = FetchJob(config, {}, origins, Scope(origins), Scope(origins), spool)
    home = Home(frontier.load, frontier.save, frontier.turn, frontier.offer)
    if loops == 1:
        fetcher: Fetcher | FetchLoops = make_fetcher(job, home, counters)
    else:
        fetcher = FetchLoops(
            job,
            home,
            counters,
            context=child_context(None),
            feed_log=lambda fields: logged.append(fields["message"]),
        )
    try:
        if isinstance(fetcher, FetchLoops):
            await fetcher.start()
        yield Rig(fetcher, frontier, counters, logged)
    finally:
        await fetcher.close()


@asynccontextmanager
async def slow_server(seconds: float = 30.0) -> AsyncIterator[Served]:
    """Answers the second request at once; the first one only after ``seconds``."""

    async def answer(served: Served, _head: str, writer: asyncio.StreamWriter) -> None:
        if len(served.heads) == 1:
            await asyncio.sleep(seconds)
        writer.write(ok(b"<p>here"))
        await writer.drain()

    async with byte_server(answer) as served:
        yield served


async def seen(served: Served, requests: int = 1) -> None:
    """Wait until the server has seen so many requests."""
    async with asyncio.timeout(20):
        while len(served.heads) < requests:
            await asyncio.sleep(0.01)


def comparable(exchange: Exchange) -> Any:
    """An exchange without its times."""
    pushback = exchange.pushback
    taught = pushback.retry_after, pushback.crawl_delay, pushback.failed, pushback.asked, pushback.elapsed > 0
    result = exchange.result
    if isinstance(result, Finished):
        line = replace(record.decode(result.record), fetched_at="", elapsed_ms=None)
        return taught, result.ticket, line, result.redirect
    if isinstance(result, Page):
        return taught, replace(result, fetched_at=0.0, elapsed=0.0, pieces=(result.body,))
    if isinstance(result, Retry):
        return taught, replace(result, delay=0.0)
    return taught, result


ROBOTS = ok(b"User-agent: *\nDisallow: /private\nCrawl-delay: 2\nSitemap: /list.xml\n")
SITE = {
    "/robots.txt": ROBOTS,
    "/page": ok(b"<p>a page", headers="X-One: 1\r\n"),
    "/long": ok(b"x" * 5_000),
    "/moved": ok(b"", headers="Location: /page\r\n", status="302 Found"),
    "/busy": ok(b"", headers="Retry-After: 7\r\n", status="503 Away"),
    "/picture": ok(b"png", headers="Content-Type: image/png\r\n"),
    "/cookie": ok(b"", headers="Location: /cookie\r\nSet-Cookie: a=b\r\n", status="302 Found"),
}


async def test_every_sort_of_exchange_is_the_same_as_with_one_loop(tmp_path):
    found: dict[int, list[Any]] = {}
    counted: dict[int, Any] = {}
    async with byte_server(by_target(SITE)) as served:
        for loops in (1, 2):
            async with rig(
                tmp_path, served, loops=loops, fetch={"spool_above": 1_000}, sitemaps={"follow": True}
            ) as fetching:
                exchanges = [
                    await fetching.fetch(f"{served.url}{path}") for path in (*SITE, "/private/x", "/no")
                ]
                counters, frontier = fetching.counters, fetching.frontier
            found[loops] = [comparable(exchange) for exchange in exchanges]
            counted[loops] = (counters.requests, counters.bytes, dict(counters.statuses))
            counted[loops] += (frontier.kept, frontier.turns, frontier.offered)
            spooled = tmp_path / "7.body"
            assert spooled.read_bytes() == b"x" * 5_000
            spooled.unlink()
    assert found[1] == found[2]
    assert counted[1] == counted[2]
    assert counted[1][4] == [f"{served.url}/cookie"]
    assert counted[1][5] == [f"{served.url}/list.xml"]
    assert {crawl_delay for (_, crawl_delay, *_), *_ in found[2]} == {2.0}
    assert [retry_after for (retry_after, *_), *_ in found[2] if retry_after] == [7.0]


async def test_a_host_is_fetched_by_the_process_of_its_partition(tmp_path):
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(byte_server(by_target({}))) for _ in range(8)]
        fetching = await stack.enter_async_context(rig(tmp_path, *sites, loops=3, robots={"obey": False}))
        pids: dict[str, set[int]] = {}
        for site in sites:

            async def note(site: Served = site, step: Step | None = None) -> None:
                step = step or Step("fetch", "fetch-0")
                asked = asyncio.ensure_future(fetching.fetch(f"{site.url}/x", step))
                await asyncio.sleep(0)  # it has been handed over
                pids.setdefault(site.url, set()).add(step.pid)
                await asked
                assert step.pid == os.getpid()

            await note()
            await note()
        of_loop: dict[int, set[int]] = {}
        for url, found in pids.items():
            of_loop.setdefault(partition(url, 256) % 3, set()).update(found)
        assert all(len(found) == 1 for found in of_loop.values())
        assert len(set.union(*of_loop.values())) == len(of_loop)
        assert [site.connections for site in sites] == [1] * 8  # kept alive, in one process


async def test_what_a_killed_process_was_fetching_is_fetched_again_in_its_turn(tmp_path):
    async with slow_server() as served, rig(tmp_path, served, robots={"obey": False}) as fetching:
        step = Step("fetch", "fetch-0")
        asked = asyncio.ensure_future(fetching.fetch(f"{served.url}/x", step))
        await seen(served)
        os.kill(step.pid, signal.SIGKILL)
        page = (await asyncio.wait_for(asked, 20)).result
        assert isinstance(page, Page)
        assert page.body == b"<p>here"
        assert served.targets == ["/x", "/x"]
        assert fetching.frontier.turns == [f"{served.url}/x"]
        assert fetching.counters.fetcher_restarts == 1
        # And the new one is as good as the old one.
        assert isinstance((await fetching.fetch(f"{served.url}/y")).result, Page)
        assert fetching.counters.fetcher_restarts == 1


async def test_a_process_killed_while_idle_is_replaced_when_it_is_needed(tmp_path):
    async with byte_server(by_target(SITE)) as served, rig(tmp_path, served) as fetching:
        step = Step("fetch", "fetch-0")
        asked = asyncio.ensure_future(fetching.fetch(f"{served.url}/page", step))
        await asyncio.sleep(0)
        pid = step.pid
        await asked
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert isinstance((await fetching.fetch(f"{served.url}/page")).result, Page)
        assert fetching.counters.fetcher_restarts == 1
        # robots.txt was kept by the frontier, so it is not asked for again.
        assert served.targets.count("/robots.txt") == 1


async def test_a_hung_process_is_killed_and_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_thread, "SILENT_LOOKS", 2)
    async with slow_server() as served, rig(tmp_path, served, robots={"obey": False}) as fetching:
        step = Step("fetch", "fetch-0")
        asked = asyncio.ensure_future(fetching.fetch(f"{served.url}/x", step))
        await seen(served)
        os.kill(step.pid, signal.SIGSTOP)
        page = (await asyncio.wait_for(asked, 20)).result
        assert isinstance(page, Page)
        assert fetching.counters.fetcher_restarts == 1


async def test_a_url_under_which_every_process_dies_ends_with_a_sentence_and_costs_no_other(tmp_path):
    """It kills whoever asks for it, as a fault in the HTTP library would; another one is in flight too."""
    step = Step("fetch", "fetch-0")

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        if "/poison" in head:
            os.kill(step.pid, signal.SIGKILL)
            return
        if served.targets.count("/poison") < 3:
            await asyncio.sleep(30)  # so it dies with the poison, as often as that may be
        writer.write(ok(b"<p>here"))
        await writer.drain()

    async with byte_server(answer) as served, rig(tmp_path, served, robots={"obey": False}) as fetching:
        other = asyncio.ensure_future(fetching.fetch(f"{served.url}/other"))
        await seen(served)
        ended = (await asyncio.wait_for(fetching.fetch(f"{served.url}/poison", step), 30)).result
        assert isinstance(ended, Finished)
        assert ended.kind is Kind.FETCH_CRASH
        line = record.decode(ended.record)
        assert line.message == "The fetch process died 5 times while it was fetched."
        assert served.targets.count("/poison") == 5
        assert isinstance((await asyncio.wait_for(other, 20)).result, Page)


async def test_cookies_outlive_the_process_that_was_given_them(tmp_path):
    asked: list[bool] = []

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        asked.append("Cookie: sid=1" in head)
        writer.write(ok(headers="" if asked[-1] else "Set-Cookie: sid=1\r\n"))
        await writer.drain()

    async with byte_server(answer) as one, byte_server(by_target({})) as other:
        settings = {"session": {"cookies": True}, "robots": {"obey": False}}
        async with rig(tmp_path, one, other, **settings) as fetching:
            step = Step("fetch", "fetch-0")
            first = asyncio.ensure_future(fetching.fetch(f"{one.url}/login", step))
            await asyncio.sleep(0)
            pid = step.pid
            await first
            await fetching.fetch(f"{one.url}/a")
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
            await fetching.fetch(f"{one.url}/b")
            await fetching.fetch(f"{other.url}/c")
    assert asked == [False, True, True]
    assert "Cookie" not in other.heads[0]


async def test_a_login_comes_from_the_main_process_s_environment(tmp_path, monkeypatch):
    """The fork server has been started before the variable was set."""
    monkeypatch.setenv("PAIR_OF_TEST", "me:päss")
    monkeypatch.setenv("PROXY_OF_TEST", "proxy:word")
    async with byte_server(by_target({})) as served, byte_server(ok()) as proxy:
        session = {"auth": [f"{served.url} basic PAIR_OF_TEST"]}
        fetch = {"proxy": proxy.url, "proxy_login": "PROXY_OF_TEST"}
        async with rig(tmp_path, served, session=session, fetch=fetch, robots={"obey": False}) as fetching:
            await fetching.fetch(f"{served.url}/")
    assert "Authorization: Basic bWU6cMOkc3M=" in proxy.heads[0]
    assert "Proxy-Authorization: Basic cHJveHk6d29yZA==" in proxy.heads[0]
    assert "word" not in "".join(fetching.logged)


async def test_a_body_that_cannot_be_spooled_ends_the_crawl_with_the_sentence(tmp_path):
    async with byte_server(by_target(SITE)) as served:
        gone = tmp_path / "gone"
        async with rig(gone, served, fetch={"spool_above": 1_000}) as fetching:
            with pytest.raises(CrawlFailed, match=r"7\.body"):
                await fetching.fetch(f"{served.url}/long")


async def test_a_frontier_that_fails_ends_the_crawl_as_with_one_loop(tmp_path):
    async with byte_server(by_target(SITE)) as served, rig(tmp_path, served) as fetching:
        fetching.frontier.failure = StoreFailed("the disk is gone")
        with pytest.raises(StoreFailed, match="the disk is gone"):
            await asyncio.wait_for(fetching.fetch(f"{served.url}/page"), 20)


async def test_processes_that_cannot_be_started_end_the_crawl_with_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(loops_pool, "START_ATTEMPTS", 2)
    monkeypatch.setattr(piped_process, "EXIT_TIMEOUT", 10.0)  # a busy machine takes its time for an end
    certificates = tmp_path / "ca.pem"
    certificates.write_text("not one")
    async with byte_server(by_target(SITE)) as served:
        with pytest.raises(ExceptionGroup) as caught:
            async with rig(tmp_path, served, fetch={"ca_file": certificates}):
                pass
    # Both may get there before the first one's failure stops the other.
    for error in caught.value.exceptions:
        assert isinstance(error, ChildFailed)
        assert re.fullmatch("fetcher-[01] did not start: exit code 1", str(error))


async def test_a_watchdog_can_replace_a_process_by_its_pid(tmp_path):
    async with slow_server() as served, rig(tmp_path, served, robots={"obey": False}) as fetching:
        step = Step("fetch", "fetch-0")
        asked = asyncio.ensure_future(fetching.fetch(f"{served.url}/x", step))
        await seen(served)
        assert isinstance(fetching.fetcher, FetchLoops)
        assert not fetching.fetcher.replace(os.getpid())
        assert fetching.fetcher.replace(step.pid)
        assert isinstance((await asyncio.wait_for(asked, 20)).result, Page)


async def test_the_step_of_a_fetch_process_is_known_here(tmp_path):
    async with slow_server(3) as served, rig(tmp_path, served, robots={"obey": False}) as fetching:
        step = Step("fetch", "fetch-0")
        asked = asyncio.ensure_future(fetching.fetch(f"{served.url}/x", step))
        await seen(served)
        await asyncio.sleep(1.5)
        assert (step.step, step.url) == ("wait for the answer", f"{served.url}/x")
        assert step.pid != os.getpid()
        await asked
