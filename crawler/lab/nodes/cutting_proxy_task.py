"""A TCP proxy between nodes and PostgreSQL that cuts connections, or lets them hang, when it is told to.

::

    node ◀──▶ near end ┃ Line ┃ far end ◀──▶ PostgreSQL
                cut: one end or both, by RST or FIN
                stall: nothing is read, from both ends or from the far one

Runs as: protocols, and a coroutine for each connection that is being made, in the loop of whoever opens it.
With one proxy for each node, a fault is that node's; with one for all, it is everybody's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crawler.lab.nodes.line import End, Ends, KeptBack, Line

HOST = "127.0.0.1"
BACKLOG = 1024


class CuttingProxy:
    """What :func:`cutting_proxy` opens: the connections through it, and what can be done to them.

    Nothing here blocks. What is done takes effect once the loop runs on.
    """

    def __init__(self, host: str, port: int) -> None:
        """``host`` and ``port``: where it leads to."""
        self._target = host, port
        self._number = 0
        self._kept_back: KeptBack | None = None
        self._is_closed = False
        self._healthy = asyncio.Event()
        self._healthy.set()
        self._connecting: set[asyncio.Task[None]] = set()
        self.lines: dict[int, Line] = {}
        """The connections that are open at one end at least, by their number: 1 is the first that came."""
        self.port = 0
        """Where it listens, on the loopback."""

    def cut(self, number: int | None = None, *, end: Ends = "both", reset: bool = True) -> int:
        """Cut one connection, or all; how many: one that is gone already is none.

        ``reset``: by RST, as a machine does that knows nothing of it any more; else by FIN. With one ``end``,
        the other one stays open and mute until :meth:`heal` is called: as when a cable is pulled out, and
        only one side has noticed.
        """
        chosen = [line for line in self._chosen(number) if not line.is_cut]
        for line in chosen:
            line.cut(end, reset=reset)
        return len(chosen)

    def stall(self, number: int | None = None, *, what: KeptBack = "all") -> None:
        """Let bytes go nowhere, on one connection or on all, those to come included; all stay open.

        As on a network that is down, nothing is lost: what was kept back arrives after :meth:`heal`. With
        ``answers``, a COMMIT is done and its answer is not there: cut now, and it is lost.
        """
        if number is None:
            self._kept_back = what
            if what == "all":
                self._healthy.clear()
            else:
                self._healthy.set()
        for line in self._chosen(number):
            line.stall(what)

    def heal(self) -> None:
        """Let everything through again; reset what is open at one end only."""
        self._kept_back = None
        self._healthy.set()
        for line in self._chosen(None):
            if line.is_cut:
                line.cut("both", reset=True)
            line.stall(None)

    def _chosen(self, number: int | None) -> list[Line]:
        return [line for line in self.lines.values() if number in {None, line.number}]

    def accept(self) -> End:
        """The near end of a new connection."""
        return Line(self._begun, lambda line: self.lines.pop(line.number, None)).near

    def _begun(self, line: Line) -> None:
        if self._is_closed:
            line.cut("both", reset=True)
            return
        self._number += 1
        line.number = self._number
        self.lines[line.number] = line
        line.stall(self._kept_back)
        task = asyncio.ensure_future(self._connect(line))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, line: Line) -> None:
        await self._healthy.wait()
        try:
            await asyncio.get_running_loop().create_connection(lambda: line.far, *self._target)
        except OSError:
            line.cut("near", reset=True)

    async def close(self) -> None:
        """Cut everything, and wait until it is gone."""
        self._is_closed = True
        for task in list(self._connecting):
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        lines = self._chosen(None)
        for line in lines:
            line.cut("both", reset=True)
        await asyncio.gather(*(line.gone.wait() for line in lines))


@asynccontextmanager
async def cutting_proxy(host: str, port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy before ``host:port``, on a free port of the loopback, while the ``async with`` block lasts."""
    proxy = CuttingProxy(host, port)
    server = await asyncio.get_running_loop().create_server(proxy.accept, HOST, 0, backlog=BACKLOG)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
