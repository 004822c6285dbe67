"""The walk: what is entered of the program when one page, one redirect and one retry are crawled.

``python -m tests.walk`` prints it, file by file. tests/house/test_walk.py keeps it from growing.
"""

import http.server
import os
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("engine", "frontier", "fetch", "parse", "write")
"""The rooms that the street runs through."""
GROUND = (*ROOMS, "plumbing")
"""The same, and what they stand on."""


class _Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    busy_once = True

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(302, Location="/page")
        elif self.path == "/page" and type(self).busy_once:
            type(self).busy_once = False
            self._answer(503)
        elif self.path == "/page":
            self._answer(200, b"<title>One</title><a href='#here'>Here</a>", **{"Content-Type": "text/html"})
        else:
            self._answer(404)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def traced_crawl(
    variables: tuple[str, ...], host: str, *options: str, again: bool = False
) -> list[tuple[str, ...]]:
    """Crawl the site; the lines, as words, that its processes write to the file that ``variables`` name.

    ``again``: twice, the second time as a further generation.
    """
    _Site.busy_once = True
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server,
        tempfile.TemporaryDirectory() as made,
    ):
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        folder, out = Path(made), Path(made, "written")
        environment = (
            os.environ | dict.fromkeys(variables, str(out)) | {"PYTHONPATH": str(ROOT / "tests" / "traced")}
        )
        seed = f"http://{host}:{server.server_address[1]}/"
        arguments = ["run", seed, "-o", str(folder / "out"), "--set", "fetch.backoff=0.1", *options]
        try:
            for how in ([], ["--again"]) if again else ([],):
                subprocess.run(
                    [sys.executable, "-m", "crawler", *arguments, *how],
                    cwd=ROOT, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL,
                )  # fmt: skip
        finally:
            server.shutdown()
            serving.join()
        return [tuple(line.split("\t")) for line in out.read_text(encoding="utf-8").splitlines()]


def walk() -> dict[str, list[str]]:
    """The named functions that are entered, start and end included, in all processes: by file, in order."""
    lines = set(traced_crawl(("WALK_OUT",), "127.0.0.1", "--no-progress"))
    found: dict[str, list[str]] = defaultdict(list)
    for path, name, _ in sorted(lines, key=lambda line: (line[0], int(line[2]))):
        if not name.rpartition(".")[2].startswith("<"):  # a lambda, or a loop in brackets, has no name
            found[path].append(name)
    return dict(found)


def in_rooms(found: dict[str, list[str]], rooms: tuple[str, ...] = ROOMS) -> dict[str, list[str]]:
    """What of it is in these rooms."""
    return {path: names for path, names in found.items() if path.partition("/")[0] in rooms}


def size_of(found: dict[str, list[str]]) -> tuple[int, int]:
    """How many functions, in how many files."""
    return sum(map(len, found.values())), len(found)


if __name__ == "__main__":
    everything = walk()
    shown = everything if "--all" in sys.argv else in_rooms(everything, GROUND)
    for path, names in shown.items():
        print(f"{path} ({len(names)}): {', '.join(name.replace('<locals>.', '') for name in names)}")
    for room in GROUND:
        print("{}: {} functions in {} files".format(room, *size_of(in_rooms(everything, (room,)))))
    print("the street's rooms: {} functions in {} files".format(*size_of(in_rooms(everything))))
    print("with plumbing: {} functions in {} files".format(*size_of(in_rooms(everything, GROUND))))
