"""The one way to hold a child process: it is heard to its end, it is surely dead, and no other is killed."""

import logging
import multiprocessing
import os
import select
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from crawler.plumbing import child_process
from crawler.plumbing.child_process import Child
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.plumbing.inside_child_process import Outbox, begin_child
from crawler.plumbing.multiprocessing_internals_process import process_of
from crawler.trace.logs import configure_child_logging

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


# -- what runs in the children ---------------------------------------------------------------------


def echo(reader: Connection, writer: Connection) -> None:
    """Says what it is told, logs it too, and leaves with 3 when it is told to end."""
    begin_child()
    outbox = Outbox(writer)
    configure_child_logging("INFO", "echo", outbox.log)
    outbox.send(b"ready")
    while (message := reader.recv_bytes()) != b"end":
        logging.getLogger("echo").info("%s", message.decode())
        outbox.send(message)
    sys.exit(3)


def deaf(reader: Connection, writer: Connection) -> None:
    """Hears nothing and never ends."""
    begin_child()
    Outbox(writer).send(b"ready")
    time.sleep(3600)


def interrupted(reader: Connection, writer: Connection) -> None:
    """Says half of something."""
    begin_child()
    Outbox(writer).send(b"ready")
    os.write(writer.fileno(), struct.pack("!i", 100) + b"Mhalf of it")
    time.sleep(3600)


_task: tuple[Connection, Connection]


def keep(reader: Connection, writer: Connection) -> None:
    global _task
    _task = reader, writer
    begin_child()


def call_echo() -> None:
    echo(*_task)


# -- how they are started --------------------------------------------------------------------------


def launching(target: Callable[..., None], method: str) -> child_process.Launch:
    def launch(reader: Connection, writer: Connection) -> BaseProcess:
        process = multiprocessing.get_context(method).Process(  # type: ignore[attr-defined]
            target=target, args=(reader, writer), daemon=True
        )
        process.start()
        return process

    return launch


@pytest.fixture(params=["spawn", "forkserver", "forkserver, without pidfds"])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Child]]:
    """Makes children of each kind; whatever becomes of them, they are ended after the test."""
    method, _, without = request.param.partition(",")
    if without:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    if method == "forkserver":
        start_fork_server()
    children: list[Child] = []

    def make(target: Callable[..., None], **options: Any) -> Child:
        context = multiprocessing.get_context(method)
        children.append(Child(target.__name__, context, launching(target, method), **options))
        return children[-1]

    yield make
    for child in children:
        assert child.stop()
        child.close()


def started(child: Child) -> Child:
    child.start()
    assert child.receive(60) == b"ready"
    return child


# -- what a child says -----------------------------------------------------------------------------


def test_a_child_is_heard_and_its_log_is_fed_to_the_log_on_the_way(made):
    logged: list[dict[str, Any]] = []
    child = started(made(echo, feed_log=logged.append))
    assert child.state == "running"
    for message in (b"one", b"two"):
        child.send(message)
        assert child.receive() is None, "the log record, which is no message"
        assert child.receive() == message
    assert [(record["message"], record["process"]) for record in logged] == [("one", "echo"), ("two", "echo")]


def test_nothing_within_the_timeout_is_no_end(made):
    child = started(made(echo))
    assert child.receive(0.01) is None
    child.send(b"still there")
    while (message := child.receive(10)) is None:
        pass
    assert message == b"still there"


@pytest.mark.parametrize("timeout", [None, 10])
def test_what_a_child_said_before_it_died_is_heard_after_it(made, timeout):
    child = started(made(echo))
    child.send(b"last words")
    child.send(b"end")
    assert child.stop(10)
    assert child.exit_code == 3
    assert [child.receive(timeout), child.receive(timeout)] == [None, b"last words"]
    with pytest.raises(EOFError):
        child.receive(timeout)


@pytest.mark.parametrize("timeout", [None, 10])
def test_a_child_that_is_killed_in_the_middle_of_a_message_is_at_its_end(made, timeout):
    child = started(made(interrupted))
    assert child._from_child.poll(10)
    child.kill()
    with pytest.raises(EOFError):
        child.receive(timeout)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="a sentinel may be inherited as well")
def test_the_death_of_a_child_is_seen_though_somebody_else_keeps_its_pipe_open():
    """Such as a process that another thread has forked just then."""
    kept: list[int] = []

    def launch(reader: Connection, writer: Connection) -> BaseProcess:
        kept.append(os.dup(writer.fileno()))
        return launching(deaf, "spawn")(reader, writer)

    child = started(Child("kept open", multiprocessing.get_context("spawn"), launch))
    child.kill()
    with pytest.raises(EOFError):
        child.receive(10)
    assert child.stop()
    child.close()
    os.close(kept[0])


# -- how it ends -----------------------------------------------------------------------------------


def test_a_child_that_ends_when_it_is_told_to_is_not_killed(made):
    child = started(made(echo))
    child.send(b"end")
    assert child.stop(30)
    assert (child.state, child.exit_code) == ("dead", 3)


def test_a_child_that_does_not_end_is_killed_after_the_grace(made):
    child = started(made(deaf))
    assert child.stop(0.05)
    assert child.exit_code == KILLED


def test_a_child_is_killed_at_once(made):
    child = started(made(deaf))
    child.kill()
    with pytest.raises(EOFError):
        child.receive(10)
    assert child.stop(30)
    assert child.exit_code == KILLED


def test_a_child_that_was_killed_before_its_start_does_not_live(made):
    child = made(deaf)
    child.kill()
    child.start()
    assert child.stop(30)
    assert child.exit_code == KILLED


