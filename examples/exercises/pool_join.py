"""A solution of the exercise of ``crawler lab pool-join``.

Have ``with Pool()`` wait for its tasks. ``close()`` says that nothing more will come, ``join()`` waits.
Without them the block ends in ``terminate()``, and most likely none of the four lines is printed.
"""

import multiprocessing
import time


def task(number: int) -> None:
    """Work a little, and say so."""
    time.sleep(0.05)
    print(f"task {number} is done", flush=True)


def main() -> None:
    """Give four tasks, and wait for them."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for number in range(4):
            pool.apply_async(task, (number,))
        pool.close()
        pool.join()


if __name__ == "__main__":
    main()
