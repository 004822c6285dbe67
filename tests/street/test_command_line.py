"""What options do to a whole crawl: limits that change, what is sent and not saved, what is printed."""

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import crawls
from tests.graph_server import graph_site

SECRETS = ("c00kie-s3cret", "h3ader-s3cret")
NEVER_WRITTEN = ["crawl.db-shm", "crawl.db-wal", "records.db-shm", "records.db-wal"]


class Site(ThreadingHTTPServer):
    """Pages in a row, each leading to the next; what was sent to it, by path."""

    def __init__(self) -> None:
        self.heads: dict[str, dict[str, str]] = {}
        site = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.heads[self.path] = {name.lower(): value for name, value in self.headers.items()}
                number = re.fullmatch(r"/(\d*)", self.path)
                body = b"<a href='/%d'>next</a>" % (int(number[1] or 0) + 1) if number else b""
                if self.path == "/map.xml":
                    body = f"<urlset><url><loc>{site.url}in-the-map</loc></url></urlset>".encode()
                missing = not body or self.path == "/9"
                self.send_response(404 if missing else 200)
                self.send_header("Content-Type", "text/xml" if self.path == "/map.xml" else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_a_crawl_that_a_limit_ended_goes_on_with_another(site: Site, tmp_path: Path) -> None:
    done = crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 2)
    assert done.returncode == 0, done.stderr
    assert f"crawler resume {tmp_path} --max-pages N" in done.stdout
    same = crawls.crawl("resume", tmp_path)
    assert same.returncode == 0
    assert same.stdout.splitlines()[-1] == f"output: {tmp_path}"
    for said in (same.stdout, crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 2).stderr):
        assert "a limit ended the crawl" in said
        assert "finished already" not in said
        assert f"crawler resume {tmp_path} --max-pages N" in said
        assert "scope.max_pages is 2, it has 2 pages, 1 URLs are pending" in said
    assert crawls.summary(tmp_path)["ok"] == 2
    more = crawls.crawl("resume", tmp_path, "--max-pages", 4, "--retries", 0, "--delay", "0.01")
    assert more.returncode == 0, more.stderr
    found = crawls.summary(tmp_path)
    assert (found["ok"], found["pending"], found["runs"]) == (4, 1, 2)
    saved = json.loads(crawls.crawl("status", tmp_path, "--json").stdout)["settings"]
    assert (saved["scope"]["max_pages"], saved["fetch"]["retries"], saved["politeness"]["delay"]) == (
        4,
        0,
        0.01,
    )
    # Without the limit it comes to its end, and only now that is said.
    assert crawls.crawl("resume", tmp_path, "--max-pages", "none").returncode == 0
    found = crawls.summary(tmp_path)
    assert (found["ok"], found["pending"]) == (9, 0)
    assert "finished already" in crawls.crawl("resume", tmp_path).stdout


def test_a_crawl_that_its_depth_ended_says_what_it_left(site: Site, tmp_path: Path) -> None:
    assert crawls.crawl("run", site.url, "-o", tmp_path, "--max-depth", 1).returncode == 0
    said = crawls.crawl("resume", tmp_path).stdout
    assert "finished already" in said
    assert "1 links were too deep; scope.max_depth cannot change any more" in said


def test_what_may_not_change_is_refused_by_its_key(site: Site, tmp_path: Path) -> None:
    assert crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 1).returncode == 0
    for option, value, key in (
        ("--max-depth", "3", "scope.max_depth"),
        ("--sink", "sqlite", "write.sinks"),
        ("--set", "parse.keep_text=true", "parse.keep_text"),
    ):
        done = crawls.crawl("resume", tmp_path, option, value)
        assert done.returncode == 2
        assert f"holds a crawl with {key} = " in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
