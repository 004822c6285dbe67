"""Whole crawls against servers that keep a log: what crawl.db says of politeness is what they saw."""

import asyncio
import json
import signal
import socket
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests import crawls

DELAY = 0.25
SLACK = 0.1
"""Seconds by which a request may come to the server early: it was handed out in time, and went faster."""
Answer = tuple[float, str, str, str]
"""Seconds until it comes (infinite: never), status, further header lines, body."""


@dataclass
class Log:
    """What the server saw, by the Host header."""

    asked: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    open: Counter[str] = field(default_factory=Counter)
    peak: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def gap(self, host: str) -> float:
        """Seconds between two requests, the smallest."""
        return min(later - earlier for (earlier, _), (later, _) in pairwise(self.asked[host]))

    def paths(self, host: str) -> Counter[str]:
        return Counter(path for _, path in self.asked[host])


@asynccontextmanager
async def server(answer: Callable[[str, str, int], Answer], sock: socket.socket) -> AsyncIterator[Log]:
    """``answer(host, path, times)``: the path was asked for so many times before."""
    log, tasks = Log(), set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split()[1]
                host = next(line[6:] for line in head.splitlines() if line.lower().startswith("host: "))
                times = log.paths(host)[path]
                log.asked[host].append((time.monotonic(), path))
                log.open[host] += 1
                log.peak[host] = max(log.peak[host], log.open[host])
                seconds, status, headers, body = answer(host, path, times)
                if seconds == float("inf"):
                    await reader.read()
                    break
                await asyncio.sleep(seconds)
                log.open[host] -= 1
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{headers}"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )
                await writer.drain()
                log.answered[host] += 1
        writer.close()

    listening = await asyncio.start_server(serve, sock=sock)
    try:
        yield log
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def status(out: Path) -> dict[str, dict[str, Any]]:
    """What ``crawler status --json`` says of each host."""
    done = crawls.crawl("status", out, "--json")
    assert done.returncode == 0, done.stderr
    return {host["origin"].removeprefix("http://"): host for host in json.loads(done.stdout)["hosts"]}


def site(host: str, path: str, times: int) -> Answer:
    """Twelve pages; one fails at first, one redirects, one wants its cookie, robots.txt has moved."""
    links = "".join(f'<a href="/{name}">{name}</a>' for name in (*range(12), "moved", "cookie"))
    if path == "/robots.txt":
        return 0.0, "301 Moved", "Location: /rules.txt\r\n", ""
    if path == "/rules.txt":
        return 0.0, "200 OK", "", "User-agent: *\nDisallow: /3\n"
    if path == "/moved":
        return 0.0, "302 Found", "Location: /target\r\n", ""
    if path == "/cookie" and not times:
        return 0.0, "302 Found", "Location: /cookie\r\nSet-Cookie: a=b\r\n", ""
    if path == "/5" and not times:
        return 0.0, "500 Oops", "", ""
    return 0.6, "200 OK", "", f"<title>{path}</title>{links}"


