"""A queue that says it is empty, with an item on its way.

It prints::

    one was put; empty: True
    and yet it comes: a large page
    until the sentinel: ['a', 'b', 'c']
"""

import time
from multiprocessing import Process, Queue
from typing import Any


class Page:
    """Something that takes a moment to pickle, as large things do."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Called by the queue's own thread, after ``put`` has returned."""
        time.sleep(0.5)
        return str, ("a large page",)


def produce(queue: Any) -> None:
    """In a child: some items, and a last one that means that this was all."""
    for item in "abc":
        queue.put(item)
    queue.put(None)


def main() -> None:
    """Ask too early, then in a way that cannot be too early."""
    queue: Any = Queue()
    queue.put(Page())
    print(f"one was put; empty: {queue.empty()}")
    print(f"and yet it comes: {queue.get()}")
    child = Process(target=produce, args=(queue,))
    child.start()
    print(f"until the sentinel: {list(iter(queue.get, None))}")
    child.join()


if __name__ == "__main__":
    main()
