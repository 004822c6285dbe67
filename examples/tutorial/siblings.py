"""Two children talk to each other; their parent has made the Pipe, and has no end of it any more.

It prints::

    one: are you there?
    other: yes
"""

from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def ask(pipe: Connection) -> None:
    """One sibling."""
    pipe.send("are you there?")
    print(f"other: {pipe.recv()}", flush=True)


def answer(pipe: Connection) -> None:
    """The other one."""
    print(f"one: {pipe.recv()}", flush=True)
    pipe.send("yes")


def main() -> None:
    """Make the Pipe, give each child its end, and stay out of it."""
    one, other = Pipe()
    children = [Process(target=ask, args=(one,)), Process(target=answer, args=(other,))]
    for child in children:
        child.start()
    one.close()
    other.close()
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
