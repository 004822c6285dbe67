"""A headless Chromium for the tests that look at pages: Debian's, driven through Playwright.

Where there is none the tests are skipped, which in CI is a failure: there one is installed.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
"""As root in a container, and without a request to anybody else."""

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}


def chromium() -> str:
    """Where it lies; without one the test is skipped, or fails in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "there is no chromium on this machine"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI must have one")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One browser for all tests of a file; make a context for each test, and close it.

    While it is open Playwright keeps an event loop in this thread: no test of that file can be a coroutine.
    """
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, headless=True, args=list(ARGUMENTS))
        yield running
        running.close()


@contextmanager
def opened(
    browser: "Browser", file: Path, viewport=WIDE, scheme: str = "light", fragment: str = "", **more: object
) -> Iterator["Page"]:
    """A page with a file that needs nobody: nothing may go wrong in it, and it may ask for nothing.

    ``fragment``: the part of its address from # on; ``more`` is for the context.
    """
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **more)
    shown = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    shown.on("console", lambda said: wrong.append(said.text))
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("request", lambda request: asked.append(request.url))
    context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
    shown.goto(file.as_uri() + fragment)
    shown.evaluate("new Promise(requestAnimationFrame)")
    yield shown
    context.close()
    assert wrong == []
    assert [url.partition("#")[0] for url in asked] == [file.as_uri()]
