"""A site whose pages take their time, and which counts who asks for them: a crawl of it can be looked at."""

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SlowSite:
    """So many pages, a tree in which each leads to ten; every seventh is not there."""

    def __init__(self, pages: int, seconds: float) -> None:
        self.requests = self.at_once = self.most_at_once = 0
        self._pages, self._seconds, self._lock = pages, seconds, threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="site")
        self.url = f"http://127.0.0.1:{self._server.server_port}/0"

    def __enter__(self) -> "SlowSite":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with site._lock:
                    site.requests += 1
                    site.at_once += 1
                    site.most_at_once = max(site.most_at_once, site.at_once)
                time.sleep(site._seconds)
                with site._lock:
                    site.at_once -= 1
                name = self.path[1:]
                number = int(name) if name.isdigit() else -1
                status = 404 if number < 0 or number % 7 == 6 else 200
                first = 10 * number + 1
                links = "".join(
                    f'<a href="/{to}">{to}</a> ' for to in range(first, first + 10) if to < site._pages
                )
                body = f"<!doctype html><title>Page {number} &amp; &lt;b&gt;</title>{links}".encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked was killed
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """A test's output is the test's."""

        return Handler
