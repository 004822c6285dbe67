"""A server that misbehaves byte by byte, on raw asyncio streams, and notes what it was asked for."""

import asyncio
import json
import socket
import struct
import time
from collections import Counter
from contextlib import suppress
from typing import Self

from crawler.lab.faults.manifest import Answer, Here, Kept, answer
from crawler.lab.faults.site import FaultSite, build, is_good

HOST = "127.0.0.1"
LOG_PATH = "/__log__"
"""GET answers what was asked so far, as JSON; no page links here."""
MISSING = answer(b"There is nothing here.", media="text/plain", status="404 Not Found")
_MAX_HEAD = 131_072
_BACKLOG = 1024
"""Connections that may wait to be accepted: all of them, whatever the crawl's concurrency."""


class FaultServer:
    """The site, the neighbour that nobody may ask, and the log of both."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.log: list[tuple[float, str]] = []
        """Monotonic seconds and path of every request."""
        self.raced: list[str] = []
        """Paths of the good pages whose request met a connection that was just being closed."""
        self.neighbour = 0
        """Connections that the neighbour got."""
        self.site: FaultSite

    async def start(self, port: int) -> Here:
        """Listen on ``port`` of the loopback (0: any free one). Raises OSError."""
        site = await asyncio.start_server(self._serve, HOST, port, limit=_MAX_HEAD, backlog=_BACKLOG)
        other = await asyncio.start_server(self._serve_neighbour, HOST, 0, backlog=_BACKLOG)
        self._servers = [site, other]
        here = Here(_port(site), _port(other))
        with suppress(OSError):  # a machine without IPv6
            self._servers.append(
                await asyncio.start_server(self._serve_neighbour, "::1", here.other, backlog=_BACKLOG)
            )
        self.site = build(here)
        return here

    async def _serve_neighbour(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.neighbour += 1
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = _Call(reader, writer)
        # It has gone, or talks no HTTP: either way there is nobody to complain to.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, EOFError):
            while await self._answer(call):
                pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, call: "_Call") -> bool:
        await call.read_head()
        path = call.path
        if path == LOG_PATH:
            return await call.give(self._tell())
        self.asked[path] += 1
        call.nth = self.asked[path]
        entry = time.monotonic(), path
        self.log.append(entry)
        if call.racing is not None and is_good(path) and path not in self.raced:
            self.raced.append(path)
            return await call.give(call.racing)
        stays = await call.give(self.site.answers.get(path, MISSING))
        if call.requests > 1 and not call.sent and not stays:
            # To whoever asked, a kept connection was closed that could as well have been closed before.
            self.asked[path] -= 1
            self.log.remove(entry)
        return stays

    def _tell(self) -> Kept:
        told = {"requests": self.log, "raced": self.raced, "neighbour": self.neighbour}
        return answer(json.dumps(told).encode(), media="application/json")


class _Call:
    """See :class:`crawler.lab.faults.Call`: one connection, and the request that is being answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.path = ""
        self.nth = 0
        self.head = b""
        self.racing: Answer | None = None
        self.requests = 0
        """On this connection."""
        self.sent = 0
        """Bytes of this answer."""

    async def read_head(self) -> Self:
        """The next request on this connection. Raises EOFError where there is none."""
        self.head = await self._reader.readuntil(b"\r\n\r\n")
        words = self.head.split(b" ", 2)
        if len(words) < 3:
            raise EOFError
        self.path = words[1].decode("latin-1")
        self.requests += 1
        self.sent = 0
        return self

    async def send(self, data: bytes) -> None:
        self.sent += len(data)
        self._writer.write(data)
        await self._writer.drain()
        # A client that takes everything at once would leave no turn to the other connections.
        await asyncio.sleep(0)

    async def pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                # Nothing is to be read here; whatever wakes us is the client's leaving.
                if not await self._reader.read(1):
                    raise ConnectionResetError

    async def reset(self) -> None:
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def race(self, how: Answer) -> None:
        self.racing = how

    async def give(self, answer: Answer) -> bool:
        if not isinstance(answer, bytes):
            return bool(await answer(self))
        await self.send(answer)
        return isinstance(answer, Kept)


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