def test_every_verb_may_be_said_twice_and_to_a_child_that_was_never_started(made):
    never, dead = made(deaf), started(made(deaf))
    for child in (never, dead):
        for _ in range(2):
            child.kill()
        for _ in range(2):
            assert child.stop()
        for _ in range(2):
            child.close()
        child.kill()
        assert child.stop()
        assert child.state == "closed"


@pytest.mark.parametrize("last", ["dead", "closed"])
def test_a_child_that_is_dead_is_not_killed_as_its_pid_may_be_anybodys(made, last, monkeypatch):
    child = started(made(deaf))
    child.stop()
    if last == "closed":
        child.close()
    monkeypatch.setattr(os, "kill", pytest.fail)
    monkeypatch.setattr(signal, "pidfd_send_signal", pytest.fail, raising=False)
    child.kill()


def test_a_child_that_does_not_die_keeps_all_that_it_may_still_use(made, monkeypatch, caplog):
    child = started(made(deaf))
    with monkeypatch.context() as patched:
        patched.setattr(child_process, "DEATH_TIMEOUT", 0.05)
        patched.setattr(child, "kill", lambda: None)  # as with a process that waits for a dead disk
        assert not child.stop()
        child.close()
    assert child.state == "running"
    assert f"(pid {child.pid}) does not die of SIGKILL" in caplog.text
    assert child.stop()


def test_what_ends_a_program_is_not_for_its_children(made):
    child = started(made(echo))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(child.pid, number)
    child.send(b"end")
    assert child.stop(30)
    assert child.exit_code == 3


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_nothing_of_a_child_stays_open(made):
    for _ in range(2):  # what starts once, such as the resource tracker, stays
        before = _open_files()
        child = started(made(echo))
        child.stop()
        child.close()
    assert _open_files() == before


# -- a start that fails, and one by somebody else --------------------------------------------------


def test_a_start_that_fails_leaves_nothing_behind():
    def launch(reader: Connection, writer: Connection) -> BaseProcess:
        raise EOFError  # as when the fork server dies

    reaped: list[bool] = []
    context = multiprocessing.get_context("spawn")
    child = Child("unlucky", context, launch, reap=lambda: reaped.append(True))
    with pytest.raises(OSError, match="the fork server has died"):
        child.start()
    child.kill()
    assert child.stop(30)
    child.close()
    assert reaped == [True]
    assert (child.state, child.exit_code, child.pid) == ("closed", None, None)


def test_what_was_not_started_cannot_be_held():
    # kill(0) would be this very process and its whole group.
    context = multiprocessing.get_context("spawn")
    child = Child("forgotten", context, lambda *_: context.Process())
    with pytest.raises(ValueError, match="forgotten is not started"):
        child.start()
    child.kill()


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_child_that_an_executor_has_started_is_reaped_by_the_executor(method, is_killed):
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        start_fork_server()

    def launch(reader: Connection, writer: Connection) -> BaseProcess:
        nonlocal executor, call
        executor = ProcessPoolExecutor(1, mp_context=context, initializer=keep, initargs=(reader, writer))
        call = executor.submit(call_echo)
        return process_of(executor)

    executor = call = None
    child = Child("executor's", context, launch, reap=lambda: executor.shutdown(wait=True))
    started(child)
    if is_killed:
        child.kill()
    else:
        child.send(b"end")  # sys.exit() in a worker ends its call, not the worker
        assert isinstance(call.exception(30), SystemExit)
        executor.shutdown(wait=False)
    assert child.stop(30)
    # After shutdown(wait=False) nobody can wait for the executor's thread, which may be asking as well.
    assert child.exit_code == KILLED if is_killed else child.exit_code in {0, None}
    assert isinstance(call.exception(0), BrokenProcessPool if is_killed else SystemExit)
    child.close()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a pidfd to see a stranger's death")
def test_a_child_outlives_its_fork_server_and_is_killed_all_the_same():
    from multiprocessing import forkserver

    start_fork_server()
    child = started(Child("orphan", multiprocessing.get_context("forkserver"), launching(echo, "forkserver")))
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    child.send(b"hello")
    assert child.receive(10) is None
    assert child.receive(10) == b"hello"
    child.kill()
    with pytest.raises(EOFError):
        child.receive(10)
    assert child.stop()
    assert child.exit_code is None, "nobody can learn it"
    child.close()


# -- the main process's end ------------------------------------------------------------------------


def main_process(method: str, body: str) -> subprocess.Popen[str]:
    text = f"""
        import multiprocessing, os, signal, sys
        from tests.plumbing.test_child_process import Child, deaf, launching, started

        def make():
            context = multiprocessing.get_context({method!r})
            return started(Child("deaf", context, launching(deaf, {method!r})))
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text) + textwrap.dedent(body)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_forgotten_child_does_not_keep_the_interpreter_from_its_exit(method):
    main = main_process(
        method, "children = [make(), make()]\nos.kill(children[1].pid, signal.SIGSTOP)\nprint('end')"
    )
    out, errors = main.communicate(timeout=60)
    assert (main.returncode, out, errors) == (0, "end\n", "")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a pidfd to see a stranger's death")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_children_end_with_their_main_process(method):
    main = main_process(method, "child = make()\nprint(child.pid, flush=True)\nsignal.pause()")
    pidfd = os.pidfd_open(int(main.stdout.readline()))
    main.kill()
    dead, _, _ = select.select([pidfd], [], [], 10)
    os.close(pidfd)
    main.communicate(timeout=10)
    assert dead, "a child outlived its main process"
