"""The proxy: one connection is one protocol object, which parses a request line and no more.

``GET http://h1.test/p2`` is answered from the world, after its latency. ``GET /…`` is asked of the proxy
itself: ``/ledger`` (JSON, of one host ``/ledger/h1.test``), ``/since/UNIXTIME`` (the hosts asked since then,
JSON), ``/world`` (the settings and the counts of the truth, JSON), ``/config.toml`` (for ``crawler run -c``);
``POST /reset`` makes everything as it was at the start. Nothing else is served: there are no tunnels, so no
https.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable

import msgspec

from crawler.lab.internet import answers
from crawler.lab.internet.answers import Answer, answer
from crawler.lab.internet.internet import Internet
from crawler.lab.internet.kinds import Trouble
from crawler.lab.internet.ledger import HostNote
from crawler.lab.internet.report import Limits
from crawler.lab.internet.world import World
from crawler.plumbing.server_process import HOST

BACKLOG = 1024
"""Connections that may wait to be accepted."""
_MAX_HEAD = 65_536
"""Bytes of a request."""
_END = b"\r\n\r\n"
_JSON = "application/json"
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: a close is a reset."""


class Connection(asyncio.Protocol):
    """One of a client's; it answers one request after the other."""

    def __init__(self, internet: Internet) -> None:
        self._internet = internet
        self._number = next(internet.numbers)
        self._loop = asyncio.get_running_loop()
        self._now: Callable[[], float] = self._loop.time
        self._buffer = b""
        self._is_busy = self._is_paused = self._closes = False
        self._ledger = internet.ledger
        self._note: HostNote | None = None
        """Of the host whose request is under way."""
        self._asked = (0, 0)
        self._sent: Answer | None = None
        """Written, and not yet handed over to the system."""
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It has come."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("not a TCP connection")
        self._transport = transport
        transport.set_write_buffer_limits(0)  # so that we are told when all has been written

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It has gone, and with it whatever was under way."""
        for waiting in (self._timer, self._telling):
            if waiting is not None:
                waiting.cancel()
        if self._note is not None:
            self._ledger.end(self._note)
        self._note = self._sent = None

    def pause_writing(self) -> None:
        """Not all that was written has been handed over."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Now it has."""
        self._is_paused = False
        if self._sent is not None:
            self._finish(self._sent)

    def data_received(self, data: bytes) -> None:
        """Part of a request, or a whole one."""
        self._buffer += data
        if not self._is_busy:
            self._next()
        elif len(self._buffer) > _MAX_HEAD:
            self._transport.abort()

    def _next(self) -> None:
        head, end, rest = self._buffer.partition(_END)
        if not end:
            if len(head) > _MAX_HEAD:
                self._transport.abort()
            return
        self._buffer, self._is_busy = rest, True
        line = head.partition(b"\r\n")[0].split(b" ")
        self._closes = b"\nconnection: close" in head.lower() or line[-1] == b"HTTP/1.0"
        if len(line) != 3:
            self._closes = True
            self._tell(answer(400, b"That is no HTTP."))
        elif line[1].startswith(b"/"):
            self._ask_itself(line[0], line[1])
        elif line[0] != b"GET" or not line[1].startswith(b"http://"):
            self._closes = True  # a body may follow
            self._tell(answer(501, b"This proxy knows GET of http:// alone: no https, no tunnels."))
        else:
            self._ask(line[1])

    def _ask(self, url: bytes) -> None:
        internet = self._internet
        found = internet.world.find(url)
        if found is None:
            internet.ledger.strange += 1
            is_near = internet.world.host_of(url) is not None
            self._tell(answers.MISSING if is_near else answer(502, b"There is no such host."))
            return
        self._ledger, self._asked = internet.ledger, found
        self._note = self._ledger.begin(*found, self._now(), time.time(), self._number)
        delay, fault = internet.world.latency_of(found[0]), internet.fault(*found)
        if fault is not None and fault.trouble is Trouble.SLOW:
            delay += internet.world.slow
        if delay:
            self._timer = self._loop.call_later(delay, self._give)
        else:
            self._give()

    def _give(self) -> None:
        self._sent = sent = self._internet.answer(*self._asked)
        self._transport.write(sent.data)
        if not self._is_paused:
            self._finish(sent)

    def _finish(self, sent: Answer) -> None:
        note, self._note, self._sent = self._note, None, None
        if note is None:
            return
        ledger = self._ledger
        ledger.end(note)
        if self._transport.is_closing():
            return  # nobody has had it
        if sent.is_whole:
            ledger.whole(note, *self._asked)
        else:
            ledger.failures += 1
        if sent.rest:
            ledger.rest(note, self._now(), sent.rest, self._number)
        if sent.ends is Trouble.RESET:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
        elif sent.ends is not None:
            self._transport.close()
        else:
            self._done()

    def _done(self) -> None:
        self._is_busy = False
        if self._closes:
            self._transport.close()
        elif self._buffer:
            self._next()

    def _tell(self, data: bytes) -> None:
        """Something that is not of the world."""
        self._transport.write(data)
        self._done()

    def _ask_itself(self, method: bytes, path: bytes) -> None:
        internet = self._internet
        if method == b"POST" and path == b"/reset":
            internet.reset()
            self._tell(answer(200, b"{}", _JSON))
        elif method != b"GET":
            self._closes = True
            self._tell(answer(501, b"This is for GET alone, and POST /reset."))
        elif path == b"/ledger":
            self._tell(answer(200, msgspec.json.encode(internet.ledger.report()), _JSON))
        elif path.startswith(b"/since/"):
            self._tell(answer(200, internet.since(path.removeprefix(b"/since/")), _JSON))
        elif path == b"/world":
            self._telling = self._loop.create_task(self._tell_world())
        elif path == b"/config.toml":
            self._tell(answer(200, internet.config(), "application/toml"))
        elif (host := internet.world.host_of(b"http://" + path.removeprefix(b"/ledger/"))) is not None:
            self._tell(answer(200, msgspec.json.encode(internet.ledger.of(host)), _JSON))
        else:
            self._tell(answers.MISSING)

    async def _tell_world(self) -> None:
        self._tell(answer(200, await self._internet.told(), _JSON))


async def serve(port: int, world: World, limits: Limits) -> dict[str, int]:
    """Serve on ``port`` of the loopback (0: any free one), and say which one it is. Raises OSError."""
    internet = Internet(world, limits)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(internet), HOST, port, backlog=BACKLOG)
    port = server.sockets[0].getsockname()[1]
    internet.proxy = f"http://{HOST}:{port}"
    return {"port": port}
