"""A solution of the exercise of ``crawler lab siblings``.

One child sends 1, 2, 3 to another, which adds them up. The parent sees none of the three: it made the Pipe,
gave each child its end, and is told the sum alone.
"""

import multiprocessing
from multiprocessing.connection import Connection
from typing import Any


def send(writer: Connection) -> None:
    """One child: three numbers, and None, the last."""
    for number in (1, 2, 3, None):
        writer.send(number)


def add_up(reader: Connection, answer: Any) -> None:
    """Its sibling: their sum."""
    answer.put(sum(iter(reader.recv, None)))


def main() -> None:
    """Start both, and ask for the sum."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    answer = context.SimpleQueue()
    children = [
        context.Process(target=send, args=(writer,)),
        context.Process(target=add_up, args=(reader, answer)),
    ]
    for child in children:
        child.start()
    reader.close()
    writer.close()
    print(f"the parent was told: {answer.get()}")
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
