"""The process queue through which one writer gets its batches: made, and thrown away safely.

A ``multiprocessing.Queue`` for one producer (the main process) and one consumer (this writer): a
process that is killed while it holds a shared queue's lock stops every other user of it for ever.
So a queue is never shared between writers, and never outlives its writer.

Its feeder thread is what makes throwing away delicate. After the reader's death it may sit in a
write to a full pipe; at exit, the interpreter would wait for it for ever. Two things prevent that:
``cancel_join_thread()``, so that the exit does not wait; and this process closes its own copy of
the pipe's read end, so that the reader's death breaks the pipe and the feeder comes back.
"""

from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from typing import Any, TypeAlias

FEEDER_TIMEOUT = 5.0
"""Seconds within which a feeder has to notice that its pipe is broken."""

BatchQueue: TypeAlias = "Queue[Any]"  # quoted: Queue is generic for type checkers only
"""First one int: the position to cut back to. Then (n, records) for each batch. None: close."""


def new_queue(context: BaseContext) -> BatchQueue:
    """A queue without a bound: the bound is the main process's count of unacked bytes. Blocks."""
    queue: BatchQueue = context.Queue()
    # As concurrent.futures does: a broken pipe ends the feeder quietly instead of with a traceback.
    queue._ignore_epipe = True  # type: ignore[attr-defined]
    return queue


def leave_reading_to_child(queue: BatchQueue) -> None:
    """Once the child is started, and has its own copy of it, close this process's read end."""
    queue._reader.close()  # type: ignore[attr-defined]


def discard(queue: BatchQueue) -> None:
    """Throw the queue of a dead writer away, with all that is in it. Blocks for a moment."""
    queue.cancel_join_thread()
    queue.close()
    leave_reading_to_child(queue)
    feeder = queue._thread  # type: ignore[attr-defined]
    if feeder is not None:
        feeder.join(FEEDER_TIMEOUT)
    if feeder is None or not feeder.is_alive():
        queue._writer.close()  # type: ignore[attr-defined]
