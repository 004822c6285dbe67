"""The documentation site, built once for all tests that look at it."""

import fcntl
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

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
    """The folder with the built site, unchecked: ``python -m docs.build_site --check`` does that.

    Workers of one run share it: the first builds it, the others wait.
    """
    if find_spec("zensical") is None:
        pytest.skip("the site is built by zensical, which is not installed: pip install -e '.[docs]'")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built-docs"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            built = generate(folder)
            assert built.returncode == 0, built.stdout + built.stderr
            (folder / "done").touch()
    return folder / "site"
