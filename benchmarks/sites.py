"""Sites to crawl on this machine: Debian's documentation packages behind nginx, and a generated one.

    python benchmarks/sites.py python3-doc                     serves until Ctrl-C
    python benchmarks/sites.py generated --pages 2000 --links 20 --size 10000 --delay 0.01

From other scripts and from tests: ``with sites.serve("python3-doc") as url:`` and
``with sites.generated(pages=2000) as url:``. Every site listens on a free port of 127.0.0.1.
"""

import argparse
import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class SiteMissing(Exception):
    """nginx or a documentation package is not installed; the message says how to get it."""


@dataclass(frozen=True)
class DocsSite:
    """A Debian package of HTML pages."""

    package: str
    index: str
    """The page to start from, below the root."""
    roots: tuple[str, ...]
    """Where the package puts its pages; the newest one that exists is served. May hold wildcards."""


DOCS: dict[str, DocsSite] = {
    "python3-doc": DocsSite(
        "python3-doc", "index.html", ("/usr/share/doc/python3-doc/html", "/usr/share/doc/python3.*-doc/html")
    ),
    "postgresql-doc": DocsSite(
        "postgresql-doc",
        "index.html",
        ("/usr/share/doc/postgresql-doc-15/html", "/usr/share/doc/postgresql-doc-*/html"),
    ),
    "openjdk-doc": DocsSite(
        "openjdk-17-doc",
        "index.html",
        ("/usr/share/doc/openjdk-17-jre-headless/api", "/usr/share/doc/openjdk-*-jre-headless/api"),
    ),
    "openjdk-base": DocsSite(
        "openjdk-17-doc",
        "module-summary.html",
        (
            "/usr/share/doc/openjdk-17-jre-headless/api/java.base",
            "/usr/share/doc/openjdk-*-jre-headless/api/java.base",
        ),
    ),
}
NAMES = (*DOCS, "generated")
READY_WITHIN = 10.0
"""Seconds in which a server must answer."""

NGINX_CONF = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    log_not_found off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    keepalive_timeout 300s;
    open_file_cache max=20000;
    types {{
        text/html html htm;  text/css css;  text/plain txt;  text/xml xml;
        application/javascript js;  application/json json;
        image/png png;  image/gif gif;  image/jpeg jpg jpeg;  image/svg+xml svg;
    }}
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root "{root}";
        index index.html;
    }}
}}
"""


def root_of(name: str) -> Path:
    """The folder of a documentation site's pages; :class:`SiteMissing` when it is not installed."""
    site = DOCS[name]
    for pattern in site.roots:
        found = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        for root in found:
            if (root / site.index).is_file():
                return root.resolve()
    raise SiteMissing(f"{name}: its pages are not on this machine (apt-get install {site.package} nginx)")


def find_nginx() -> str:
    """The nginx program; :class:`SiteMissing` when there is none."""
    # Debian keeps it in sbin, which is not on everybody's PATH.
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise SiteMissing("nginx is not installed (apt-get install nginx)")
    return nginx


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(port: int, server: subprocess.Popen[str]) -> None:
    """Return once the port accepts connections; :class:`SiteMissing` with the server's words when it died."""
    end = time.monotonic() + READY_WITHIN
    while server.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    server.kill()
    raise SiteMissing(f"the server did not start: {server.communicate()[1].strip()}")


@contextlib.contextmanager
def serve(name: str) -> Iterator[str]:
    """Serve a documentation site with its own nginx; gives the URL of its first page."""
    with serve_folder(root_of(name)) as url:
        yield f"{url}{DOCS[name].index}"


@contextlib.contextmanager
def serve_folder(root: Path) -> Iterator[str]:
    """Serve any folder with an nginx of its own; gives its URL."""
    nginx, port = find_nginx(), free_port()
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        conf = Path(folder, "nginx.conf")
        conf.write_text(NGINX_CONF.format(folder=folder, port=port, root=root), encoding="utf-8")
        command = [nginx, "-p", folder, "-e", "stderr", "-c", str(conf)]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            wait_until_it_answers(port, server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()  # nginx's fast shutdown
            server.communicate(timeout=READY_WITHIN)


@contextlib.contextmanager
def generated(
    pages: int = 2000,
    links: int = 20,
    size: int = 10_000,
    seed: int = 0,
    delay: float = 0.0,
    *,
    hosts: int = 1,
    prepare: bool = False,
    times: Path | None = None,
) -> Iterator[str]:
    """Serve pages made on the fly by a process of its own; gives the URL of the first.

    Args:
        pages: how many there are; every one can be reached from the first.
        links: links on each page.
        size: bytes of each page, about (never less than its links need).
        seed: another seed, another graph.
        delay: seconds before each answer.
        hosts: addresses that the pages are spread over.
        prepare: make all pages before the first is asked for, so that serving them costs little.
        times: a file for when each request came, written when the site ends.

    """
    script = Path(__file__).with_name("generated_site.py")
    numbers = {"--pages": pages, "--links": links, "--size": size, "--seed": seed, "--delay": delay}
    words = [str(word) for pair in numbers.items() for word in pair]
    words += ["--hosts", str(hosts), *(["--prepare"] if prepare else [])]
    words += ["--times", str(times)] if times else []
    # The server ends at the end of its stdin: it cannot outlive this process, however that dies.
    server = subprocess.Popen(
        [sys.executable, str(script), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().strip() if server.stdout else ""
        if not url:
            raise SiteMissing("the generated site did not start; what it said is above")
        yield url
    finally:
        server.communicate(timeout=READY_WITHIN)


def add_generated_options(parser: argparse.ArgumentParser) -> None:
    """The command line's options for the generated site."""
    parser.add_argument("--pages", type=int, default=2000, help="generated: how many pages")
    parser.add_argument("--links", type=int, default=20, help="generated: links on each page")
    parser.add_argument("--size", type=int, default=10_000, help="generated: bytes of a page")
    parser.add_argument("--seed", type=int, default=0, help="generated: which graph")
    parser.add_argument("--delay", type=float, default=0.0, help="generated: seconds before each answer")


def open_site(options: argparse.Namespace) -> contextlib.AbstractContextManager[str]:
    """The site that a command line asks for."""
    if options.site != "generated":
        return serve(options.site)
    return generated(options.pages, options.links, options.size, options.seed, options.delay)


def main() -> None:
    """Serve one site until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description="Serve a site on a free loopback port until Ctrl-C.")
    parser.add_argument("site", choices=NAMES)
    add_generated_options(parser)
    # So that `kill` ends the server below as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with open_site(parser.parse_args()) as url:
            print(url, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    except SiteMissing as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
