"""Names are looked up beside each other, each once, in threads that nobody waits for."""

import asyncio
import socket
import threading
import time
from contextlib import suppress

import pytest
import uvloop

from crawler.fetch.lookup_thread import LookUps, system_addresses
from crawler.model.outcomes import Kind
from tests.stations.fetch_servers import always, byte_server, ok, rig

LOOPBACK = {"allow_addresses": ["127.0.0.0/8"], "timeout": 20}


@pytest.fixture
def slow_system(monkeypatch):
    """The system's look-up: names of ``slow.test`` hang until the test is over, others are at once here."""
    over = threading.Event()
    asked: list[str] = []

    def getaddrinfo(host, port, *_, **__):
        asked.append(host)
        if "slow" in host and not over.wait(60):
            raise socket.gaierror(socket.EAI_AGAIN, "in vain")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    over.set()


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_names_that_hang_hold_up_nobody_and_are_given_up_in_time(slow_system, tmp_path, new_loop):
    """A dozen: more than uvloop has threads, and than the loop's default executor has on a small machine."""

    async def case() -> None:
        async with (
            byte_server(always(ok())) as served,
            rig(tmp_path, connect_timeout=1.0, concurrency=16, **LOOPBACK) as fetching,
        ):
            port = served.url.rpartition(":")[2]
            slow = [
                asyncio.create_task(fetching.ended(f"http://slow{number}.test:{port}/"))
                for number in range(12)
            ]
            await asyncio.sleep(0.05)
            began = time.monotonic()
            for number in range(3):
                await fetching.page(f"http://quick{number}.test:{port}/")
            assert time.monotonic() - began < 0.8
            assert not any(task.done() for task in slow)
            lines = await asyncio.gather(*slow)
            assert {line.kind for line in lines} == {Kind.TIMEOUT}
            assert "no answer in time (fetch.connect_timeout)" in str(lines[0].message)
            # Their threads are still there, and in nobody's way.
            await asyncio.gather(
                *(fetching.page(f"http://next{number}.test:{port}/") for number in range(12))
            )

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(case())
        ending = time.monotonic()
    assert time.monotonic() - ending < 2.0  # nobody waits for them at the end


async def test_a_name_is_looked_up_once_for_all_who_ask_at_the_same_time(slow_system, tmp_path):
    async with byte_server(always(ok())) as served, rig(tmp_path, **LOOPBACK) as fetching:
        port = served.url.rpartition(":")[2]
        await asyncio.gather(*(fetching.page(f"http://one.test:{port}/{number}") for number in range(8)))
        await fetching.page(f"http://one.test:{port}/later")
    assert slow_system == ["one.test"]


async def test_waiting_for_a_turn_does_not_count_as_the_look_up_s_time():
    async def look_up(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(0.15)
        return ["127.0.0.1"]

    look_ups = LookUps(look_up, most=1, seconds=0.3)
    found = await asyncio.gather(*(look_ups.addresses(f"h{number}.test", 80) for number in range(5)))
    # Would catch a time that begins when they are asked for: the last began after 0.6 s.
    assert found == [["127.0.0.1"]] * 5


async def test_no_more_are_under_way_than_there_are_turns():
    running = most = 0

    async def look_up(_host: str, _port: int) -> list[str]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return ["127.0.0.1"]

    look_ups = LookUps(look_up, most=3)
    await asyncio.gather(*(look_ups.addresses(f"h{number}.test", 80) for number in range(12)))
    assert most == 3


async def test_who_is_cancelled_takes_nobody_s_answer_away():
    released = asyncio.Event()

    async def look_up(_host: str, _port: int) -> list[str]:
        await released.wait()
        return ["127.0.0.1"]

    look_ups = LookUps(look_up, most=1)
    first, second = (asyncio.create_task(look_ups.addresses("h.test", 80)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    released.set()
    assert await second == ["127.0.0.1"]


async def test_a_name_that_was_given_up_and_then_found_need_not_be_looked_up_again(slow_system):
    late = asyncio.Event()

    async def look_up(_host: str, _port: int) -> list[str]:
        await late.wait()
        return ["127.0.0.1"]

    look_ups = LookUps(look_up, most=1, seconds=0.05)
    with pytest.raises(Exception, match=r"h\.test had no answer in time") as failed:
        await look_ups.addresses("h.test", 80)
    assert failed.value.kind is Kind.TIMEOUT
    again = asyncio.create_task(look_ups.addresses("h.test", 80))
    await asyncio.sleep(0)
    late.set()
    assert await again == ["127.0.0.1"]


async def test_what_the_system_says_passes_the_thread():
    with pytest.raises(socket.gaierror):
        await system_addresses("no-such-host.invalid", 80)
    with pytest.raises(UnicodeError):
        await system_addresses("a" * 70 + ".invalid", 80)
    assert await system_addresses("127.0.0.1", 80) == ["127.0.0.1"]
