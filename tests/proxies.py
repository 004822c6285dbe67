"""Small proxies on loopback: HTTP with CONNECT, and SOCKS5 with a login or without."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Names = dict[str, tuple[str, int]]
"""What the proxy resolves by itself: host → where it is."""


@dataclass
class ProxyLog:
    """What a proxy has seen."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    """HTTP: the heads of requests, CONNECT too."""
    targets: list[str] = field(default_factory=list)
    """``host:port`` that connections were wanted to."""
    logins: list[str] = field(default_factory=list)
    """SOCKS: ``user:password`` as they came."""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    """Every connection there was, on both sides; all are closed in the end."""

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To where somebody wants to be led."""
        reader, writer = await asyncio.open_connection(host, port)
        self.writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _join(
    log: ProxyLog, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int
) -> None:
    there_reader, there = await log.connect(host, port)
    await asyncio.gather(_pump(reader, there), _pump(there_reader, writer), return_exceptions=True)
    there.close()


@asynccontextmanager
async def _serving(scheme: str, talk: Callable[..., Any]) -> AsyncIterator[ProxyLog]:
    log = ProxyLog()
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(log, reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log.writers.append(writer)  # a task that is cancelled before it begins closes nothing
        task = asyncio.ensure_future(one(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    log.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield log
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await log.close()


@asynccontextmanager
async def http_proxy(names: Names, login: str | None = None, reply: bytes = b"") -> AsyncIterator[ProxyLog]:
    """Forwards absolute requests, makes tunnels for CONNECT; ``reply`` is what CONNECT is answered instead.

    ``login``: the Proxy-Authorization that must come, or else it is 407.
    """

    async def talk(log: ProxyLog, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            log.heads.append(head)
            method, target, _ = head.split(" ", 2)
            if login is not None and f"Proxy-Authorization: {login}\r\n" not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                continue
            if method == "CONNECT":
                log.targets.append(target)
                writer.write(reply or b"HTTP/1.1 200 Connection established\r\n\r\n")
                if not reply:
                    await _join(log, reader, writer, *names[target.rpartition(":")[0]])
                return
            parts = urlsplit(target)
            assert parts.scheme == "http", head
            log.targets.append(parts.netloc)
            path = target.partition(parts.netloc)[2]
            there_reader, there = await log.connect(*names[parts.hostname or ""])
            lines = [line for line in head.split("\r\n")[1:] if line and not line.startswith("Proxy-")]
            request = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "Connection: close", "", ""])
            there.write(request.encode("latin-1"))
            # The servers of these tests answer with a length, and the body in one piece with it.
            answer = await there_reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].split()[0])
            writer.write(answer + await there_reader.readexactly(length))
            there.close()

    async with _serving("http", talk) as log:
        yield log


@asynccontextmanager
async def socks_proxy(names: Names, login: str | None = None, code: int = 0) -> AsyncIterator[ProxyLog]:
    """RFC 1928 and RFC 1929; ``code`` other than 0 is the reply to each wish for a connection."""

    async def talk(log: ProxyLog, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 0 if login is None else 2
        if method not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes([5, method]))
        if login is not None:
            _, size = await reader.readexactly(2)
            user = await reader.readexactly(size)
            password = await reader.readexactly((await reader.readexactly(1))[0])
            log.logins.append(f"{user.decode()}:{password.decode()}")
            good = log.logins[-1] == login
            writer.write(bytes([1, 0 if good else 1]))
            if not good:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, await reader.readexactly(size))
        port = int.from_bytes(await reader.readexactly(2), "big")
        log.targets.append(f"{host}:{port}")
        if code == 0 and host in names:
            writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            await _join(log, reader, writer, *names[host])
        else:
            writer.write(bytes([5, code or 4, 0, 1]) + bytes(6))

    async with _serving("socks5", talk) as log:
        yield log
