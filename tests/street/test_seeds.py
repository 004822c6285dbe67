"""Seeds are URLs as people type them; pages are crawled once, under the name that the standard gives them."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests import crawls
from tests.graph_server import graph_site
from tests.stations.fetch_servers import by_target, byte_server, ok


def test_a_seed_is_written_as_the_standard_writes_it(tmp_path):
    with graph_site(3) as site:
        port = site.url.rsplit(":", 1)[1].rstrip("/")
        typed = [f"HTTP://127.1:{port}", f"http://127.0.0.1:{port}/x/../#top"]
        done = crawls.crawl("run", *typed, "-o", tmp_path)
        assert done.returncode == 0, done.stderr
        assert set(crawls.urls(tmp_path)) == site.urls
        assert set(crawls.urls(tmp_path).values()) == {1}
        # The same crawl, however it is typed.
        again = crawls.crawl("run", site.url, "-o", tmp_path)
        assert (again.returncode, "finished already" in again.stderr) == (2, True)


def test_a_crawl_at_its_page_limit_has_nothing_left_to_do(tmp_path):
    with graph_site(30) as site:
        for code in (0, 2):
            done = crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 5)
            assert done.returncode == code, done.stderr
        assert "a limit ended the crawl" in done.stderr
        found = crawls.summary(tmp_path)
        assert (found["runs"], found["ok"], found["requests"]) == (1, 5, 6)
        assert crawls.crawl("run", site.url, "-o", tmp_path, "--max-pages", 8).returncode == 0
        assert crawls.summary(tmp_path)["ok"] == 8


def test_an_origin_that_the_user_names_may_be_a_local_one(tmp_path):
    class Start(BaseHTTPRequestHandler):
        def do_GET(self):
            body = f"<a href='{site.url}'>next door</a>".encode() if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with graph_site(3) as site, ThreadingHTTPServer(("127.0.0.1", 0), Start) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        done = crawls.crawl("run", url, "-o", tmp_path, "--set", f"scope.origins={site.url}")
        server.shutdown()
        assert done.returncode == 0, done.stderr
        assert set(crawls.urls(tmp_path)) == {url, *site.urls}
        assert {record.kind for record in crawls.records(tmp_path)} == {None}


async def test_a_seed_that_redirects_to_where_nobody_is_was_not_reached(tmp_path):
    async with byte_server(b"") as gone:
        dead = f"{gone.url}/"
    answers = {
        "/to": ok(b"", f"Location: {dead}\r\n", "302 Found"),
        "/again": ok(b"", "Location: /to\r\n", "302 Found"),
        "/page": ok(),
    }
    async with byte_server(by_target(answers)) as server:
        seed = f"{server.url}/again"
        options = ["--retries", 0, "--no-progress", "--set", f'scope.origins=["{dead}"]']
        options += ["--set", 'fetch.allow_addresses=["127.0.0.1/32"]', "-o"]
        done = await asyncio.to_thread(crawls.crawl, "run", seed, *options, tmp_path)
        assert done.returncode == 3, done.stderr
        wanted = f"no seed could be reached: {dead} (connect), to which {server.url}/to redirects"
        assert wanted in done.stderr
        # It is not finished: the next run tries once more.
        done = await asyncio.to_thread(crawls.crawl, "run", seed, *options, tmp_path)
        assert (done.returncode, crawls.summary(tmp_path)["runs"]) == (3, 2)
        assert crawls.urls(tmp_path) == {seed: 1, f"{server.url}/to": 1, dead: 1}
        # One seed that was reached is enough.
        page = f"{server.url}/page"
        done = await asyncio.to_thread(crawls.crawl, "run", seed, page, *options, tmp_path / "both")
        assert done.returncode == 0, done.stderr
