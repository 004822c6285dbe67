"""Messages between two event loops: all, in order, several to a frame; that the far side ends is heard."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

import msgspec
import pytest

from crawler.plumbing import piped_process
from crawler.plumbing.message_pipe import FRAME, MessagePipe
from crawler.plumbing.piped_process import PipedProcess

decode: Callable[[bytes], list[int]] = msgspec.msgpack.Decoder(list[int]).decode


class Heard:
    """One side, and what came to its loop."""

    def __init__(self, reader: Connection, writer: Connection) -> None:
        self.frames: list[list[int]] = []
        self.ended = asyncio.Event()
        self.pipe: MessagePipe[int, int] = MessagePipe("test", reader, writer, decode)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.pipe.start, loop, self.frames.append, self.ended.set)

    @property
    def messages(self) -> list[int]:
        return [message for frame in self.frames for message in frame]


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Heard, Heard]]:
    one_reads, other_writes = multiprocessing.Pipe(duplex=False)
    other_reads, one_writes = multiprocessing.Pipe(duplex=False)
    one, other = Heard(one_reads, one_writes), Heard(other_reads, other_writes)
    try:
        yield one, other
    finally:
        for side in (one, other):
            side.pipe.close()
        for side in (one, other):
            await asyncio.to_thread(side.pipe.join, 5)


async def test_everything_arrives_in_order_before_the_end():
    async with pair() as (one, other):
        await one.start()
        await other.start()
        for number in range(5_000):
            one.pipe.send(number)
        one.pipe.close()
        await asyncio.wait_for(other.ended.wait(), 10)
        assert other.messages == list(range(5_000))
        # The other direction goes on.
        other.pipe.send(7)
        other.pipe.close()
        await asyncio.wait_for(one.ended.wait(), 10)
        assert one.messages == [7]


async def test_what_waits_goes_as_one_frame_up_to_its_size():
    async with pair() as (one, other):
        for number in range(10):
            one.pipe.send(number, FRAME // 4)
        await one.start()
        await other.start()
        one.pipe.close()
        await asyncio.wait_for(other.ended.wait(), 10)
        assert other.frames == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_sending_to_a_side_that_is_gone_goes_nowhere():
    async with pair() as (one, other):
        await one.start()
        await other.start()
        other.pipe.close()
        await asyncio.wait_for(one.ended.wait(), 10)
        for number in range(100):
            one.pipe.send(number, FRAME)


def echo(job: str, reader: Connection, writer: Connection) -> None:
    while True:
        try:
            writer.send_bytes(reader.recv_bytes())
        except EOFError:
            return


def deaf(job: str, reader: Connection, writer: Connection) -> None:
    signal.pause()


Started = tuple[PipedProcess[str, int, int], list[int], asyncio.Event]


@asynccontextmanager
async def process(target: Callable[[str, Connection, Connection], None]) -> AsyncIterator[Started]:
    child: PipedProcess[str, int, int] = PipedProcess(
        "child", multiprocessing.get_context("spawn"), target, decode
    )
    heard: list[int] = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(child.start, "job", loop, heard.extend, ended.set)
        yield child, heard, ended
    finally:
        await asyncio.to_thread(child.stop)


async def test_a_process_is_talked_to_and_stopped():
    async with process(echo) as (child, heard, ended):
        child.send(1)
        async with asyncio.timeout(20):
            while not heard:
                await asyncio.sleep(0.01)
        assert await asyncio.to_thread(child.stop) == "exit code 0"
        await asyncio.wait_for(ended.wait(), 5)
        assert await asyncio.to_thread(child.stop) == "it was not there"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_the_end_of_a_killed_process_is_heard():
    async with process(echo) as (child, _, ended):
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await asyncio.wait_for(ended.wait(), 5)
        assert await asyncio.to_thread(child.stop) == "exit code -9"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_a_process_that_does_not_listen_is_killed_when_it_is_stopped(monkeypatch):
    monkeypatch.setattr(piped_process, "EXIT_TIMEOUT", 0.2)
    async with process(deaf) as (child, _, ended):
        child.send(1)
        assert await asyncio.to_thread(child.stop) == "exit code -9"
        await asyncio.wait_for(ended.wait(), 5)
