"""The second part of ``pool-kill``: consumers at one Queue, one of which is killed while it waits.

``get`` holds the queue's lock while it waits. Who is killed then takes the lock along: the other consumers
wait for it for ever, while items pile up.
"""

import time
from typing import Any

from crawler.lab.experiments.limits import fork_server

TIMEOUT = 0.25
"""Seconds in which a consumer that lives has taken an item."""


def consume(queue: Any, ready: Any, taken: Any) -> None:
    """A consumer; what it has taken is counted."""
    ready.release()
    while True:
        queue.get()
        taken.release()


def kill_at_queue(context: Any, victim: int) -> bool:
    """Kill one of two consumers that wait at a queue; whether the other one still gets an item."""
    queue, ready, taken = context.Queue(), context.Semaphore(0), context.Semaphore(0)
    consumers = [context.Process(target=consume, args=(queue, ready, taken)) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
        ready.acquire()
    time.sleep(0.03)  # now one of them holds the lock and waits for an item; the other waits for the lock
    consumers[victim].kill()
    consumers[victim].join()
    queue.put("item")
    went_on = taken.acquire(timeout=TIMEOUT)
    for consumer in consumers:
        consumer.kill()
        consumer.join()
    queue.cancel_join_thread()
    return bool(went_on)


def kill_at_queues(kills: int) -> int:
    """How many of so many kills left the other consumer stuck. The victims take turns."""
    context = fork_server(__name__)
    return sum(not kill_at_queue(context, number % 2) for number in range(kills))
