"""``join()`` before the queue is drained: a deadlock.

``put`` only hands the item to a thread of the producer, which writes it to a pipe. A process ends when that
thread is done, so ``join()`` before the queue is drained waits for ever as soon as the items do not fit into
the pipe (64 kB on Linux). First ``get`` all, then ``join``.
"""

from typing import Any

from crawler.lab.experiments.limits import fork_server

TOO_MUCH = 1_000_000
"""Bytes that do not fit into a pipe."""
TIMEOUT = 0.5
"""Seconds after which a join is given up; it takes a hundredth of that where it works."""


def put_bytes(queue: Any, size: int) -> None:
    """A producer of one item."""
    queue.put(bytes(size))


def join_first(size: int) -> dict[str, Any]:
    """Join the producer, with a timeout, before its one item is taken; then take it and join again."""
    context = fork_server(__name__)
    queue = context.Queue()
    producer = context.Process(target=put_bytes, args=(queue, size))
    producer.start()
    producer.join(TIMEOUT)
    stuck = producer.is_alive()
    queue.get()
    producer.join(10 * TIMEOUT)
    return {"bytes": size, "stuck_before": stuck, "stuck_after": producer.is_alive()}


def deadlock() -> list[dict[str, Any]]:
    """One item that fits into the pipe, and one that does not."""
    return [join_first(size) for size in (1000, TOO_MUCH)]
