"""A global in a thread, in a process, and what two processes do share.

It prints::

    after a thread: 1
    after a process: 1
    a Value, after a process: 1
"""

import multiprocessing
from threading import Thread
from typing import Any

counter = 0


def count() -> None:
    """Add one to a global."""
    global counter
    counter += 1


def count_shared(value: Any) -> None:
    """In a child: add one to what it was given."""
    with value.get_lock():
        value.value += 1


def main() -> None:
    """Count in each way, and look from here."""
    thread = Thread(target=count)
    thread.start()
    thread.join()
    print(f"after a thread: {counter}")
    value = multiprocessing.Value("i", 0)
    children = [
        multiprocessing.Process(target=count),
        multiprocessing.Process(target=count_shared, args=(value,)),
    ]
    for child in children:
        child.start()
        child.join()
    print(f"after a process: {counter}")
    print(f"a Value, after a process: {value.value}")


if __name__ == "__main__":
    main()
