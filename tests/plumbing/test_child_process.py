"""The hold on a child process: it kills that one, and nobody else."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from crawler.plumbing.child_process import ChildHandle, ProcessHold


@pytest.fixture(params=["pidfd", "pid"])
def child(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen]:
    """A process that sleeps, on a system with pidfds and on one without."""
    if request.param == "pid":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("pid", [None, 0, -1, -4711])
def test_what_is_no_single_process_cannot_be_held(pid):
    # kill(0) would be this very process and its whole group.
    with pytest.raises(ValueError, match=f"pid {pid}:"):
        ChildHandle(pid)


def test_a_process_that_is_not_started_cannot_be_held():
    with pytest.raises(ValueError, match="not started"):
        ProcessHold(multiprocessing.get_context("spawn").Process())


def test_a_child_that_is_held_is_killed(child):
    handle = ChildHandle(child.pid)
    handle.kill()
    assert child.wait(10) == -9
    handle.kill()
    handle.close()


def test_a_child_that_was_let_go_of_is_not_killed_as_its_pid_may_be_anybodys(child):
    handle = ChildHandle(child.pid)
    handle.close()
    handle.close()
    handle.kill()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
