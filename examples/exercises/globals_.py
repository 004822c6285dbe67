"""A solution of the exercise of ``crawler lab globals``.

A child adds 5 to a global and to a Value. What does its parent read? The global is another one in each
process. The Value lies in memory that both have, since it was handed over.
"""

import multiprocessing
from multiprocessing.sharedctypes import Synchronized

total = 0


def add(shared: "Synchronized[int]") -> None:
    """In the child: add to both."""
    global total
    total += 5
    with shared.get_lock():
        shared.value += 5


def main() -> None:
    """Start the child, wait for it, and read both."""
    context = multiprocessing.get_context("spawn")
    shared = context.Value("i", 0)
    child = context.Process(target=add, args=(shared,))
    child.start()
    child.join()
    print(f"global: {total}, Value: {shared.value}")


if __name__ == "__main__":
    main()
