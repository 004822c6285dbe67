"""Where a callback runs, and which one when a task fails.

It prints::

    results: [2, 3]
    failed: ['no root of -1']
    the callback runs in the parent: True, in its main thread: False
"""

import math
import multiprocessing
import os
from threading import current_thread, main_thread

results = list[int]()
seen = set[tuple[int, bool]]()
"""Process and thread in which the callback ran."""


def root(number: int) -> int:
    """In a worker. Raises ValueError below 0."""
    if number < 0:
        raise ValueError(f"no root of {number}")
    return math.isqrt(number)


def keep(result: int) -> None:
    """Be quick, and do not raise: the same thread hands out all results."""
    results.append(result)
    seen.add((os.getpid(), current_thread() is main_thread()))


def main() -> None:
    """Give three tasks, of which one fails, and both callbacks."""
    failed = list[BaseException]()
    with multiprocessing.Pool(2) as pool:
        for number in (4, -1, 9):
            pool.apply_async(root, (number,), callback=keep, error_callback=failed.append)
        pool.close()
        pool.join()
    print(f"results: {sorted(results)}")
    print(f"failed: {[str(error) for error in failed]}")
    ((pid, in_main_thread),) = seen
    print(f"the callback runs in the parent: {pid == os.getpid()}, in its main thread: {in_main_thread}")


if __name__ == "__main__":
    main()
