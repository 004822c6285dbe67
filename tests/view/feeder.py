"""The protocol of the live page without a crawl: the page is told what a test wants."""

import json
import queue
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from crawler.watch.picture import Picture, as_dict

PAGE = Path(__file__).parents[2] / "crawler" / "view" / "live"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Feeder:
    """Serves the page of one crawl; what its viewers are sent is put in by the test."""

    def __init__(self, mode: str = "live", history: tuple[Picture, ...] = ()) -> None:
        self.mode, self.history = mode, history
        self.first: Picture | None = None
        """The snapshot that whoever connects is sent."""
        self.refuses = False
        """Whether nobody may connect now."""
        self.verbs: list[str] = []
        """What was posted, in its order."""
        self.on_verb: Callable[[str], tuple[int, dict[str, Any]]] = lambda _: (200, {})
        self._viewers: list[queue.SimpleQueue[bytes | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # they are waited for: no thread is left behind
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="feeder")
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> "Feeder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def snapshot(self, picture: Picture) -> None:
        """To all viewers, and to who comes later: a whole picture."""
        self.first = picture
        self._send("snapshot", msgspec.json.encode(picture))

    def change(self, picture: Picture) -> None:
        """The same as what differs."""
        old, new = as_dict(self.first) if self.first else {}, as_dict(picture)
        patch = {key: value for key, value in new.items() if key not in old or old[key] != value}
        for counts in {"counts", "kinds", "statuses"} & patch.keys():
            patch[counts] = {
                **{key: None for key in old[counts] if key not in new[counts]},
                **{key: value for key, value in new[counts].items() if old[counts].get(key) != value},
            }
        self.first = picture
        self._send("change", json.dumps(patch).encode())

    def end(self) -> None:
        """The crawl is over."""
        self._send("end", b"{}")

    def drop(self) -> None:
        """Every viewer loses its connection."""
        for viewer in self._viewers:
            viewer.put(None)
        self._viewers.clear()

    def _send(self, name: str, data: bytes) -> None:
        for viewer in self._viewers:
            viewer.put(b"event: %s\ndata: %s\n\n" % (name.encode(), data))

    def _handler(feeder) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/events" and feeder.refuses:
                    self._answer(503, "text/plain", b"")
                elif path == "/events" and feeder.mode == "live":
                    self._events()
                elif path == "/history" and feeder.mode == "history":
                    pictures = [as_dict(picture) for picture in feeder.history]
                    self._answer(200, "application/json", json.dumps({"pictures": pictures}).encode())
                elif (file := PAGE / (path[1:] or "index.html")).suffix in TYPES and file in PAGE.iterdir():
                    text = file.read_text(encoding="utf-8").replace("{{mode}}", feeder.mode)
                    self._answer(200, TYPES[file.suffix], text.encode())
                else:
                    self._answer(404, "text/plain", b"")

            def do_POST(self) -> None:
                verb = self.path.removeprefix("/do/")
                feeder.verbs.append(verb)
                status, told = feeder.on_verb(verb)
                self._answer(status, "application/json", json.dumps(told).encode())

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", POLICY)
                self.end_headers()
                self.wfile.write(body)

            def _events(self) -> None:
                viewer: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write(b"retry: 50\n\n")
                feeder._viewers.append(viewer)
                if feeder.first is not None:
                    viewer.put(b"event: snapshot\ndata: %s\n\n" % msgspec.json.encode(feeder.first))
                while (event := viewer.get()) is not None:
                    self.wfile.write(event)

            def log_message(self, *_: object) -> None:
                """A test's output is the test's."""

        return Handler
