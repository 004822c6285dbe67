"""A writer that stands still is seen, and ended from outside; its successor writes what it had not."""

import asyncio
import os
import signal
from pathlib import Path

from crawler.model.messages import Ack
from crawler.write.ledger import Ledger
from tests.stations.odd_sinks import GatedJsonl
from tests.stations.writing import Bench, finished, lines


async def test_a_writer_publishes_what_it_has_to_write(tmp_path: Path):
    items = [finished(n) for n in range(1, 40)]
    bench = Bench(tmp_path, {"jsonl": GatedJsonl}, batch_records=10)
    step = bench.committer._keepers[0]._step
    async with bench.running():
        assert (step.stage, step.holder, step.step) == ("write", "writer-jsonl", "idle")
        for item in items:
            await bench.queue.put(item)
        while step.url is None:
            await asyncio.sleep(0.005)
        assert (step.step, step.url) == ("write", items[0].ticket.url)
        assert step.pid == bench.committer.writer_pids()["jsonl"] != os.getpid()
        (tmp_path / "gate").touch()
    assert step.step == "idle"
    bench.check(items)


async def test_a_stopped_writer_is_replaced_when_told(tmp_path: Path):
    items = [finished(n) for n in range(1, 200)]
    bench = Bench(tmp_path, {"jsonl": GatedJsonl}, batch_records=10)
    step = bench.committer._keepers[0]._step
    async with bench.running():
        for item in items:
            await bench.queue.put(item)
        while step.url is None:
            await asyncio.sleep(0.005)
        pid = step.pid
        os.kill(pid, signal.SIGSTOP)
        (tmp_path / "gate").touch()
        assert not bench.committer.replace(os.getpid())
        assert bench.committer.replace(pid)
        while bench.committer.writer_pids()["jsonl"] in {pid, None}:
            await asyncio.sleep(0.005)
        assert not bench.committer.replace(pid)
    bench.check(items)
    assert lines(tmp_path) == [item.record for item in items]
    assert bench.counters.writer_restarts == 1


def test_the_ledger_knows_what_a_sink_has_to_write_next():
    book = Ledger(["jsonl"], first=7)
    first, second = book.cut([finished(1)]), book.cut([finished(2)])
    assert book.acked("jsonl", Ack(7, 100)) == second
    book.committed([first])
    assert book.acked("jsonl", Ack(8, 200)) is None
    third = book.cut([finished(3)])
    assert book.acked("jsonl", Ack(8, 200)) == third
