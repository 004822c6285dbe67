"""A headless Chromium for the tests that look at pages: Debian's, driven through Playwright.

Where there is none the tests are skipped, which in CI is a failure: there one is installed.
"""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
"""As root in a container, and without a request to anybody else."""


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
