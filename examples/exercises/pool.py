"""A solution of the exercise of ``crawler lab pool``.

Four tasks sleep for 0.2 s, two workers. How long by apply, by apply_async? 0.8 s by ``apply``, which waits
for each; 0.4 s by ``apply_async``, which keeps both workers at it.
"""

import multiprocessing
import time

TASKS, SECONDS = 4, 0.2


def main() -> None:
    """Give the tasks in both ways."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(time.sleep, [0.1, 0.1], chunksize=1)  # now both workers are there
        started = time.perf_counter()
        for _ in range(TASKS):
            pool.apply(time.sleep, (SECONDS,))
        print(f"apply: {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        for result in [pool.apply_async(time.sleep, (SECONDS,)) for _ in range(TASKS)]:
            result.get()
        print(f"apply_async: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
