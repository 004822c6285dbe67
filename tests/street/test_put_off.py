"""Whole crawls of hosts that say "come again later": 429."""

import asyncio
import signal
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import pytest

from tests import crawls
from tests.stations.fetch_servers import Served, byte_server, ok

PAGES = 24
OPTIONS = ("--no-progress", "--executor", "inline", "--ignore-robots", "--retries", 0)
LATER = ("Retry-After: 1\r\n", "429 Too Many Requests")


class Bucket:
    """A token bucket: ``rate`` answers a second, ``burst`` at once; each other request is put off."""

    def __init__(self, rate: float, burst: int, later: tuple[str, str] = LATER, pages: int = PAGES) -> None:
        self.rate, self.burst, self.later = rate, burst, later
        self.tokens, self.at = float(burst), time.monotonic()
        self.page = b"".join(b"<a href=/%d>n</a>" % n for n in range(1, pages))
        self.refused: list[tuple[float, str]] = []

    async def __call__(self, served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            writer.write(ok(self.page))
        else:
            headers, status = self.later
            if "DATE" in headers:
                headers = headers.replace("DATE", formatdate(time.time() + 2, usegmt=True))
            self.refused.append((now, served.targets[-1]))
            writer.write(ok(b"", headers, status))
        await writer.drain()


async def crawl(served: Served, out: Path, *more: object, command: str = "run"):
    words = (command, f"{served.url}/", "-o", out, *OPTIONS) if command == "run" else (command, out)
    return await asyncio.to_thread(crawls.crawl, *words, *more)


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
async def test_a_token_bucket_of_five_a_second_gives_all_its_pages(tmp_path, backend):
    bucket = Bucket(5, 3)
    async with byte_server(bucket) as served:
        done = await crawl(served, tmp_path, "--set", f"fetch.backend={backend}")
    assert done.returncode == 0, done.stderr
    records = crawls.records(tmp_path)
    assert Counter((record.outcome, record.attempts) for record in records) == {("ok", 1): PAGES}
    # One rest for all, then one request to see whether it is over: not all of them into the wall each time.
    assert len(bucket.refused) < 3 * PAGES


@pytest.mark.parametrize(
    "later",
    [
        ("", "429 Too Many Requests"),
        ("Retry-After: DATE\r\n", "429 Too Many Requests"),
        ("Retry-After: soon\r\n", "429 Too Many Requests"),
        ("Retry-After: 0\r\n", "429 Too Many Requests"),
    ],
)
async def test_however_it_says_so(tmp_path, later):
    bucket = Bucket(20, 8, later)
    async with byte_server(bucket) as served:
        done = await crawl(served, tmp_path)
    assert done.returncode == 0, done.stderr
    assert {record.outcome for record in crawls.records(tmp_path)} == {"ok"}
    assert crawls.summary(tmp_path)["ok"] == PAGES
    assert bucket.refused


async def test_after_it_is_put_off_a_host_is_asked_for_one_page_until_it_answers(tmp_path):
    """Even where nothing else makes the crawl slower."""
    bucket = Bucket(0.5, 1, pages=12)
    async with byte_server(bucket) as served:
        done = await crawl(
            served, tmp_path, "--set", "politeness.throttle=false", "--set", "fetch.busy_max=5"
        )
    assert done.returncode in (0, 3)
    waves = Counter(round(at - bucket.refused[0][0]) for at, _ in bucket.refused)
    assert max(waves.values()) <= 12
    # Between two tokens, two seconds apart, one request a second looks whether it is over.
    assert sorted(waves.values())[len(waves) // 2] <= 2 or len(waves) < 3


async def test_a_url_that_is_put_off_for_ever_ends_and_the_others_are_read(tmp_path):
    async def one_never(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        later = ok(b"", *LATER)
        page = b"".join(b"<a href=/%d>n</a>" % n for n in range(30))
        writer.write(later if served.targets[-1] == "/7" else ok(page))
        await writer.drain()

    async with byte_server(one_never) as served:
        done = await crawl(served, tmp_path, "--set", "fetch.busy_max=4", "--per-host", 1, "--delay", 0.02)
        assert done.returncode == 0, done.stderr
        kinds = {record.url.removeprefix(served.url): record for record in crawls.records(tmp_path)}
        assert served.targets.count("/7") <= 4
    assert [path for path, record in kinds.items() if record.outcome != "ok"] == ["/7"]
    assert len(kinds) == 31
    bad = kinds["/7"]
    assert (bad.kind, bad.status, bad.attempts) == ("http_status", 429, 1)
    assert bad.message is not None
    assert bad.message.endswith("for longer than the 4 s of fetch.busy_max.")


async def test_a_host_that_is_busy_for_ever_is_left_and_resume_goes_on(tmp_path):
    is_busy = True

    async def busy(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        page = b"".join(b"<a href=/%d>n</a>" % n for n in range(50))
        writer.write(ok(b"", *LATER) if is_busy and served.targets[-1] != "/" else ok(page))
        await writer.drain()

    async with byte_server(busy) as served:
        began = time.monotonic()
        done = await crawl(served, tmp_path, "--set", "fetch.busy_max=3", "--per-host", 4)
        assert time.monotonic() - began < 15
        assert done.returncode == 3
        found = crawls.summary(tmp_path)
        assert found["state"] == "incomplete"
        assert found["discovered"] == found["ok"] + found["error"] + found["pending"] == 51
        # Those that were asked for end, by what they were told; the others are no failures.
        asked = {target for target in served.targets if target != "/"}
        assert found["error"] == len(asked) < 10
        last = done.stderr.splitlines()[-1]
        assert f"{served.url} put everything off for longer than the 3 s of fetch.busy_max" in last
        assert f"{50 - len(asked)} URLs are pending; to go on: crawler resume {tmp_path}" in last
        is_busy = False
        done = await crawl(served, tmp_path, command="resume")
        assert done.returncode == 0, done.stderr
        found = crawls.summary(tmp_path)
        assert (found["ok"], found["error"], found["pending"]) == (51 - len(asked), len(asked), 0)


async def test_a_seed_that_is_put_off_for_ever_is_why_there_is_no_page(tmp_path):
    async with byte_server(Bucket(0, 0)) as served:
        done = await crawl(served, tmp_path, "--set", "fetch.busy_max=2")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].endswith(
        "the server answered 429 (Too Many Requests). So it was for longer than the 2 s of fetch.busy_max"
    )


async def test_a_killed_crawl_keeps_the_rest_and_its_seconds_begin_anew(tmp_path):
    later = ("Retry-After: 3\r\n", LATER[1])
    bucket = Bucket(100, 1, later, pages=6)

    def kill_and_resume(url: str) -> tuple[float, float]:
        running = crawls.start("run", url, "-o", tmp_path, *OPTIONS, "--set", "fetch.busy_max=4")
        while not bucket.refused:
            time.sleep(0.01)
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 130
        running.communicate()
        told, resumed = bucket.refused[-1][0], time.monotonic()
        bucket.burst, bucket.tokens = 50, 50.0
        done = crawls.crawl("resume", tmp_path)
        assert done.returncode == 0, done.stderr
        return told, resumed

    async with byte_server(bucket) as served:
        told, _ = await asyncio.to_thread(kill_and_resume, f"{served.url}/")
    assert crawls.summary(tmp_path)["ok"] == 6
    assert {record.attempts for record in crawls.records(tmp_path)} == {1}
    assert time.monotonic() - told >= 3
