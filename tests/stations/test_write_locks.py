"""The lock on a sink's file, and the fault points."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.plumbing import faults
from crawler.plumbing.file_lock import FileLock, LockBusy, holder_pid, owner_pid

ROOT = Path(__file__).parents[2]


def test_one_holder_at_a_time(tmp_path: Path):
    path = tmp_path / "lock"
    first, second = FileLock(path), FileLock(path)
    first.acquire()
    with pytest.raises(LockBusy) as busy:
        second.acquire(timeout=0.03)
    assert busy.value.pid == os.getpid() == owner_pid(path)
    first.release()
    second.acquire()
    second.release()


def test_its_file_goes_with_it(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_left_behind_locks_nobody_out(tmp_path: Path):
    (tmp_path / "lock").write_text("123456789 and more")
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    assert (tmp_path / "lock").read_text() == str(os.getpid())
    lock.release()


def test_a_lock_on_a_file_that_its_holder_has_removed_does_not_count(tmp_path: Path, monkeypatch):
    path = tmp_path / "lock"
    first, second, third = FileLock(path), FileLock(path), FileLock(path)
    first.acquire()
    real_open = os.open

    def open_then_released(*args: object) -> int:
        fd = real_open(*args)
        monkeypatch.undo()
        first.release()  # between the second one's open and its lock
        return fd

    monkeypatch.setattr(os, "open", open_then_released)
    second.acquire(timeout=1)
    with pytest.raises(LockBusy):
        third.acquire()
    second.release()


def test_taking_it_twice_is_a_mistake(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    with pytest.raises(RuntimeError):
        lock.acquire()
    lock.release()


def test_children_do_not_inherit_it(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    lock.release()
    again = FileLock(tmp_path / "lock")
    again.acquire()  # would raise LockBusy if the child held it too
    again.release()
    child.communicate(b"\n", timeout=10)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
def test_the_system_knows_the_holder(tmp_path: Path):
    path = tmp_path / "lock"
    assert holder_pid(path) is None
    lock = FileLock(path)
    lock.acquire()
    assert holder_pid(path) == os.getpid()
    lock.release()
    path.write_text(str(os.getpid()))
    assert holder_pid(path) is None, "a pid in a file proves nothing"


def test_owner_of_nothing(tmp_path: Path):
    assert owner_pid(tmp_path / "none") is None
    for odd in ("x", "0", "-1"):
        (tmp_path / "odd").write_text(odd)
        assert owner_pid(tmp_path / "odd") is None


# -- fault points ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "passed"), [("a:point:3:kill", 2), ("", 5), ("other:1:kill", 5)])
def test_a_fault_comes_at_its_count(text: str, passed: int):
    program = (
        "from crawler.plumbing import faults\n"
        "for n in range(5):\n    faults.hit('a:point')\n    print(n, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, faults.ENVIRONMENT: text},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.stdout.split() == [str(n) for n in range(passed)]
    assert done.returncode == (0 if passed == 5 else -9)


def test_an_unknown_action_is_refused():
    with pytest.raises(ValueError, match="not an action"):
        faults.arm("point:1:explode")
    faults.arm("")
    faults.hit("point")
