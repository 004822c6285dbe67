"""Messages between the event loops of two processes, over two one-way pipes.

Runs as: two threads at either side, which own the blocking ends: a loop never touches a pipe. Stops
when: the far end is closed, as it is by its process's death; the loop hears of that after the last
message. Fails as: an end.

::

    loop ── send() ─▶ queue ─▶ thread ── frame: what waits ─▶ [pipe] ─▶ thread ── one callback a frame ─▶ loop

What waits goes as one frame, so that a busy loop is woken seldom and an idle one at once.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import msgspec

FRAME = 256 * 1024
"""Bytes after which no further message goes into a frame, about."""

In = TypeVar("In")
Out = TypeVar("Out")

_encode = msgspec.msgpack.Encoder().encode


class MessagePipe(Generic[In, Out]):
    """One side's two ends."""

    def __init__(
        self, name: str, reader: Connection, writer: Connection, decode: Callable[[bytes], list[In]]
    ) -> None:
        """``name`` is for the threads'; ``decode`` undoes msgpack."""
        self._reader = reader
        self._writer = writer
        self._decode = decode
        self._waiting: SimpleQueue[tuple[Out, int] | None] = SimpleQueue()
        self._reads = threading.Thread(target=self._read, name=f"{name} reads", daemon=True)
        self._writes = threading.Thread(target=self._write, name=f"{name} writes", daemon=True)

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        on_messages: Callable[[list[In]], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start the threads; both callbacks are called in ``loop``. Blocks for a moment."""
        self._loop, self._on_messages, self._on_end = loop, on_messages, on_end
        self._reads.start()
        self._writes.start()

    def send(self, message: Out, weight: int = 0) -> None:
        """Have ``message`` sent, of ``weight`` bytes about. Never blocks; after the end, it goes nowhere."""
        self._waiting.put((message, weight))

    def close(self) -> None:
        """Nothing more is sent: when what waits is written, the far side comes to an end."""
        self._waiting.put(None)

    def join(self, timeout: float) -> None:
        """Wait ``timeout`` seconds for each thread: they end with the far side, or by :meth:`close`."""
        for thread in (self._reads, self._writes):
            if thread.ident is not None:
                thread.join(timeout)

    # -- the threads -----------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            with suppress(EOFError, OSError), self._reader:
                while True:
                    self._post(self._on_messages, self._decode(self._reader.recv_bytes()))
        finally:
            self._post(self._on_end)

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(call, *arguments)

    def _write(self) -> None:
        with suppress(OSError), self._writer:
            open_ended = True
            while open_ended:
                messages, open_ended = self._take()
                if messages:
                    self._writer.send_bytes(_encode(messages))

    def _take(self) -> tuple[list[Out], bool]:
        """What waits, at least one message unless nothing more comes, and whether more may come."""
        messages: list[Out] = []
        bytes_taken = 0
        item = self._waiting.get()
        while item is not None:
            messages.append(item[0])
            bytes_taken += item[1]
            if bytes_taken >= FRAME:
                return messages, True
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return messages, True
        return messages, False
