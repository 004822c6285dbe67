"""Station 4, whole: real writer processes, and everything that may happen to them."""

import asyncio
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from pathlib import Path

import pytest

from crawler.model.errors import SinkFailed
from crawler.model.messages import Finished
from crawler.model.outcomes import Purpose
from crawler.sinks import SINKS, FactsSink, JsonlSink, SqliteSink
from tests.stations.odd_sinks import (
    FAULTY,
    BrokenJsonl,
    FaultyJsonl,
    GatedJsonl,
    SlowlyClosedJsonl,
    SlowSqlite,
    SmallFacts,
    SmallJsonl,
    SmallSqlite,
    TalkativeJsonl,
    TidyingJsonl,
)
from tests.stations.writing import Bench, check_files, finished, lines, rows

POINTS = [
    f"writer:{point}" for point in ("before_write", "after_write", "before_sync", "after_sync", "after_ack")
]
PIDFDS = hasattr(os, "pidfd_open")


def some(count: int, start: int = 0) -> list[Finished]:
    return [finished(number) for number in range(start, start + count)]


def mixed(count: int, start: int = 0) -> list[Finished]:
    """Every third is no page, and so are twenty in a row: there, batches bring record sinks nothing."""
    return [
        finished(number, purpose=Purpose.ASSET if number % 3 == 2 or 20 <= number < 40 else Purpose.PAGE)
        for number in range(start, start + count)
    ]


def recorded(items: list[Finished]) -> int:
    return sum(item.ticket.purpose.is_recorded for item in items)


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
async def test_every_record_is_written_by_every_sink_in_order(tmp_path: Path, method: str):
    items = some(500)
    bench = Bench(tmp_path, {"jsonl": JsonlSink, "sqlite": SlowSqlite}, method=method, batch_records=16)
    await bench.write(items)
    bench.check(items)
    check_files(tmp_path, items)
    assert max(len(commit.finished) for commit in bench.commits) == 16
    assert bench.counters.outcomes == {"ok": 450, "error": 50}
    assert bench.counters.kinds == {"http_status": 50}
    assert bench.counters.writer_restarts == 0
    assert bench.committer.ledger.bytes == 0
    assert bench.step.step == "idle"
    # Nothing but the files themselves stays behind.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records.db", "records.jsonl"]


async def test_targets_are_told_apart_by_sinks_and_counters(tmp_path: Path):
    items = mixed(100)
    bench = Bench(tmp_path, batch_records=8)
    await bench.write(items)
    bench.check(items)
    check_files(tmp_path, items)
    assert 30 < bench.counters.targets == 100 - recorded(items) == 100 - bench.counters.committed
    assert bench.counters.outcomes.total() == recorded(items)
    assert bench.counters.kinds.total() == sum(
        item.kind is not None and item.ticket.purpose.is_recorded for item in items
    )


async def test_one_slow_sink_holds_everything_back_and_memory_stays_bounded(tmp_path: Path):
    most = 100_000
    items = some(400)
    bench = Bench(tmp_path, {"jsonl": GatedJsonl, "sqlite": SqliteSink}, max_unacked=most, batch_bytes=9_000)
    async with bench.running():
        for item in items:
            await bench.queue.put(item)
        # The other sink has done all its work; still nothing is committed, and no more is taken.
        while (await asyncio.to_thread(_count, tmp_path)) < most // items[0].weight - 20:
            await asyncio.sleep(0.005)
        assert bench.commits == []
        assert most - 9_000 < bench.committer.ledger.bytes <= most
        assert len(bench.queue) > 250
        assert (bench.step.step, bench.step.url) == ("writing", items[0].ticket.url)
        (tmp_path / "gate").touch()
    # Batches of a sink that is far ahead are committed with its position then, not now.
    bench.check(items)
    check_files(tmp_path, items)


def _count(out: Path) -> int:
    return len(rows(out))


async def test_the_end_does_not_wait_for_a_batch_to_fill(tmp_path: Path):
    """Would catch an end that waits for the interval of a minute: it would take longer than 20 s."""
    bench = Bench(tmp_path, {"jsonl": JsonlSink}, batch_interval=60)
    async with asyncio.timeout(20):
        await bench.write(some(1))
    bench.check(some(1))


