"""A solution of the exercise of ``crawler lab pool-size``.

Eight tasks sleep for 0.1 s, on 1, 4 and 8 threads. How many seconds? 0.8, 0.2 and 0.1: for tasks that wait,
the number of cores does not matter.
"""

import time
from concurrent.futures import ThreadPoolExecutor

TASKS, SECONDS = 8, 0.1


def main() -> None:
    """Try each size."""
    for workers in (1, 4, 8):
        started = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            for _ in range(TASKS):
                pool.submit(time.sleep, SECONDS)
        print(f"{workers} threads: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
