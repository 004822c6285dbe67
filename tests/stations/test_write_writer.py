"""One writer process and the thread that listens to it: hung, orphaned, stopped, forgotten."""

import asyncio
import errno
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.model.messages import Ack
from crawler.plumbing.file_lock import owner_pid
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.sinks import JsonlSink
from crawler.write import writer_thread
from crawler.write.writer_messages import Closed, CutBack, Opened, Pong, Said
from crawler.write.writer_process import PROCESSES
from crawler.write.writer_thread import Died, Heartbeat, WriterThread
from tests.stations.odd_sinks import HangingJsonl, ImpatientJsonl

ROOT = Path(__file__).parents[2]
CONTEXT = multiprocessing.get_context("forkserver")


def lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


Events = asyncio.Queue[Said | Died]


@asynccontextmanager
async def running(
    path: Path, sink: type[JsonlSink] = JsonlSink, **options: Any
) -> AsyncIterator[tuple[WriterThread, Events]]:
    """A writer that is ready, and what it says from then on."""
    events = Events()
    await asyncio.to_thread(start_fork_server)
    writer = WriterThread(CONTEXT, sink, path, events.put_nowait, **options)
    writer.start()
    try:
        assert await events.get() == Opened(0)
        writer.put(0)
        assert await events.get() == CutBack()
        yield writer, events
    finally:
        await asyncio.to_thread(writer.close, 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three beats without progress are a hang."""
    made = Heartbeat.__init__
    monkeypatch.setattr(Heartbeat, "__init__", lambda self, interval: made(self, interval, 3))


async def test_a_closed_writer_leaves_with_0(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    async with running(path) as (writer, events):
        assert await asyncio.to_thread(owner_pid, lock_of(path)) == writer.child.pid
        writer.put((7, (b"{}", b"{}")))
        assert await events.get() == Ack(7, 6)
        await asyncio.to_thread(writer.close, 10)
        assert await events.get() == Closed()
        assert await events.get() == Died("exit code 0")
    assert not lock_of(path).exists()


async def test_ctrl_c_and_sigterm_do_not_end_a_writer(tmp_path: Path):
    async with running(tmp_path / "records.jsonl") as (writer, events):
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(writer.child.pid, number)
            writer.put((int(number), (b"{}",)))
            assert (await events.get()).batch == number


@pytest.mark.usefixtures("hurried")
async def test_a_writer_that_no_longer_answers_is_killed(tmp_path: Path):
    async with running(tmp_path / "records.jsonl", ping_interval=0.02) as (writer, events):
        os.kill(writer.child.pid, signal.SIGSTOP)
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")


@pytest.mark.usefixtures("hurried")
async def test_a_writer_whose_disk_no_longer_answers_is_killed(tmp_path: Path, caplog):
    async with running(tmp_path / "records.jsonl", HangingJsonl, ping_interval=0.02) as (writer, events):
        writer.put((1, (b"{}",)))
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
    assert "has been syncing for" in caplog.text


async def test_a_writer_that_does_not_get_ready_is_killed(tmp_path: Path, monkeypatch, caplog):
    monkeypatch.setattr(writer_thread, "START_TIMEOUT", 0.05)
    events = Events()
    # It waits for the position to which the sink is to be cut back.
    writer = WriterThread(CONTEXT, JsonlSink, tmp_path / "records.jsonl", events.put_nowait)
    writer.start()
    while not isinstance(event := await events.get(), Died):
        assert event == Opened(0)
    assert event == Died(f"exit code {-signal.SIGKILL}")
    assert "is not ready after 0.05 s: killing it" in caplog.text
    await asyncio.to_thread(writer.close, 0)


async def test_a_writer_answers_what_it_is_doing(tmp_path: Path, monkeypatch):
    answers: list[Pong] = []
    monkeypatch.setattr(Heartbeat, "pong", lambda _, pong: answers.append(pong))
    monkeypatch.setattr(Heartbeat, "max_beats", 10_000)
    async with running(tmp_path / "records.jsonl", ping_interval=0.002) as (_, events):
        while len(answers) < 5:
            await asyncio.sleep(0.002)
        assert events.empty()
    assert {pong.step for pong in answers} <= {"idle", "cutting"}
    assert abs(answers[-1].since - time.time()) < 60


async def test_an_earlier_writer_that_holds_the_file_is_waited_for_then_killed(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    async with running(path) as (orphan, events):
        os.kill(orphan.child.pid, signal.SIGSTOP)
        async with running(path, ImpatientJsonl) as (successor, _):
            assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
            assert await asyncio.to_thread(owner_pid, lock_of(path)) == successor.child.pid


async def test_a_writer_killed_before_it_was_started_is_not_left_alive(tmp_path: Path):
    events = Events()
    writer = WriterThread(CONTEXT, JsonlSink, tmp_path / "records.jsonl", events.put_nowait)
    writer.child.kill()
    writer.start()
    assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
    await asyncio.to_thread(writer.close, 0)


async def test_a_writer_whose_process_cannot_be_started_says_why(tmp_path: Path, monkeypatch):
    def no_more(*_: object) -> None:
        raise OSError(errno.EAGAIN, "no more processes")

    monkeypatch.setattr(writer_thread, "new_queue", no_more)
    events = Events()
    writer = WriterThread(CONTEXT, JsonlSink, tmp_path / "records.jsonl", events.put_nowait)
    writer.start()
    assert await events.get() == Died(
        f"its process cannot be started: [Errno {errno.EAGAIN}] no more processes"
    )
    await asyncio.to_thread(writer.close, 0)


async def test_a_fault_in_the_thread_is_the_writer_s_end(tmp_path: Path, caplog):
    async with running(tmp_path / "records.jsonl", ping_interval=0.01) as (writer, events):
        writer.child.send = lambda _: 1 / 0
        assert await events.get() == Died("ZeroDivisionError: division by zero")
    assert "ZeroDivisionError" in caplog.text


async def test_a_dead_writer_s_full_queue_keeps_no_thread(tmp_path: Path):
    async with running(tmp_path / "records.jsonl") as (writer, events):
        os.kill(writer.child.pid, signal.SIGSTOP)
        for n in range(100):
            writer.put((n, (b"x" * 50_000,)))  # far more than its pipe takes
        writer.child.kill()
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
    # That no thread and no child is left is checked after every test.


def test_writers_are_never_forked():
    assert set(PROCESSES) == {"spawn", "forkserver"}


# -- the main process's end ------------------------------------------------------------------------

SCRIPT = """
    import asyncio, multiprocessing, os, signal, sys
    from pathlib import Path
    from crawler.sinks import JsonlSink
    from crawler.write.writer_messages import Closed, CutBack, Opened
    from crawler.write.writer_thread import WriterThread

    async def made(number):
        context = multiprocessing.get_context({method!r})
        events = asyncio.Queue()
        writer = WriterThread(context, JsonlSink, Path({out!r}) / f"{{number}}.jsonl", events.put_nowait)
        writer.start()
        assert isinstance(await events.get(), Opened)
        writer.put(0)
        assert isinstance(await events.get(), CutBack)
        return writer

    def started(number):
        return asyncio.run(made(number))
"""


def script(out: Path, body: str, method: str = "forkserver") -> subprocess.Popen[str]:
    text = textwrap.dedent(SCRIPT).format(out=str(out), method=method) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_interpreter_exits_by_itself_after_kills_and_with_writers_forgotten(tmp_path: Path):
    main = script(
        tmp_path,
        """
        killed = [started(n) for n in range(3)]
        for writer in killed:
            os.kill(writer.child.pid, signal.SIGSTOP)
            for n in range(100):
                writer.put((n, (b"x" * 50_000,)))
            os.kill(writer.child.pid, signal.SIGKILL)
        forgotten = started("forgotten")
        full = started("full")
        os.kill(full.child.pid, signal.SIGSTOP)
        for n in range(100):
            full.put((n, (b"x" * 50_000,)))
        print("end", flush=True)
        """,
    )
    out, errors = main.communicate(timeout=30)
    assert (main.returncode, out, errors) == (0, "end\n", "")


def test_the_interpreter_exits_though_a_discarded_queue_s_pipe_never_breaks(tmp_path: Path):
    # A writer that not even SIGKILL ends (its disk is dead) keeps the pipe's far end open.
    main = script(
        tmp_path,
        """
        from crawler.plumbing.multiprocessing_internals_process import discard, new_queue

        queue = new_queue(multiprocessing.get_context("spawn"))
        far_end = os.dup(queue._reader.fileno())
        for n in range(100):
            queue.put(b"x" * 50_000)
        discard(queue, 0.05)
        print(queue._thread.is_alive(), flush=True)
        """,
    )
    try:
        out, errors = main.communicate(timeout=20)
    finally:
        main.kill()
    assert (main.returncode, out, errors) == (0, "True\n", "")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a pidfd to see a stranger's death")
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_writers_end_with_their_main_process(tmp_path: Path, method: str):
    main = script(
        tmp_path,
        """
        writers = [started(n) for n in range(2)]
        print(*(writer.child.pid for writer in writers), flush=True)
        signal.pause()
        """,
        method,
    )
    pidfds = [os.pidfd_open(int(pid)) for pid in main.stdout.readline().split()]
    assert len(pidfds) == 2
    main.kill()
    ends = time.monotonic() + 10
    for pidfd in pidfds:
        dead, _, _ = select.select([pidfd], [], [], max(0, ends - time.monotonic()))
        assert dead, "a writer outlived its main process"
        os.close(pidfd)
    main.communicate(timeout=10)
