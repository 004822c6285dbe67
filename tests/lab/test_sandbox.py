"""The process of its own for what an experiment does: it may do anything, and nothing of it is left."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from crawler.lab import sandbox_process
from crawler.lab.finding import NotPossible
from crawler.lab.sandbox_process import measured, run_alone
from tests.lab.marked import assert_gone, marked, nothing_left


def add(one: int, other: int) -> int:
    return one + other


def fail() -> None:
    raise ValueError("no")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(60)


def hang_with_children() -> None:
    """Children, semaphores that have names, and no end."""
    context = multiprocessing.get_context("forkserver")
    queue = context.Queue()
    for _ in range(3):
        context.Process(target=queue.get).start()
    time.sleep(60)


def leave_a_child() -> str:
    """Gone before its child is, which nobody waits for."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    return "left"


def name_semaphores_and_hang(path: str) -> None:
    lock = multiprocessing.get_context("spawn").Lock()
    Path(path).write_text(lock._semlock.name)
    time.sleep(60)


def test_the_answer_comes_back():
    with nothing_left():
        assert measured(add, 1, 2) == 3


def test_a_failure_says_where_and_why():
    with (
        nothing_left(),
        pytest.raises(ChildProcessError, match=r"(?s)test_sandbox\.fail ended with 1:.*ValueError: no"),
    ):
        measured(fail)


def test_a_hang_is_ended_and_said():
    with nothing_left(), pytest.raises(ChildProcessError, match=r"hang took longer than 0\.5 s"):
        measured(hang, timeout=0.5)


def test_a_death_is_an_exit_code():
    with nothing_left():
        outcome = run_alone(die, timeout=30)
    assert (outcome.exit_code, outcome.answer, outcome.hung) == (-signal.SIGKILL, None, False)


def test_children_that_hang_are_ended_too():
    with nothing_left():
        assert run_alone(hang_with_children, timeout=1.5).hung


def test_a_child_that_outlives_its_program_is_ended():
    with nothing_left():
        outcome = run_alone(leave_a_child, timeout=4)
    assert (outcome.answer, outcome.exit_code, outcome.hung) == ("left", 0, False)


def test_semaphores_of_the_killed_are_removed(tmp_path):
    with nothing_left():
        run_alone(name_semaphores_and_hang, str(tmp_path / "name"), timeout=1.5)
    name = (tmp_path / "name").read_text().removeprefix("/")
    assert name
    assert not (Path("/dev/shm") / f"sem.{name}").exists()


PROGRAM = """
from tests.lab import test_sandbox
from crawler.lab.sandbox_process import run_alone
run_alone(test_sandbox.hang_with_children, timeout=60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_program(number):
    with nothing_left() as mark:
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + 20
        while len(marked(mark)) < 6:  # the program, the sandbox, its three children and their fork server
            assert time.monotonic() < until
            time.sleep(0.02)
        program.send_signal(number)
        program.wait(20)
        assert_gone(mark)


def test_where_there_are_no_process_groups_it_is_said(monkeypatch):
    monkeypatch.setattr(sandbox_process, "os", SimpleNamespace(name="nt"))
    with pytest.raises(NotPossible, match="process groups"):
        run_alone(add, 1, 2, timeout=1)
