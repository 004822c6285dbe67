"""Three processes send through one Pipe, with a Lock: this is what a Queue does.

It prints::

    300 items, all of them whole: True
"""

from multiprocessing import Lock, Pipe, Process
from multiprocessing.connection import Connection
from typing import Any

ITEM = "x" * 100_000
"""Larger than a pipe holds: without the lock, one could write into the middle of another's item."""


def send(writer: Connection, lock: Any) -> None:
    """In a child: a hundred items, each of them in one piece."""
    for _ in range(100):
        with lock:
            writer.send(ITEM)


def main() -> None:
    """Receive until nobody holds the write end any more."""
    reader, writer = Pipe(duplex=False)
    lock = Lock()
    children = [Process(target=send, args=(writer, lock)) for _ in range(3)]
    for child in children:
        child.start()
    writer.close()
    received = list[str]()
    try:
        while True:
            received.append(reader.recv())
    except EOFError:
        print(f"{len(received)} items, all of them whole: {set(received) == {ITEM}}")
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