async def test_a_single_record_is_not_held_back(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": JsonlSink}, batch_interval=60)
    station = asyncio.create_task(bench.committer.run())
    await bench.queue.put(finished(1))
    await _until_committed(bench, 1)
    station.cancel()
    with pytest.raises(asyncio.CancelledError):
        await station


async def test_a_record_heavier_than_every_bound_passes_alone(tmp_path: Path):
    items = [finished(0), finished(1, size=200_000), finished(2)]
    bench = Bench(tmp_path, max_unacked=50_000, batch_bytes=50_000)
    await bench.write(items)
    bench.check(items)
    check_files(tmp_path, items)
    assert [len(commit.finished) for commit in bench.commits] == [1, 1, 1]


async def test_without_sinks_batches_are_committed_at_once(tmp_path: Path):
    items = some(100)
    bench = Bench(tmp_path, {})
    await bench.write(items)
    bench.check(items)
    assert list(tmp_path.iterdir()) == []


async def test_logs_of_a_writer_reach_the_main_process(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": TalkativeJsonl})
    await bench.write([])
    assert [(line["name"], line["message"], line["process"]) for line in bench.logged] == [
        ("a.sink", "hello there", "writer-jsonl")
    ]


# -- going on ------------------------------------------------------------------------------------


async def test_a_start_cuts_every_sink_back_to_what_is_committed(tmp_path: Path):
    items = mixed(60)
    first = Bench(tmp_path, batch_records=10)
    await first.write(items)
    at = first.commits[3]
    with (tmp_path / "records.jsonl").open("ab") as file:
        file.write(b'{"half a rec')
    # As after a kill: two batches (and half a record) were written that were never committed.
    kept, more = items[:40], mixed(30, 1000)
    second = Bench(tmp_path, positions=at.positions, first_batch=at.n + 1)
    await second.write(more)
    ends = first.commits[-1].positions
    assert ends == ends | {"sqlite": recorded(items), "facts": 60}
    assert second.lengths == ends | {"jsonl": ends["jsonl"] + 12}
    assert second.commits[0].n == 5
    second.check(more, before=at.positions)
    check_files(tmp_path, kept + more)


async def test_a_sink_shorter_than_its_position_is_seen_before_anything_is_cut(tmp_path: Path):
    first = Bench(tmp_path)
    await first.write(some(20))
    end = first.commits[-1].positions
    await asyncio.to_thread(os.truncate, tmp_path / "records.jsonl", end["jsonl"] - 5)
    second = Bench(tmp_path, positions=end)
    with pytest.raises(SinkFailed, match=r"records\.jsonl cannot be written: it ends at \d+, before \d+"):
        await second.committer.start()
    assert second.lengths == end | {"jsonl": end["jsonl"] - 5}


# -- death ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", POINTS)
async def test_writers_killed_at_any_point_lose_and_repeat_nothing(tmp_path: Path, point: str):
    # The first two processes of each sink die, the third one lives.
    for number, kind in enumerate(FAULTY.values()):
        plan = f"{point}:{2 + number % 2}:kill\n{point}:{3 - number % 2}:kill\n\n"
        (tmp_path / f"{kind.file_name}.faults").write_text(plan)
    items = mixed(400)
    bench = Bench(tmp_path, FAULTY, batch_records=8, batch_interval=0.002, max_unacked=20_000)
    await bench.write(items)
    assert bench.counters.writer_restarts == 2 * len(FAULTY)
    bench.check(items)
    check_files(tmp_path, items)


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
async def test_writers_killed_from_outside_lose_and_repeat_nothing(tmp_path: Path, method: str):
    dice = random.Random(4711)
    kills = 0

    async def kill_now_and_then(bench: Bench) -> None:
        nonlocal kills
        for pid in bench.committer.writer_pids().values():
            if pid is not None and kills < (10 if method == "forkserver" else 3) and dice.random() < 0.3:
                kills += 1
                os.kill(pid, signal.SIGKILL)

    items = mixed(3000)
    bench = Bench(
        tmp_path,
        method=method,
        on_commit=kill_now_and_then,
        batch_records=8,
        max_unacked=30_000,
        max_restarts=100,
    )
    await bench.write(items)
    assert kills == (10 if method == "forkserver" else 3)
    bench.check(items)
    check_files(tmp_path, items)


async def test_a_writer_killed_while_it_is_ahead_of_another_sink_goes_on_where_it_was(tmp_path: Path):
    items = some(100)
    bench = Bench(tmp_path, {"jsonl": GatedJsonl, "sqlite": SqliteSink}, batch_records=8)
    async with bench.running():
        for item in items[:50]:
            await bench.queue.put(item)
        ledger = bench.committer.ledger
        while [batch.positions.get("sqlite") for batch in ledger.batches][-1:] != [50]:
            await asyncio.sleep(0.002)
        killed = bench.committer.writer_pids()["sqlite"]
        os.kill(killed, signal.SIGKILL)
        while bench.committer.writer_pids()["sqlite"] in {killed, None}:
            await asyncio.sleep(0.002)
        # What it had acked waits for the other sink: it is neither cut off nor sent again.
        assert await asyncio.to_thread(_count, tmp_path) == 50
        assert bench.commits == []
        (tmp_path / "gate").touch()
        for item in items[50:]:
            await bench.queue.put(item)
    assert bench.counters.writer_restarts == 1
    bench.check(items)
    check_files(tmp_path, items)


async def test_what_all_sinks_hold_is_committed_before_a_dead_writer_is_replaced(tmp_path: Path):
    # One thread for all that is done off the loop: what was begun before is over when ours had its turn.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    while_it_is_committed: list[int] = []

    async def kill_during_the_commit(bench: Bench) -> None:
        if while_it_is_committed:
            return
        os.kill(bench.committer.writer_pids()["jsonl"], signal.SIGKILL)
        while bench.committer.writer_pids()["jsonl"] is not None:
            await asyncio.sleep(0.002)
        for _ in range(3):
            await asyncio.to_thread(lambda: None)
        while_it_is_committed.append(bench.counters.writer_restarts)

    bench = Bench(tmp_path, {"jsonl": JsonlSink}, on_commit=kill_during_the_commit)
    await bench.write(some(1))
    assert while_it_is_committed == [0]
    bench.check(some(1))
    assert lines(tmp_path) == [finished(0).record]


async def test_a_writer_outlives_the_fork_server_and_is_replaced_all_the_same(tmp_path: Path):
    items = some(200)
    bench = Bench(tmp_path, batch_records=8, max_unacked=20_000)
    async with bench.running():
        for item in items[:100]:
            await bench.queue.put(item)
        server = forkserver._forkserver._forkserver_pid
        os.kill(server, signal.SIGKILL)
        for item in items[100:150]:
            await bench.queue.put(item)
        await _until_committed(bench, 150)
        # Without pidfds their end is announced with its end: they are killed and replaced, at no loss.
        assert bench.counters.writer_restarts == 0 or not PIDFDS, "they write on without it"
        while (pid := bench.committer.writer_pids()["jsonl"]) is None:
            await asyncio.sleep(0.002)
        assert bench.committer.replace(pid)
        for item in items[150:]:
            await bench.queue.put(item)
    assert bench.counters.writer_restarts == 1 or not PIDFDS
    assert forkserver._forkserver._forkserver_pid != server
    bench.check(items)
    check_files(tmp_path, items)


async def test_an_idle_writer_is_replaced_too(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": JsonlSink})
    async with bench.running():
        os.kill(bench.committer.writer_pids()["jsonl"], signal.SIGKILL)
        await bench.queue.put(finished(1))
    assert bench.counters.writer_restarts == 1
    bench.check([finished(1)])
    assert lines(tmp_path) == [finished(1).record]


async def test_a_writer_that_dies_again_and_again_is_given_up(tmp_path: Path):
    items = some(100)
    (tmp_path / "records.jsonl.faults").write_text(
        "writer:before_sync:3:kill\n" + "writer:before_sync:1:kill\n" * 9
    )
    bench = Bench(
        tmp_path,
        {"jsonl": FaultyJsonl, "sqlite": SqliteSink},
        max_restarts=2,
        batch_records=8,
        max_unacked=20_000,
    )
    with pytest.RaisesGroup(pytest.RaisesExc(SinkFailed, match="died 3 times without progress")):
        await bench.write(items)
    assert bench.counters.writer_restarts == 2
    assert 0 < len(bench.committed) < len(items)
    kept = len(bench.committed)
    assert lines(tmp_path)[:kept] == [item.record for item in items[:kept]]


@pytest.mark.parametrize(
    "fault", ["sink:tidy:1", "sink:tidy:3", "writer:before_close:1", "writer:after_close:1"]
)
async def test_a_writer_killed_while_it_closes_its_sink_is_replaced(tmp_path: Path, fault: str):
    """Would catch work that is left undone, and an end that waits for ever for the dead."""
    (tmp_path / "records.jsonl.faults").write_text(f"{fault}:kill\n\n")
    items = some(50)
    bench = Bench(tmp_path, {"jsonl": TidyingJsonl, "sqlite": SqliteSink}, batch_records=8)
    async with asyncio.timeout(30):
        await bench.write(items)
    assert bench.counters.writer_restarts == 1
    bench.check(items)
    check_files(tmp_path, items)
    assert (tmp_path / "tidied").read_text() == "xxxx"


async def test_a_writer_that_always_dies_while_it_closes_its_sink_is_given_up_and_may_go_on(tmp_path: Path):
    (tmp_path / "records.jsonl.faults").write_text("sink:tidy:1:kill\n" * 3)
    items = some(50)
    sinks = {"jsonl": TidyingJsonl, "sqlite": SqliteSink}
    bench = Bench(tmp_path, sinks, max_restarts=2, batch_records=8)
    with pytest.RaisesGroup(pytest.RaisesExc(SinkFailed, match="died 3 times without progress")):
        await bench.write(items)
    bench.check(items)  # all of it is committed all the same
    assert (tmp_path / "tidied").read_text() == "xxx"
    last = bench.commits[-1]
    again = Bench(tmp_path, sinks, positions=last.positions, first_batch=last.n + 1)
    await again.write([])
    check_files(tmp_path, items)
    assert (tmp_path / "tidied").read_text() == "xxxx"


async def test_cancelling_the_station_ends_its_writers(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": GatedJsonl})
    await bench.committer.start()
    station = asyncio.create_task(bench.committer.run())
    await bench.queue.put(finished(1))
    while not bench.committer.ledger.bytes:
        await asyncio.sleep(0)
    station.cancel()
    with pytest.raises(asyncio.CancelledError):
        await station
    assert bench.commits == []


async def test_cancelling_while_writers_start_ends_them(tmp_path: Path):
    bench = Bench(tmp_path)
    station = asyncio.create_task(bench.committer.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    station.cancel()
    with pytest.raises(asyncio.CancelledError):
        await station


def _open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
async def test_kills_leave_no_open_files_behind(tmp_path: Path):
    async def kill_all(bench: Bench) -> None:
        if bench.counters.writer_restarts < 6:
            for pid in filter(None, bench.committer.writer_pids().values()):
                os.kill(pid, signal.SIGKILL)

    await Bench(tmp_path, SINKS).write(some(1))  # the fork server and its like start once, and stay
    open_before = _open_files()
    (tmp_path / "again").mkdir()
    bench = Bench(
        tmp_path / "again", on_commit=kill_all, batch_records=4, max_unacked=9_000, max_restarts=100
    )
    await bench.write(some(300))
    assert bench.counters.writer_restarts >= 6
    assert _open_files() == open_before


# -- a disk that will not take it ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sinks", "sentence"),
    [
        (
            {"jsonl": SmallJsonl, "sqlite": SqliteSink, "facts": FactsSink},
            r"records\.jsonl cannot be written: the file has reached the largest size",
        ),
        (
            {"jsonl": JsonlSink, "sqlite": SmallSqlite, "facts": FactsSink},
            r"records\.db cannot be written: the disk is full",
        ),
        (
            {"jsonl": JsonlSink, "sqlite": SqliteSink, "facts": SmallFacts},
            r"facts\.db cannot be written: the disk is full",
        ),
    ],
)
async def test_a_full_disk_ends_the_crawl_with_one_clear_sentence(tmp_path: Path, sinks, sentence):
    items = mixed(2000)
    bench = Bench(tmp_path, sinks, batch_records=16, max_unacked=20_000)
    with pytest.RaisesGroup(pytest.RaisesExc(SinkFailed, match=sentence)) as raised:
        await bench.write(items)
    message = str(raised.value.exceptions[0])
    assert "everything committed is safe" in message
    assert f"crawler resume {tmp_path}" in message
    assert bench.counters.writer_restarts == 0
    # What was committed is there, whole; what follows is cut off by the next start.
    kept = bench.committed
    assert 0 < len(kept) < len(items)
    assert kept == items[: len(kept)]
    at = bench.commits[-1].positions
    more = mixed(10, 5000)
    whole = {name: SINKS[name] for name in sinks}
    again = Bench(tmp_path, whole, positions=at, first_batch=bench.commits[-1].n + 1)
    await again.write(more)
    again.check(more, before=at)
    check_files(tmp_path, kept + more)


async def test_no_half_record_stays_where_the_disk_was_full(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": SmallJsonl}, batch_records=16, max_unacked=20_000)
    with pytest.RaisesGroup(SinkFailed):
        await bench.write(some(2000))
    assert lines(tmp_path) == [item.record for item in bench.committed]


async def test_a_folder_that_is_gone_is_said_at_the_start(tmp_path: Path):
    bench = Bench(tmp_path / "gone", {"jsonl": JsonlSink})
    with pytest.raises(SinkFailed, match="its folder is gone"):
        await bench.committer.run()


async def test_a_sink_s_own_bug_is_not_tried_again(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": BrokenJsonl})
    with pytest.RaisesGroup(pytest.RaisesExc(SinkFailed, match="RuntimeError: a bug of this sink")):
        await bench.write(some(5))
    assert "RuntimeError: a bug of this sink" in bench.logged[-1]["trace"]


async def _until_committed(bench: Bench, count: int) -> None:
    while bench.counters.committed < count:
        await asyncio.sleep(0.002)


async def test_a_sink_that_failed_is_closed_before_its_writer_is_ended(tmp_path: Path):
    bench = Bench(tmp_path, {"jsonl": SlowlyClosedJsonl})
    with pytest.RaisesGroup(SinkFailed):
        await bench.write(some(1))
    assert (tmp_path / "closed").exists()
