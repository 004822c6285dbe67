"""How far ``imap`` reads ahead, and how to read no further than you want.

It prints::

    imap: all were read before one result was taken: True; sum 4950
    ahead: 4 were read when the first result was taken; sum 4950
"""

import multiprocessing
from collections import deque
from collections.abc import Iterator
from multiprocessing.pool import AsyncResult, Pool
from threading import Event

COUNT, AHEAD = 100, 4
read, all_read = 0, Event()


def numbers() -> Iterator[int]:
    """What could be a large file: each is made when somebody asks for it."""
    global read
    read = 0
    for number in range(COUNT):
        read += 1
        yield number
    all_read.set()


def ahead(pool: Pool) -> Iterator[int]:
    """Like imap, but never more than a few are given before their results are taken."""
    given = deque[AsyncResult[int]]()
    for number in numbers():
        given.append(pool.apply_async(abs, (number,)))
        if len(given) == AHEAD:
            yield given.popleft().get()
    while given:
        yield given.popleft().get()


def main() -> None:
    """Read in both ways."""
    with multiprocessing.Pool(2) as pool:
        results: Iterator[int] = pool.imap(abs, numbers())
        print(f"imap: all were read before one result was taken: {all_read.wait(10)}; sum {sum(results)}")
        results = ahead(pool)
        first, so_far = next(results), read
        print(f"ahead: {so_far} were read when the first result was taken; sum {first + sum(results)}")


if __name__ == "__main__":
    main()
