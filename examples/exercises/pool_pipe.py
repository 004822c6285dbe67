"""A solution of the exercise of ``crawler lab pool-pipe``.

Two Processes, a Pipe, and a parent that keeps its ends open. The last item, None, ends the reader. If it
waited for EOFError it would wait for ever: the parent still holds a write end.
"""

import multiprocessing
from multiprocessing.connection import Connection
from typing import Any


def send(writer: Connection) -> None:
    """One child: three items, and the last one."""
    for item in (1, 2, 3, None):
        writer.send(item)


def receive(reader: Connection, answer: Any) -> None:
    """The other: all items up to the last one."""
    answer.put(list(iter(reader.recv, None)))


def main() -> None:
    """Start both, and get what arrived."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    answer = context.SimpleQueue()
    children = [
        context.Process(target=send, args=(writer,)),
        context.Process(target=receive, args=(reader, answer)),
    ]
    for child in children:
        child.start()
    print(f"received: {answer.get()}")
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