def test_what_is_typed_is_sent_and_a_secret_is_saved_nowhere(
    site: Site, tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COOKIE_SID", "HEADER_X_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    secrets = ["--cookie", f"sid={SECRETS[0]}", "--header", f"X-Api-Key: {SECRETS[1]}"]
    options = ["--header", "X-Env: test", "--cookie", f"{site.url} lang=tlh", "--user-agent", "mine/1.0"]
    options += ["-v", "--set", f"fetch.backend={backend}"]
    done = crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 2, *secrets, *options)
    assert done.returncode == 0, done.stderr
    assert "DEBUG" in done.stderr
    for path in ("/robots.txt", "/", "/1"):
        sent = site.heads[path]
        assert (sent["x-env"], sent["x-api-key"], sent["user-agent"]) == ("test", SECRETS[1], "mine/1.0")
        assert sorted(sent["cookie"].split("; ")) == ["lang=tlh", f"sid={SECRETS[0]}"]
    places = [done.stdout, done.stderr, crawls.crawl("status", tmp_path, "--json").stdout]
    places += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not [secret for secret in SECRETS for place in places if secret in place]
    # To go on, they are typed again; whoever forgets one is told which.
    forgotten = crawls.crawl("resume", tmp_path, "--max-pages", 3, *secrets[:2])
    assert forgotten.returncode == 2
    assert "needs the environment variable HEADER_X_API_KEY" in forgotten.stderr
    assert "give --header again" in forgotten.stderr
    assert len(forgotten.stderr.splitlines()) == 1
    monkeypatch.setenv("HEADER_X_API_KEY", SECRETS[1])  # exported is as good as typed
    monkeypatch.setenv("COOKIE_SID", SECRETS[0])
    port = site.server_port
    monkeypatch.setenv(f"COOKIE_HTTP_127_0_0_1_{port}_LANG", "tlh")
    assert crawls.crawl("resume", tmp_path, "--max-pages", 3).returncode == 0
    assert site.heads["/2"]["x-api-key"] == SECRETS[1]
    assert SECRETS[0] in site.heads["/2"]["cookie"]


def test_a_sitemap_that_is_named(site: Site, tmp_path: Path) -> None:
    done = crawls.crawl("run", f"{site.url}8", "-o", tmp_path, "--sitemap", f"{site.url}map.xml")
    assert f"{site.url}in-the-map" in crawls.urls(tmp_path), done.stderr


def test_quiet_is_quiet(site: Site, tmp_path: Path) -> None:
    done = crawls.crawl("run", site.url, "-o", tmp_path, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"output: {tmp_path}\n", "")


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def test_status_leaves_nothing_beside_a_finished_crawl(site: Site, tmp_path: Path) -> None:
    assert crawls.crawl("run", site.url, "-o", tmp_path, "--sink", "sqlite").returncode == 0
    before = names(tmp_path)
    assert not set(before) & set(NEVER_WRITTEN)
    content = (tmp_path / "crawl.db").read_bytes()
    for options in ([], ["--json"], ["--errors"]):
        done = crawls.crawl("status", tmp_path, *options)
        assert done.returncode == 0, done.stderr
        assert names(tmp_path) == before
    assert "broken URLs: 1" in done.stdout
    assert (tmp_path / "crawl.db").read_bytes() == content


def test_status_beside_a_live_crawl_and_after_its_death(tmp_path: Path) -> None:
    with graph_site(300) as site:
        options = ["-o", tmp_path, "--delay", "0.02", "--sink", "jsonl", "--sink", "sqlite"]
        crawl = crawls.start("run", site.url, *options)
        try:
            crawls.wait_for_records(tmp_path)
            assert "crawl running" in crawls.crawl("status", tmp_path, "--errors").stdout
            assert {"crawl.db-wal", "crawl.db-shm"} <= set(names(tmp_path)), "the crawl still needs them"
        finally:
            crawls.kill_group(crawl.pid)
            crawl.communicate()
        crawls.wait_for_empty_group(crawl.pid, 5)
        with closing(sqlite3.connect(f"file:{tmp_path / 'crawl.db'}?mode=ro", uri=True)) as db:
            done = db.execute("SELECT count(*) FROM urls WHERE state != 0").fetchone()[0]
        assert done
        status = json.loads(crawls.crawl("status", tmp_path, "--json").stdout)
        assert (status["state"], sum(status["counts"].values()) - status["counts"]["pending"]) == (
            "dead",
            done,
        )
        crawls.integrity(tmp_path)
        assert crawls.crawl("resume", tmp_path, "--delay", "0").returncode == 0
        assert set(crawls.urls(tmp_path)) == site.urls
        assert set(crawls.urls(tmp_path).values()) == {1}
