"""The committer's book, the hang policy and the reasons: no processes."""

import asyncio
import errno
import sqlite3
import time
from pathlib import Path

import pytest

from crawler.model.messages import Ack
from crawler.plumbing.file_lock import LockBusy
from crawler.sinks.base import SinkOutdated, SinkShort, why_not_written
from crawler.write.ledger import Ledger
from crawler.write.writer_messages import Pong
from crawler.write.writer_thread import START_TIMEOUT, Heartbeat
from tests.stations.writing import finished


def numbers(batches) -> list[int]:
    return [batch.n for batch in batches]


def test_a_batch_is_ready_when_all_sinks_hold_it_and_all_before_it():
    ledger = Ledger(["a", "b"], first=5)
    for number in range(4):
        ledger.cut([finished(number)])
    ledger.acked("a", Ack(5, 10))
    ledger.acked("a", Ack(6, 20))
    assert ledger.ready() == []
    ledger.acked("b", Ack(5, 1))
    assert numbers(ledger.ready()) == [5]
    ledger.acked("b", Ack(6, 2))
    assert numbers(ledger.ready()) == [5, 6]
    assert [(batch.n, batch.finished, batch.positions) for batch in ledger.ready()] == [
        (5, (finished(0),), {"a": 10, "b": 1}),
        (6, (finished(1),), {"a": 20, "b": 2}),
    ]
    ledger.committed(ledger.ready())
    assert ledger.ready() == []
    assert numbers(ledger.batches) == [7, 8]


def test_it_weighs_what_is_not_committed():
    ledger = Ledger(["a"], first=1)
    ledger.cut([finished(1), finished(2)])
    ledger.cut([finished(3)])
    assert ledger.bytes == sum(finished(n).weight for n in (1, 2, 3))
    ledger.acked("a", Ack(1, 1))
    assert ledger.bytes == sum(finished(n).weight for n in (1, 2, 3))
    ledger.committed(ledger.ready())
    assert ledger.bytes == finished(3).weight


def test_without_sinks_everything_is_ready_at_once():
    ledger = Ledger([], first=1)
    ledger.cut([finished(1)])
    assert numbers(ledger.ready()) == [1]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_an_ack_for_a_batch_that_is_not_in_the_book_is_refused(n: int):
    ledger = Ledger(["a"], first=2)
    ledger.cut([finished(1)])
    ledger.cut([finished(2)])
    with pytest.raises(LookupError):
        ledger.acked("a", Ack(n, 1))


async def test_whoever_waits_sees_every_change():
    ledger = Ledger(["a"], first=1)
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(ledger.until(lambda: bool(ledger.ready()))) for _ in range(2)]
        await asyncio.sleep(0)
        ledger.cut([finished(1)])
        await asyncio.sleep(0)
        assert not any(task.done() for task in both)
        ledger.acked("a", Ack(1, 1))


# -- hung or not -----------------------------------------------------------------------------------


def beats(heartbeat: Heartbeat, *answers: Pong | None) -> list[str | None]:
    heartbeat.start()
    said = []
    for answer in answers:
        said.append(heartbeat.beat())
        if answer is not None:
            heartbeat.pong(answer)
    return said


def test_silence_is_counted_in_pings():
    assert beats(Heartbeat(5, 3), None, None, None) == [None, None, None]
    assert beats(Heartbeat(5, 3), *[None] * 4)[-1] == "has not answered 3 pings"


def test_an_answer_ends_the_silence():
    idle = Pong("idle", 1.0)
    assert beats(Heartbeat(5, 3), None, None, idle, None, None, None) == [None] * 6


def test_the_same_step_again_and_again_is_a_hang():
    syncing = Pong("syncing", 1.0)
    assert beats(Heartbeat(5, 3), *[syncing] * 4) == [None] * 4
    assert beats(Heartbeat(5, 3), *[syncing] * 5)[-1].startswith("has been syncing for ")


def test_the_same_step_begun_anew_is_not():
    assert not any(beats(Heartbeat(5, 3), *(Pong("syncing", float(since)) for since in range(20))))


def test_idle_is_no_hang_however_long():
    assert not any(beats(Heartbeat(5, 3), *[Pong("idle", 1.0)] * 20))


def test_a_writer_has_its_own_time_to_get_ready():
    heartbeat = Heartbeat(0.01)
    assert heartbeat.due > time.monotonic() + START_TIMEOUT / 2
    assert heartbeat.beat() == "is not ready after 60 s"
    heartbeat.start()
    assert heartbeat.due < time.monotonic() + START_TIMEOUT / 2


# -- reasons ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "x"), "the disk is full"),
        (OSError(errno.EROFS, "x"), "the file system is read-only"),
        (
            OSError(errno.EFBIG, "x"),
            "the file has reached the largest size that is allowed here",
        ),
        (OSError(errno.ELOOP, "too many links"), "the system says: too many links"),
        (LockBusy(Path("f"), 12), "another process (pid 12) is still writing it"),
        (LockBusy(Path("f"), None), "another process (pid unknown) is still writing it"),
        (SinkShort(3, 5), "it ends at 3, before 5, so it was shortened by somebody else"),
        (SinkOutdated("it is of format 2"), "it is of format 2"),
        (KeyError("k"), None),
    ],
)
def test_every_failure_that_was_foreseen_has_half_a_sentence(error: Exception, reason: str | None):
    assert why_not_written(error) == reason


def test_sqlite_s_failures_have_them_too(tmp_path: Path):
    (tmp_path / "no.db").write_bytes(b"this is not a database, whatever its name may say" * 100)
    db = sqlite3.connect(tmp_path / "no.db")
    with pytest.raises(sqlite3.DatabaseError) as raised:
        db.execute("SELECT * FROM sqlite_master")
    db.close()
    assert why_not_written(raised.value) == "it is not an SQLite file"
