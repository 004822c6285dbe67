"""A solution of the exercise of ``crawler lab pipe``.

A child sends one message and ends. What does the second ``recv`` do? It raises EOFError: the child's write
end closed with it, and the parent has closed its own. If the parent kept that open, the second ``recv``
would wait for ever.
"""

import multiprocessing
from multiprocessing.connection import Connection


def send(writer: Connection) -> None:
    """In the child: one message."""
    writer.send("hello")


def main() -> None:
    """Receive twice."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=send, args=(writer,))
    child.start()
    writer.close()
    print(f"first: {reader.recv()}")
    try:
        print(f"second: {reader.recv()}")
    except EOFError:
        print("second: EOFError")
    child.join()


if __name__ == "__main__":
    main()
