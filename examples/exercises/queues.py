"""A solution of the exercise of ``crawler lab queue``.

Three consumers share 30 items. How many sentinels? Three: each consumer takes one, and ends. With two, the
third would wait for ever, and so would its ``join()``.
"""

import multiprocessing
from typing import Any

ITEMS, CONSUMERS = 30, 3


def consume(queue: Any, done: Any) -> None:
    """Count items until a sentinel comes."""
    while queue.get() is not None:
        with done.get_lock():
            done.value += 1


def main() -> None:
    """Put all items, then the sentinels."""
    context = multiprocessing.get_context("spawn")
    queue, done = context.Queue(), context.Value("i", 0)
    consumers = [context.Process(target=consume, args=(queue, done)) for _ in range(CONSUMERS)]
    for consumer in consumers:
        consumer.start()
    for item in [*range(ITEMS), *[None] * CONSUMERS]:
        queue.put(item)
    for consumer in consumers:
        consumer.join()
    print(f"done: {done.value} of {ITEMS}, by {CONSUMERS} consumers with a sentinel each")


if __name__ == "__main__":
    main()
