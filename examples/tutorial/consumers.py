"""One producer, two slow consumers, and two ways to end these when the producer has ended.

It prints::

    by sentinels: 20 of 20 items were done
    by terminate(): not all of 20 items were done
"""

import time
from collections.abc import MutableSequence
from multiprocessing import Process, Queue, RawArray
from typing import Any

ITEMS, SECONDS = 20, 0.2
"""Items, and how long it takes to do one: the consumers are slower than the producer."""


def produce(queue: Any, sentinels: int) -> None:
    """Put all items, then say to each consumer that this was all."""
    for item in range(ITEMS):
        queue.put(item)
    for _ in range(sentinels):
        queue.put(None)


def consume(queue: Any, done: MutableSequence[int], me: int) -> None:
    """Do item after item, until there is a sentinel. Each consumer counts in a place of its own."""
    while queue.get() is not None:
        time.sleep(SECONDS)
        done[me] += 1


def one_run(by_sentinel: bool) -> int:
    """How many items were done when all had ended."""
    queue: Any = Queue()
    done: Any = RawArray("i", 2)
    consumers = [Process(target=consume, args=(queue, done, me)) for me in range(2)]
    producer = Process(target=produce, args=(queue, 2 if by_sentinel else 0))
    for process in (*consumers, producer):
        process.start()
    producer.join()
    for consumer in consumers:
        if not by_sentinel:
            consumer.terminate()
        consumer.join()
    return sum(done)


def main() -> None:
    """End them in both ways."""
    print(f"by sentinels: {one_run(by_sentinel=True)} of {ITEMS} items were done")
    all_done = one_run(by_sentinel=False) == ITEMS
    print(f"by terminate(): {'all' if all_done else 'not all'} of {ITEMS} items were done")


if __name__ == "__main__":
    main()
