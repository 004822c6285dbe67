"""The documentation site, built once for all tests of it, whichever worker runs them."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from crawler.plumbing.file_lock import FileLock
from docs.build_site import generate

PATIENCE = 300
"""Seconds for a test that may be the one for which the site is built."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have those that need the site wait for it."""
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site. Nothing in it may be changed."""
    if find_spec("zensical") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the site is built by zensical")
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, built = shared / "docs-site", shared / "docs-site.built"
    lock = FileLock(shared / "docs-site.lock")
    lock.acquire(timeout=600)
    try:
        if not built.exists():
            folder.mkdir()
            made = generate(folder)
            assert made.returncode == 0, made.stdout + made.stderr
            built.touch()
    finally:
        lock.release()
    return folder / "site"
