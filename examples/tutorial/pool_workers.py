"""When a Pool makes its workers: all of them at once, and no more however much there is to do.

It prints::

    workers before the first task: 3
    30 tasks were done by others than these: False
"""

import multiprocessing
import os


def who(_: int) -> int:
    """In a worker: which one it is."""
    return os.getpid()


def main() -> None:
    """Count the workers, give them work, and see who has done it."""
    with multiprocessing.Pool(3) as pool:
        workers = {child.pid for child in multiprocessing.active_children()}
        print(f"workers before the first task: {len(workers)}")
        done_by = set(pool.map(who, range(30), chunksize=1))
        print(f"30 tasks were done by others than these: {not done_by <= workers}")
        pool.close()
        pool.join()


if __name__ == "__main__":
    main()
