"""A Queue for the workers of a Pool, without a manager: it goes through the initializer.

It prints::

    as an argument: RuntimeError
    by the initializer: [0, 1, 4, 9]
"""

import multiprocessing
from typing import Any

results: Any
"""In a worker: the queue that all of them put to."""


def set_up(queue: Any) -> None:
    """The initializer: runs in each worker when it starts, which is when a Queue can be handed over."""
    global results
    results = queue


def square(number: int) -> None:
    """In a worker."""
    results.put(number * number)


def main() -> None:
    """Try both ways."""
    queue: Any = multiprocessing.Queue()
    with multiprocessing.Pool(2, set_up, (queue,)) as pool:
        try:
            pool.apply(print, (queue,))
        except RuntimeError as error:
            print(f"as an argument: {type(error).__name__}")
        pool.map(square, range(4))
        print(f"by the initializer: {sorted(queue.get() for _ in range(4))}")


if __name__ == "__main__":
    main()
