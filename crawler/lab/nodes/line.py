"""A TCP connection that is led on to somewhere else, and can be cut or made to hang at either end."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Literal, cast

Ends = Literal["both", "near", "far"]
"""``near`` is the end of whoever has connected, ``far`` the one of whom they wanted."""
KeptBack = Literal["all", "answers"]
"""What a stall keeps back: all bytes, or those from the far end alone, so that what was asked for is done."""


class Line:
    """One connection: its two ends, each a socket."""

    def __init__(self, begun: "Callable[[Line], object]", ended: "Callable[[Line], object]") -> None:
        """``begun`` is told of the near end, to connect the far one; ``ended`` when both are closed."""
        self.number = 0
        self.is_cut = False
        self.gone = asyncio.Event()
        """Set when both ends are closed."""
        self._begun, self._ended = begun, ended
        self._kept_back: KeptBack | None = None
        self.near, self.far = End(self), End(self)
        self.near.other, self.far.other = self.far, self.near

    @property
    def client(self) -> tuple[str, int] | None:
        """The address of whoever has connected, by which they can be told apart; None when they are gone."""
        transport = self.near.transport
        return None if transport is None else cast("tuple[str, int]", transport.get_extra_info("peername"))

    def opened(self, end: "End") -> None:
        """One of its ends is connected."""
        if end is self.near:
            self._begun(self)
        elif self.is_cut or self.near.transport is None:
            end.cut(reset=True)  # that came while it was being connected
        self.look()

    def stall(self, what: KeptBack | None) -> None:
        """Keep back ``what``, and nothing else."""
        self._kept_back = what
        self.look()

    def look(self) -> None:
        """Have each end read, or not read."""
        for end in (self.near, self.far):
            kept_back = self._kept_back == "all" or (self._kept_back == "answers" and end is self.far)
            end.read(not (kept_back or self.is_cut or end.other.transport is None or end.other.is_full))

    def cut(self, end: Ends, *, reset: bool) -> None:
        """Cut one end, or both; nothing passes from here on."""
        self.is_cut = True
        self.look()
        if end != "far":
            self.near.cut(reset=reset)
        if end != "near":
            self.far.cut(reset=reset)

    def lost(self, end: "End", error: Exception | None) -> None:
        """One of its ends is closed: unless that was a cut, so is the other, in the same way."""
        if not self.is_cut:
            end.other.cut(reset=error is not None)
        if self.near.transport is None and self.far.transport is None:
            self.gone.set()
            self._ended(self)


class End(asyncio.Protocol):
    """One end of a connection."""

    other: "End"

    def __init__(self, line: Line) -> None:
        self.line = line
        self.transport: asyncio.Transport | None = None
        self.is_full = False
        """More was written to it than its reader takes."""
        self._may_read = False
        self._kept: list[bytes] = []
        """What came all the same: uvloop begins to read after :meth:`connection_made`, whatever that said."""
        self._has_ended = self._has_told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected."""
        self.transport = cast(asyncio.Transport, transport)
        self.line.opened(self)
        asyncio.get_running_loop().call_soon(self.line.look)

    def data_received(self, data: bytes) -> None:
        """Pass on what came."""
        self._kept.append(data)
        self._pass_on()

    def eof_received(self) -> bool:
        """Pass on that no more will come; this end stays open."""
        self._has_ended = True
        self._pass_on()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed."""
        self.transport = None
        self.line.lost(self, error)

    def pause_writing(self) -> None:
        """Its reader is slow: stop the other end."""
        self.is_full = True
        self.line.look()

    def resume_writing(self) -> None:
        """Its reader has caught up."""
        self.is_full = False
        self.line.look()

    def read(self, wanted: bool) -> None:
        """Read from it, or do not."""
        self._may_read = wanted
        self._pass_on()
        if self.transport is None or self.transport.is_closing() or self._has_ended:
            return
        if wanted != self.transport.is_reading():
            (self.transport.resume_reading if wanted else self.transport.pause_reading)()

    def _pass_on(self) -> None:
        other = self.other.transport
        if not self._may_read or other is None or other.is_closing():
            return
        kept, self._kept = self._kept, []
        for data in kept:
            other.write(data)
        if self._has_ended and not self._has_told:
            self._has_told = True
            if self.other._has_told:
                other.close()  # both have said all; this end follows
            else:
                other.write_eof()

    def cut(self, *, reset: bool) -> None:
        """Close it by RST, at once, or by FIN, behind what was written to it."""
        if self.transport is None:
            return
        if reset:
            linger = struct.pack("ii", 1, 0)  # on, for no time: what is not sent is dropped
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        else:
            self.transport.close()
