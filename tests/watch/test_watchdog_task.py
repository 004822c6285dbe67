"""The watchdog: who is stuck is said once, and replaced where it is a child."""

import asyncio
import logging

import pytest

from crawler.rules.stalls import Worker
from crawler.watch.watchdog_task import watchdog_task

URL = "http://a.example/1"


class Scene:
    """Looks at ``script``, one list of workers after the other, a second apart; then it is cancelled."""

    def __init__(self, *script: list[Worker]) -> None:
        self.script = list(script)
        self.now = 100.0
        self.killed: list[int] = []

    async def sleep(self, seconds: float) -> None:
        assert seconds == 1.0
        self.now += seconds
        if not self.script:
            raise asyncio.CancelledError

    def replace(self, pid: int) -> bool:
        self.killed.append(pid)
        return True

    async def play(self, **timeouts: float) -> None:
        with pytest.raises(asyncio.CancelledError):
            await watchdog_task(
                lambda: self.script.pop(0),
                10.0,
                timeouts=timeouts,
                replace={"parse": self.replace, "write": lambda pid: False},
                clock=lambda: self.now,
                sleep=self.sleep,
            )


def parser(number: int, progress: float = 0.0) -> Worker:
    return Worker("parse", f"parser-{number}", 40 + number, "parsing", URL, (progress,))


async def test_a_stuck_child_is_named_and_replaced(caplog):
    stuck, fine = parser(1), [parser(2, n) for n in range(20)]
    scene = Scene(*([stuck, one] for one in fine[:12]), *([parser(1, 5.0), one] for one in fine[12:]))
    await scene.play()
    assert scene.killed == [41]
    assert [record.getMessage() for record in caplog.records] == [
        f"parse is stuck: parser-1 (pid 41) does not get on with 'parsing' of {URL} since 10 s; replacing it",
        "parse goes on: it was stuck for 12 s",
    ]


async def test_of_a_stage_without_children_one_is_named_for_all(caplog):
    workers = [Worker("fetch", f"fetch-{n}", 1, "read", URL, (1.0,)) for n in range(32)]
    await Scene(*[workers] * 40).play()
    assert [record.getMessage() for record in caplog.records] == [
        f"fetch is stuck: fetch-0 (pid 1) does not get on with 'read' of {URL} since 10 s"
    ]


async def test_a_child_that_is_gone_already_is_only_named(caplog):
    await Scene(*[[Worker("write", "writer-jsonl", 9, "write", URL, (1.0,))]] * 35).play()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "replacing" not in caplog.text


async def test_a_child_that_stays_stuck_is_replaced_again():
    scene = Scene(*[[parser(1)]] * 25)
    await scene.play()
    assert scene.killed == [41, 41]


async def test_a_stage_s_own_timeouts_is_kept():
    scene = Scene(*[[parser(1)]] * 25)
    await scene.play(parse=30.0)
    assert scene.killed == []
