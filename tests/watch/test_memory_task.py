"""The memory watcher: what it does about what it sees, and that it sees it right."""

import asyncio
import logging
import os
import subprocess
import sys

import pytest

from crawler.model.errors import CrawlFailed
from crawler.rules.limits import MIB, MemoryRule, MemoryUse
from crawler.trace.counters import Counters
from crawler.watch import memory_reading
from crawler.watch.memory_task import memory_task
from tests.stations.no_frontier import NoFrontier

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


class Leasing(NoFrontier):
    known = 1_234_567

    def __init__(self, leased: int, done: list[object]) -> None:
        self.leased, self._done = leased, done

    def pause(self, by: str) -> None:
        self._done.append("pause")

    def resume(self, by: str) -> None:
        self._done.append("resume")


class Scene:
    """A crawl that takes, at each look, the next of ``uses``; then the watcher is cancelled."""

    def __init__(self, *uses: MemoryUse | None, in_flight: int = 5) -> None:
        self.uses = list(uses)
        self.done: list[object] = []
        self.frontier = Leasing(in_flight, self.done)
        self.counters = Counters()
        self.slept: list[float] = []

    def read(self) -> MemoryUse | None:
        return self.uses.pop(0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.uses:
            raise asyncio.CancelledError

    async def play(self, ceiling: int = 1000 * MIB, before: int = 0) -> list[object]:
        task = memory_task(
            MemoryRule(ceiling),
            self.counters,
            self.frontier,
            read=self.read,
            replace=lambda pid: self.done.append(("replace", pid)),
            before=before,
            trim=lambda: self.done.append("trim"),
            sleep=self.sleep,
        )
        try:
            await task
        except asyncio.CancelledError:
            self.done.append("cancelled")
        return self.done


def mib(main: int, *parsers: int) -> MemoryUse:
    return MemoryUse(main * MIB, {pid: size * MIB for pid, size in enumerate(parsers, 1)})


async def test_leasing_is_paused_and_goes_on_once_each(caplog):
    caplog.set_level(logging.INFO)
    scene = Scene(mib(100), mib(900), mib(880), mib(700), mib(100))
    assert await scene.play() == ["pause", "trim", "resume", "cancelled"]
    assert [record.getMessage() for record in caplog.records] == [
        "memory: 900.0 MiB of 1000.0 MiB taken; no URL is leased until what is in flight is done",
        "memory: 700.0 MiB of 1000.0 MiB taken; leasing goes on",
    ]
    assert (scene.counters.memory, scene.counters.peak_memory) == (100 * MIB, 900 * MIB)


async def test_a_parser_that_takes_too_much_is_replaced():
    scene = Scene(mib(500, 60, 400), mib(500, 60, 60))
    assert await scene.play() == ["pause", ("replace", 2), "trim", "resume", "cancelled"]


async def test_it_gives_up_with_one_clear_sentence():
    scene = Scene(*[mib(900, 50)] * 9, in_flight=0)
    with pytest.raises(CrawlFailed, match=r"limits\.memory = 1048576000.* 900\.0 MiB .*1,234,567 known URLs"):
        await scene.play()
    assert len(scene.uses) == 6
    assert scene.done.count("trim") == 2


async def test_what_is_committed_is_in_flight_no_longer_page_or_target():
    scene = Scene(*[mib(900, 50)] * 9, in_flight=0)
    scene.frontier.finished = 7
    scene.counters.committed, scene.counters.targets = 3, 4
    with pytest.raises(CrawlFailed, match=r"limits\.memory"):
        await scene.play()


async def test_what_a_program_had_before_does_not_count():
    scene = Scene(mib(2000), mib(2500))
    assert await scene.play(before=1900 * MIB) == ["cancelled"]
    assert scene.counters.peak_memory == 600 * MIB


async def test_where_it_cannot_be_read_it_says_so_once_and_ends(caplog):
    caplog.set_level(logging.INFO)
    assert await Scene(None).play() == []
    assert [record.getMessage() for record in caplog.records] == [
        "how much memory the crawl takes cannot be read here: limits.memory is not enforced"
    ]


async def test_the_first_looks_come_fast_so_that_a_short_crawl_is_measured_too():
    scene = Scene(*[mib(1)] * 6)
    await scene.play()
    assert scene.slept == [0.125, 0.25, 0.5, 1.0, 1.0, 1.0]


@linux
def test_a_child_s_memory_is_read_by_its_pid():
    code = "hoard = b'x' * 50_000_000; print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in memory_reading.descendants(os.getpid())
        use = memory_reading.read_use({child.pid})
        others = memory_reading.read_use(())
        child.kill()
    assert use is not None
    assert others is not None
    assert 50_000_000 < use.parsers[child.pid] < 80_000_000
    assert use.main > 20_000_000
    assert others.parsers == {}
    assert others.others - use.others > 50_000_000
    assert memory_reading.memory_of(child.pid) is None


@linux
def test_a_container_s_limit_is_its_machine(tmp_path, monkeypatch):
    machine = memory_reading.machine_memory()
    assert machine is not None
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(memory_reading, "CGROUPS", tmp_path)
    assert memory_reading.machine_memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text("123456789\n")
    assert memory_reading.machine_memory() == 123_456_789


def test_elsewhere_it_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(memory_reading, "PROC", tmp_path)
    assert memory_reading.read_use(()) is None
