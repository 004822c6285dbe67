"""What every test gets: a loop that must not be blocked, and a check that nothing is left behind."""

import functools
import gc
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests.browser import browser  # noqa: F401 - a fixture for every folder
from tests.postgresql import database, pgbouncer, postgresql  # noqa: F401 - fixtures for every folder

TESTS = Path(__file__).parent
# The tests start interpreters by the hundred: each would compile the whole program again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Nothing that is made while tests are collected is garbage: see pytest_collection_finish.
gc.disable()

LONGEST = (
    "street/test_put_off", "street/test_faults", "street/test_cancellation", "street/test_bad_input",
    "crash", "lab", "street", "stations", "plumbing",
)  # fmt: skip
"""Files and folders whose tests take longest, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: a worker that began one of them last would keep all others waiting."""

    @functools.cache
    def turn(path: Path) -> int:
        name = path.relative_to(TESTS).as_posix()
        return next((turn for turn, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=lambda item: turn(item.path))


def pytest_collection_finish() -> None:
    """What has been collected stays: garbage collection need never look at these many objects again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def blockbuster() -> Iterator[BlockBuster]:
    """A blocking call inside the event loop fails the test. To set this up takes longer than most tests."""
    with blockbuster_ctx("crawler") as buster:
        for function in buster.functions.values():
            # Before it connects it looks for ~/.pgpass and certificates: files of a few lines.
            function.can_block_in("asyncpg/connect_utils.py", "_parse_connect_arguments")
            # To block its caller's loop is what check_site() says it does there.
            function.can_block_in("crawler/plumbing/starter_thread.py", "in_own_thread")
        yield buster


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """No test leaves a child process or a thread of ours behind."""
    before, running = set(threading.enumerate()), multiprocessing.active_children()
    yield
    # What a fixture of the whole module started is not this test's.
    children = [child for child in multiprocessing.active_children() if child not in running]
    for child in children:
        child.kill()
    assert not children, f"left behind: {children}"
    threads = [
        thread
        for thread in threading.enumerate()
        if thread not in before and not thread.name.startswith(("asyncio_", "pytest", "prestart"))
    ]
    for thread in threads:
        while thread.ident is None:  # it is just being started
            time.sleep(0.001)
        thread.join(timeout=2)
    assert not [thread for thread in threads if thread.is_alive()], f"left behind: {threads}"
