"""A solution of the exercise of ``crawler lab gil``.

Eight tasks sleep for 0.1 s on eight threads. How many seconds? About 0.1: who sleeps lets go of the
interpreter's lock, so all of them sleep at the same time.
"""

import time
from concurrent.futures import ThreadPoolExecutor

TASKS, SECONDS = 8, 0.1


def main() -> None:
    """Sleep, in threads."""
    started = time.perf_counter()
    with ThreadPoolExecutor(TASKS) as pool:
        for _ in range(TASKS):
            pool.submit(time.sleep, SECONDS)
    print(f"{TASKS} threads slept {TASKS * SECONDS:.1f} s in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
