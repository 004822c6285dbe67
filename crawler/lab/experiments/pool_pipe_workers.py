"""What the workers of ``pool-pipe`` do, and how the two of them are made to talk."""

from collections.abc import Callable
from multiprocessing.pool import Pool
from typing import Any

from crawler.lab.tables.pool_pipe import Talk

ITEMS = 3
TIMEOUT = 1.0
"""Seconds after all was sent in which the reader comes to its end, or never."""
END = None
"""The item after the last one, where there is one."""
_queue: Any = None
"""In a worker: what the initializer was given."""


def set_up(started: Any, queue: Any) -> None:
    """The initializer."""
    global _queue
    _queue = queue
    started.release()


def send_all(to: Any, with_end: bool) -> None:
    """One worker's task. Connections send, queues put; one that came by the initializer is no argument."""
    to = _queue if to is None else to
    for item in [*range(ITEMS), *([END] if with_end else [])]:
        (to.send if hasattr(to, "send") else to.put)(item)


def receive_all(of: Any) -> int:
    """The other one's: how many items there were until the end."""
    of, items = _queue if of is None else of, 0
    try:
        while (of.recv if hasattr(of, "recv") else of.get)() is not END:
            items += 1
    except EOFError:
        pass
    return items


def pool_of_two(context: Any, queue: Any = None) -> Pool:
    """A pool whose workers are there."""
    started = context.Semaphore(0)
    pool: Pool = context.Pool(2, set_up, (started, queue))
    for _ in range(2):
        started.acquire()
    return pool


def talk(
    pool: Pool, reader: Any, writer: Any, with_end: bool = False, then: Callable[[], None] = lambda: None
) -> Talk:
    """Have one worker send and the other one receive; ``then`` is called when all has been sent."""
    received = pool.apply_async(receive_all, (reader,))
    sent = pool.apply_async(send_all, (writer, with_end))
    try:
        sent.get()
    except RuntimeError as error:
        return {"items": None, "error": type(error).__name__}
    then()
    received.wait(TIMEOUT)
    return {"items": received.get() if received.ready() else None, "error": None}
