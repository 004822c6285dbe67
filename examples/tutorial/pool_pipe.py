"""Two workers of a Pool talk through a Pipe, and one says to the other when it is over.

It prints::

    ['a', 'b', 'c']
"""

import multiprocessing
from multiprocessing.connection import Connection


def send(pipe: Connection) -> None:
    """In one worker: all items, and a last one that means just that."""
    for item in "abc":
        pipe.send(item)
    pipe.send(None)


def receive(pipe: Connection) -> list[str]:
    """In the other worker: until the last item. To wait for EOFError would be to wait for ever."""
    return list(iter(pipe.recv, None))


def main() -> None:
    """Give each of two workers its end."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    with multiprocessing.Pool(2) as pool:
        receiving = pool.apply_async(receive, (reader,))
        sending = pool.apply_async(send, (writer,))
        sending.get()  # raises what went wrong there
        print(receiving.get())


if __name__ == "__main__":
    main()
