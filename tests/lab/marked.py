"""Finds every process that a test has started, however far down, by a mark in its environment."""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "LAB_TEST_MARK"


def marked(mark: str) -> list[int]:
    """The processes that carry the mark, but for this one (its own environment is from before)."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (path / "environ").read_bytes():
                found.append(int(path.name))
        except OSError:  # it ended meanwhile
            continue
    return found


def assert_gone(mark: str, within: float = 6.0) -> None:
    until = time.monotonic() + within
    while left := marked(mark):
        assert time.monotonic() < until, f"left behind: {left}"
        time.sleep(0.02)


@contextmanager
def nothing_left() -> Iterator[str]:
    """No process that is started in this block outlives it; the mark is the block's."""
    mark = os.environ[MARK] = uuid.uuid4().hex
    shared = set(Path("/dev/shm").glob("psm_*"))
    try:
        yield mark
    finally:
        del os.environ[MARK]
    assert_gone(mark)
    until = time.monotonic() + 6
    while left := set(Path("/dev/shm").glob("psm_*")) - shared:
        assert time.monotonic() < until, f"left behind: {left}"
        time.sleep(0.02)
