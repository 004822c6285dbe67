"""A whole crawl behind a login: it comes through, and nothing it leaves behind tells the secret."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import crawls
from tests.stations.fetch_servers import Served, byte_server, ok

LOGIN = "me:s3cr3t-w0rd"
ENCODED = base64.b64encode(LOGIN.encode()).decode()
TOKEN = "t0p-t0ken"
SECRETS = ("s3cr3t-w0rd", ENCODED, TOKEN)


@contextlib.contextmanager
def locked_site() -> Iterator[Served]:
    """Three pages for who has the login, else 401; one of them links with a login of its own."""
    ready, stop, found = threading.Event(), asyncio.Event(), []

    async def answer(served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        target = head.split(" ", 2)[1]
        other = served.url.replace("//", "//you:else@")
        body = f'<a href="/two">2</a><a href="{other}/three">3</a>'.encode()
        good = f"Authorization: Basic {ENCODED}\r\n" in head
        if target == "/robots.txt" or not good:
            writer.write(ok(b"", status="404 Not Found" if good else "401 Unauthorized"))
        else:
            writer.write(ok(body))
        await writer.drain()

    async def serve() -> None:
        async with byte_server(answer) as served:
            found.extend((served, asyncio.get_running_loop()))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        found[1].call_soon_threadsafe(stop.set)
        thread.join()


def told(*places: Path | str) -> list[str]:
    """Where a secret can be read."""
    found = []
    for place in places:
        texts = (
            [place.encode()]
            if isinstance(place, str)
            else [p.read_bytes() for p in place.rglob("*") if p.is_file()]
        )
        found += [secret for secret in SECRETS if any(secret.encode() in text for text in texts)]
    return found


def test_a_login_from_the_environment_is_told_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SITE_LOGIN", LOGIN)
    monkeypatch.setenv("SITE_TOKEN", TOKEN)
    with locked_site() as site:
        more = (
            "--set", f"session.auth={site.url} basic SITE_LOGIN", "--set", "session.cookies=true",
            "--set", "session.headers=X-Key: ${SITE_TOKEN}", "--sink", "jsonl", "--sink", "sqlite",
            "--log-level", "DEBUG", "--executor", "inline",
        )  # fmt: skip
        done = crawls.crawl("run", f"{site.url}/", "-o", tmp_path, "--max-pages", "1", *more)
        assert done.returncode == 0, done.stderr
        # The rest, with the variable that the saved settings name; and before that without it.
        monkeypatch.delenv("SITE_LOGIN")
        refused = crawls.crawl("run", f"{site.url}/", "-o", tmp_path, *more)
        assert refused.returncode == 2
        assert "SITE_LOGIN, which is not set" in refused.stderr
        assert "Traceback" not in refused.stderr
        monkeypatch.setenv("SITE_LOGIN", LOGIN)
        again = crawls.crawl("run", f"{site.url}/", "-o", tmp_path, *more)
        assert again.returncode == 0, again.stderr
        assert set(crawls.urls(tmp_path)) == {f"{site.url}/{path}" for path in ("", "two", "three")}
        assert crawls.summary(tmp_path)["ok"] == 3
        assert all(f"X-Key: {TOKEN}\r\n" in head for head in site.heads)
    outputs = [text for run in (done, refused, again) for text in (run.stdout, run.stderr)]
    assert told(tmp_path, *outputs) == []


def test_a_seed_s_own_login_is_told_nowhere(tmp_path):
    with locked_site() as site:
        seed = site.url.replace("//", f"//{LOGIN}@") + "/"
        done = crawls.crawl("run", seed, "-o", tmp_path, "--max-pages", "1", "--executor", "inline")
        assert done.returncode == 0, done.stderr
        refused = crawls.crawl("resume", tmp_path)
        assert refused.returncode == 2
        assert "had a user and password in its URL, which are not saved" in refused.stderr
        again = crawls.crawl("run", seed, "-o", tmp_path, "--executor", "inline")
        assert again.returncode == 0, again.stderr
        assert set(crawls.urls(tmp_path)) == {f"{site.url}/{path}" for path in ("", "two", "three")}
        assert crawls.summary(tmp_path)["ok"] == 3
    outputs = [text for run in (done, refused, again) for text in (run.stdout, run.stderr)]
    assert told(tmp_path, *outputs) == []


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (f"session.auth=http://127.0.0.1 basic {LOGIN}", "it does not name an environment variable"),
        ("session.auth=http://127.0.0.1 basic CRAWLER_X", "variables that start with CRAWLER_ are settings"),
        (f"session.auth=http://{LOGIN}@127.0.0.1 basic X", "its origin holds a login"),
        (f"session.headers=Authorization: Bearer {TOKEN}", "logins belong into session.auth"),
        (f"session.headers=Cookie: {TOKEN}", "cookies belong into session.send_cookies"),
        ("session.headers=Host: other.test", "Host is the HTTP library's own"),
        ("session.headers=Range: bytes=0-1", "with Range a server would not send whole pages"),
        ('session.headers=["X-A: 1\\r\\nX-B: 2"]', "not printable ASCII on one line"),
        ("session.headers=X A: 1", "it does not begin with a header's name"),
        (f"session.send_cookies={TOKEN}", "it is not an origin and NAME=VALUE"),
        ("session.send_cookies=http://127.0.0.1 a=1; Path=/", "without a semicolon"),
        (f"fetch.proxy=http://{LOGIN}@127.0.0.1:1", "a variable that fetch.proxy_login names"),
        ("fetch.proxy=ftp://127.0.0.1:1", "it is not a scheme, a host and a port"),
        ("fetch.proxy=http://127.0.0.1:70000", "there is no such port"),
        (f"seeds=ftp://{LOGIN}@127.0.0.1/", "its scheme is ftp"),
    ],
)
def test_what_is_refused_is_not_shown(tmp_path, setting, reason):
    seed = () if setting.startswith("seeds") else ("http://127.0.0.1:1/",)
    done = crawls.crawl("run", *seed, "-o", tmp_path, "--set", setting)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert told(done.stderr, done.stdout) == []


async def test_a_site_behind_a_gate_is_read_whole(tmp_path):
    """The gate sets its cookie on the way back to the page that it stood before."""

    async def gate(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
        target = head.split(" ", 2)[1]
        if target == "/robots.txt":
            writer.write(ok(b"", status="404 Not Found"))
        elif target == "/check":
            writer.write(ok(b"", "Location: /\r\nSet-Cookie: seen=1\r\n", "302 Found"))
        elif "Cookie: seen=1\r\n" in head:
            writer.write(ok(b"<title>Behind</title><a href=/b>b</a><a href=c/d>d</a><a href=/e>e</a>"))
        else:
            writer.write(ok(b"", "Location: /check\r\n", "302 Found"))
        await writer.drain()

    async with byte_server(gate) as served:
        url = f"{served.url}/"
        options = ("-o", tmp_path, "--set", "session.cookies=true", "--executor", "inline", "--no-progress")
        done = await asyncio.to_thread(crawls.crawl, "run", url, *options, "--max-pages", 2)
        assert done.returncode == 0, done.stderr
        # The cookie is lost with the process, and found again.
        done = await asyncio.to_thread(crawls.crawl, "run", url, *options, "--max-pages", 9)
        assert done.returncode == 0, done.stderr
    records = crawls.records(tmp_path)
    ends = {record.url.removeprefix(url): (record.outcome, record.title) for record in records}
    read = ("ok", "Behind")
    assert ends.pop("") == ("skipped", None)
    assert {"check", "b", "c/d", "e"} <= ends.keys()
    assert set(ends.values()) == {read}
    first = next(record for record in crawls.records(tmp_path) if record.url == f"{url}check")
    assert (first.final_url, [hop.url for hop in first.redirects]) == (url, [url, f"{url}check"])
