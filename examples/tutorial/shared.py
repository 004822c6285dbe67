"""Threads see the same globals. Whatever takes more than one step needs a lock.

It prints::

    4 threads, 1000 times each: 4000
"""

from threading import Lock, Thread

counter, lock = 0, Lock()


def one() -> int:
    """A call: here another thread may run."""
    return 1


def count() -> None:
    """In a thread: read, call and write, a thousand times, each of them as one step."""
    global counter
    for _ in range(1000):
        with lock:
            counter += one()


def main() -> None:
    """Count in four threads."""
    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"4 threads, 1000 times each: {counter}")


if __name__ == "__main__":
    main()
