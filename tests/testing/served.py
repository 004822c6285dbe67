"""Small sites on the loopback, each served as an app's test would serve it."""

import http.server
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.http_thread import in_a_thread

PAGE = '<!doctype html><html lang="en"><title>{0}</title><h1>{0}</h1>{1}</html>'
GOOD = {"/": '<a href="/one">One</a>', "/one": '<a href="/">Home</a>'}
BROKEN = {"/": '<a href="/one">One</a> <a href="/gone">Gone</a>', "/one": '<a href="/gone">Gone</a>'}
WITH_WARNING = {"/": '<a href="/one">One</a> <img src="/one">', "/one": "<p>One.</p>"}


@contextmanager
def serving(
    pages: Mapping[str, str],
    *,
    plain: Sequence[str] = (),
    wants: Mapping[str, str] | None = None,
    asked: list[str] | None = None,
) -> Iterator[str]:
    """The URL at which a thread serves ``pages``: bodies by path, those that are ``plain`` as text.

    All is answered with 403 without the headers that it ``wants``; ``asked`` gets the paths.
    """

    class Site(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            refused = any(self.headers[name] != value for name, value in (wants or {}).items())
            found = None if refused else pages.get(self.path)
            text = found or "There is none."
            is_plain = self.path in plain
            body = (text if is_plain else PAGE.format(f"Page {self.path}", text)).encode()
            self.send_response(403 if refused else 200 if found is not None else 404)
            self.send_header("Content-Type", f"text/{'plain' if is_plain else 'html'}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with in_a_thread(Site) as port:
        yield f"http://127.0.0.1:{port}/"
