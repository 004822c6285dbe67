"""One writer process and the thread that listens to it: hung, orphaned, stopped, forgotten."""

import asyncio
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

import pytest

from crawler.model.messages import Ack
from crawler.plumbing.file_lock import owner_pid
from crawler.plumbing.fork_server_process import start_fork_server
from crawler.write.events import Closed, Died, Event, Pong
from crawler.write.pulse import Pulse
from crawler.write.sinks import JsonlSink
from crawler.write.writer_process import writer_process_class
from crawler.write.writer_thread import Writer, WriterGone
from tests.stations.odd_sinks import HangingJsonl, ImpatientJsonl

ROOT = Path(__file__).parents[2]
CONTEXT = multiprocessing.get_context("forkserver")


def lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[asyncio.Queue[Event]]:
    """The writer is ready; its events are in the queue."""
    events: asyncio.Queue[Event] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def start() -> None:
        start_fork_server()
        writer.start()
        assert writer.opened() == 0
        writer.cut(0)
        writer.attach(loop, events.put_nowait)

    await asyncio.to_thread(start)
    try:
        yield events
    finally:
        await asyncio.to_thread(writer.close, 0)


async def test_a_closed_writer_says_so_and_leaves_with_0(tmp_path: Path):
    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl")
    async with running(writer) as events:
        assert await asyncio.to_thread(owner_pid, lock_of(writer.path)) == writer.pid
        writer.send(7, (b"{}", b"{}"))
        assert await events.get() == Ack(7, 6)
        await asyncio.to_thread(writer.close, 10)
        assert await events.get() == Closed()
        assert await events.get() == Died("exit code 0")
    assert not lock_of(writer.path).exists()


async def test_ctrl_c_and_sigterm_do_not_end_a_writer(tmp_path: Path):
    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl")
    async with running(writer) as events:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(writer.pid, number)
            writer.send(int(number), (b"{}",))
            assert (await events.get()).batch == number


async def test_a_writer_that_no_longer_answers_is_killed(tmp_path: Path):
    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl", pulse=lambda: Pulse(0.02, 3))
    async with running(writer) as events:
        os.kill(writer.pid, signal.SIGSTOP)
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")


async def test_a_writer_whose_disk_no_longer_answers_is_killed(tmp_path: Path, caplog):
    writer = Writer(CONTEXT, HangingJsonl, tmp_path / "records.jsonl", pulse=lambda: Pulse(0.02, 3))
    async with running(writer) as events:
        writer.send(1, (b"{}",))
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
    assert "has been syncing for" in caplog.text


async def test_a_writer_answers_what_it_is_doing(tmp_path: Path):
    answers: list[Pong] = []

    class Recording(Pulse):
        def pong(self, pong: Pong) -> None:
            super().pong(pong)
            answers.append(pong)

    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl", pulse=lambda: Recording(0.002, 10_000))
    async with running(writer) as events:
        while len(answers) < 5:
            await asyncio.sleep(0.002)
        assert events.empty()
    assert {pong.step for pong in answers} <= {"idle", "cutting"}
    assert abs(answers[-1].since - time.time()) < 60


async def test_an_earlier_writer_that_holds_the_file_is_waited_for_then_killed(tmp_path: Path):
    orphan = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl")
    async with running(orphan) as events:
        os.kill(orphan.pid, signal.SIGSTOP)
        successor = Writer(CONTEXT, ImpatientJsonl, tmp_path / "records.jsonl")
        async with running(successor):
            assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
            assert await asyncio.to_thread(owner_pid, lock_of(successor.path)) == successor.pid


async def test_a_writer_killed_before_it_was_started_is_not_left_alive(tmp_path: Path):
    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl")
    writer.kill()
    await asyncio.to_thread(writer.start)
    with pytest.raises(WriterGone, match=r"exit code -9"):
        await asyncio.to_thread(writer.opened)
    await asyncio.to_thread(writer.close, 0)


async def test_a_dead_writer_s_full_queue_keeps_no_thread(tmp_path: Path):
    writer = Writer(CONTEXT, JsonlSink, tmp_path / "records.jsonl")
    async with running(writer) as events:
        os.kill(writer.pid, signal.SIGSTOP)
        for n in range(100):
            writer.send(n, (b"x" * 50_000,))  # far more than its pipe takes
        writer.kill()
        assert await events.get() == Died(f"exit code {-signal.SIGKILL}")
    # That no thread and no child is left is checked after every test.


def test_writers_are_never_forked():
    with pytest.raises(ValueError, match="fork"):
        writer_process_class(multiprocessing.get_context("fork"))


# -- the main process's end ------------------------------------------------------------------------

SCRIPT = """
    import multiprocessing, os, signal, sys
    from pathlib import Path
    from crawler.write.sinks import JsonlSink
    from crawler.write.writer_thread import Writer

    def started(number):
        context = multiprocessing.get_context({method!r})
        writer = Writer(context, JsonlSink, Path({out!r}) / f"{{number}}.jsonl")
        writer.start()
        writer.opened()
        writer.cut(0)
        return writer
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
            os.kill(writer.pid, signal.SIGSTOP)
            for n in range(100):
                writer.send(n, (b"x" * 50_000,))
            os.kill(writer.pid, signal.SIGKILL)
        forgotten = started("forgotten")
        full = started("full")
        os.kill(full.pid, signal.SIGSTOP)
        for n in range(100):
            full.send(n, (b"x" * 50_000,))
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
        from crawler.write import batch_queue

        batch_queue.FEEDER_TIMEOUT = 0.05
        queue = batch_queue.new_queue(multiprocessing.get_context("spawn"))
        far_end = os.dup(queue._reader.fileno())
        for n in range(100):
            queue.put(b"x" * 50_000)
        batch_queue.discard(queue)
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
        print(*(writer.pid for writer in writers), flush=True)
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
