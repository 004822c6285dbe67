"""Messages through shared memory, as ``pipe`` sends them: written where the other side reads them."""

from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from typing import Any

SLOTS = 4
"""Messages that the shared memory holds at once."""


class Slots:
    """Shared memory as a ring of slots of one size, for one writer and one reader."""

    def __init__(self, context: BaseContext, size: int) -> None:
        self._memory: Any = SharedMemory(create=True, size=SLOTS * size)  # its buf is None once it is closed
        self._size, self._next = size, 0
        self._filled, self._free = context.Semaphore(0), context.Semaphore(SLOTS)

    def _slot(self) -> slice:
        start = self._next * self._size
        self._next = (self._next + 1) % SLOTS
        return slice(start, start + self._size)

    def put(self, message: bytes) -> None:
        """Copy the message in; waits for a free slot."""
        self._free.acquire()
        self._memory.buf[self._slot()] = message
        self._filled.release()

    def get(self) -> bytes:
        """Copy the next message out; waits for it."""
        self._filled.acquire()
        message = bytes(self._memory.buf[self._slot()])
        self._free.release()
        return message

    def remove(self) -> None:
        """Shared memory lives until somebody unlinks it, whoever ends."""
        self._memory.close()
        self._memory.unlink()