async def test_peaks_and_gaps_in_crawl_db_are_those_in_the_servers_own_log(tmp_path):
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    hosts = [f"127.0.0.1:{sock.getsockname()[1]}" for sock in socks]
    logs: dict[str, Log] = {}
    async with server(site, socks[0]) as a, server(site, socks[1]) as b, server(site, socks[2]) as c:
        logs = dict(zip(hosts, (a, b, c), strict=True))
        out = tmp_path / "out"
        options = ("politeness.per_host=2", f"politeness.delay={DELAY}", "fetch.backoff=0.1")
        done = await asyncio.to_thread(
            crawls.crawl, "run", *(f"http://{host}/" for host in hosts), "-o", out, "--no-progress",
            *(part for option in options for part in ("--set", option)),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    found = await asyncio.to_thread(status, out)
    for host, log in logs.items():
        kept = found[host]
        expected = {"/": 1, "/robots.txt": 1, "/rules.txt": 1, "/moved": 1, "/target": 1, "/cookie": 2}
        assert log.paths(host) == expected | {f"/{n}": 1 + (n == 5) for n in range(12) if n != 3}
        assert kept["requests"] == len(log.asked[host])
        assert kept["failures"] == 1
        assert (kept["per_host"], kept["delay"]) == (2, DELAY)
        assert log.peak[host] <= kept["peak"] <= 2
        assert kept["smallest_gap_ms"] >= DELAY * 1_000
        assert log.gap(host) >= DELAY - SLACK
    assert max(log.peak[host] for host, log in logs.items()) == 2
    printed = await asyncio.to_thread(crawls.crawl, "status", out, "--hosts")
    assert all(host in printed.stdout for host in hosts)


@pytest.mark.parametrize("status_line", ["429 Busy", "503 Away"])
async def test_retry_after_rests_the_whole_host(tmp_path, status_line):
    def busy(host: str, path: str, times: int) -> Answer:
        if path == "/robots.txt":
            return 0.0, "404 Not Found", "", ""
        if path == "/1" and not times:
            return 0.0, status_line, "Retry-After: 2\r\n", ""
        return 0.05, "200 OK", "", "".join(f'<a href="/{n}">{n}</a>' for n in range(1, 9))

    sock = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{sock.getsockname()[1]}"
    async with server(busy, sock) as log:
        done = await asyncio.to_thread(
            crawls.crawl, "run", f"http://{host}/", "-o", tmp_path / "out", "--no-progress",
            "--set", "politeness.per_host=1", "--set", "fetch.backoff=0.01",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert sum(log.paths(host).values()) == 11  # robots.txt, nine pages, one of them twice
    told = next(at for at, path in log.asked[host] if path == "/1")
    after = [at for at, _ in log.asked[host] if at > told]
    assert min(after) - told >= 2.0 - SLACK


@pytest.mark.parametrize(
    ("how", "options"),
    [("500 Oops", ()), ("500 Oops", ("--delay", 0)), ("500 Oops", ("--delay", 0.01)), ("429 Enough", ())],
)
async def test_a_local_server_is_asked_at_full_speed_whatever_it_answers_but_enough(tmp_path, how, options):
    """A staging server whose database is gone: whoever checks it wants to know of each page, today."""

    def broken(host: str, path: str, times: int) -> Answer:
        if path in ("/", "/robots.txt"):
            return 0.0, "200 OK", "", "".join(f"<a href=/{n}>n</a>" for n in range(200))
        return 0.02, how, "", "no database"

    sock = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{sock.getsockname()[1]}"
    out = tmp_path / "out"
    async with server(broken, sock) as log:
        crawl = ("run", f"http://{host}/", "-o", out, "--no-progress", "--retries", 0, "--ignore-robots")
        settings = ("--set", "politeness.throttle_max_delay=0.05", "--set", "fetch.busy_max=0")
        done = await asyncio.to_thread(crawls.crawl, *crawl, *settings, *options)
        assert done.returncode == 0, done.stderr
    found = (await asyncio.to_thread(status, out))[host]
    assert (found["failures"], found["requests"]) == (200, 201)
    is_held = (found["per_host_now"], found["delay_now"]) != (found["per_host"], found["delay"])
    assert is_held == how.startswith("429")
    assert found["peak"] > 1
    assert log.paths(host)["/"] == 1


async def test_a_robots_txt_that_an_earlier_run_fetched_is_good_for_what_is_left_of_its_day(tmp_path):
    def pages(host: str, path: str, times: int) -> Answer:
        body = "User-agent: *" if path == "/robots.txt" else "".join(f"<a href=/{n}>n</a>" for n in range(9))
        return 0.0, "200 OK", "", body

    sock = socket.create_server(("127.0.0.1", 0))
    host = f"127.0.0.1:{sock.getsockname()[1]}"
    out = tmp_path / "out"
    options = ("--no-progress", "--delay", 0.25)

    async def run(most: int) -> None:
        run = ("run", f"http://{host}/", "-o", out, *options, "--max-pages", most)
        done = await asyncio.to_thread(crawls.crawl, *run)
        assert done.returncode == 0, done.stderr

    def leave(seconds: float) -> None:
        fetched_at = time.time() - 86_400 + seconds
        with sqlite3.connect(out / "crawl.db") as db:
            assert db.execute("UPDATE lanes SET robots_at = ?", (fetched_at,)).rowcount == 1
        db.close()

    async with server(pages, sock) as log:
        await run(1)
        await asyncio.to_thread(leave, 3_600)
        await run(2)
        assert log.paths(host)["/robots.txt"] == 1
        await asyncio.to_thread(leave, 1.5)
        await run(10)  # it takes two seconds, after its start
        assert log.paths(host)["/robots.txt"] == 2


def everywhere() -> socket.socket:
    """Listens on every address of the loopback device, 127.0.0.0/8, and on nothing else."""
    sock = socket.socket()
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    except (AttributeError, OSError) as error:
        sock.close()
        pytest.skip(f"a thousand addresses need Linux's loopback device: {error}")
    sock.bind(("0.0.0.0", 0))  # of the device lo
    sock.listen(1_000)
    return sock


async def test_of_a_thousand_hosts_a_stuck_one_holds_up_none(tmp_path):
    sock = everywhere()
    port = sock.getsockname()[1]
    hosts = [f"127.0.{n // 250}.{n % 250 + 1}:{port}" for n in range(1_000)]
    stuck, others = hosts[0], hosts[1:]

    held = []

    def answer(host: str, path: str, times: int) -> Answer:
        if host != stuck:
            held.append(log.open[stuck])
        if path == "/robots.txt":
            return 0.0, "404 Not Found", "", ""
        return float("inf") if host == stuck else 0.0, "200 OK", "", "<title>Here</title>"

    seeds = [f"http://{stuck}/{n}" for n in range(60)] + [f"http://{host}/" for host in others]
    config, out = tmp_path / "config.toml", tmp_path / "out"
    config.write_text(f"seeds = {json.dumps(seeds)}\n[fetch]\ntimeout = 300\n")
    async with server(answer, sock) as log:
        process = await asyncio.to_thread(crawls.start, "run", "-c", config, "-o", out, "--no-progress")
        try:
            deadline = time.monotonic() + 50
            while sum(log.answered[host] == 2 for host in others) < 999:
                assert time.monotonic() < deadline, f"{sum(log.answered.values())} answers"
                await asyncio.sleep(0.05)
            # Nothing of the stuck host has timed out: the others did not wait for that.
            assert log.open[stuck] == len(log.asked[stuck]) - 1 >= 1
            assert max(held) <= 16  # half of the places, as long as others have anything to do
            found = await asyncio.to_thread(status, out)
            while sum(found[host]["ok"] for host in others if host in found) < 990:  # all is committed
                assert time.monotonic() < deadline, "what was answered is not committed"
                found = await asyncio.to_thread(status, out)
            for _ in range(2):
                process.send_signal(signal.SIGINT)
                await asyncio.sleep(0.5)
            await asyncio.to_thread(process.wait, 20)
        finally:
            if process.poll() is None:
                crawls.kill_group(process.pid)
            await asyncio.to_thread(process.communicate)
    found = await asyncio.to_thread(status, out)
    assert sum(found[host]["ok"] for host in others) >= 990
    short = (await asyncio.to_thread(crawls.crawl, "status", out)).stdout
    assert "and 980 more" in short
    assert len(short.splitlines()) < 45
    everyone = (await asyncio.to_thread(crawls.crawl, "status", out, "--hosts")).stdout
    assert len([line for line in everyone.splitlines() if f":{port} " in line]) >= 1_000
