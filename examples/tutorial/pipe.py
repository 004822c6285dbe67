"""A Pipe that goes both ways, and how its end is seen: by closing every copy of the other end.

It prints::

    42
    in the child: nobody holds the other end any more
"""

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def double(mine: Connection, other: Connection) -> None:
    """In a child: answer until the other side has closed its end."""
    other.close()  # a child that was forked has a copy of this end, too: as long as it has, there is no end
    try:
        while True:
            mine.send(mine.recv() * 2)
    except EOFError:
        print("in the child: nobody holds the other end any more", flush=True)


def main() -> None:
    """Ask, get the answer on the same end, and close it."""
    here, there = Pipe()  # with duplex=False: one end that receives, and one that sends
    child = Process(target=double, args=(there, here))
    child.start()
    there.close()  # or a child that dies would not be seen here
    here.send(21)
    print(here.recv(), flush=True)  # at once: the child prints, too
    here.close()
    child.join()


if __name__ == "__main__":
    main()
