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

from crawler.plumbing.multiprocessing_internals_process import (
    close_write_end,
    end_feeder_quietly,
    leave_reading_to_child,
)

FEEDER_TIMEOUT = 5.0
"""Seconds within which a feeder has to notice that its pipe is broken."""

BatchQueue: TypeAlias = "Queue[Any]"  # quoted: Queue is generic for type checkers only
"""First one int: the position to cut back to. Then (n, records) for each batch. None: close."""


def new_queue(context: BaseContext) -> BatchQueue:
    """A queue without a bound: the bound is the main process's count of unacked bytes. Blocks."""
    queue: BatchQueue = context.Queue()
    end_feeder_quietly(queue)
    return queue


def discard(queue: BatchQueue) -> None:
    """Throw the queue of a dead writer away, with all that is in it. Blocks for a moment."""
    queue.cancel_join_thread()
    queue.close()
    leave_reading_to_child(queue)
    close_write_end(queue, FEEDER_TIMEOUT)
