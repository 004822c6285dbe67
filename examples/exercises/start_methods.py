"""A solution of the exercise of ``crawler lab start-methods``.

What do children find in a list that their parent has changed? By fork the list as it is; by spawn and
forkserver the list as it is after an import, since what stands under the main guard is not run there.
"""

import multiprocessing
from multiprocessing.connection import Connection

changed: list[int] = []


def look(answer: Connection) -> None:
    """In the child: tell what is in the list."""
    answer.send(changed)


def main() -> None:
    """Start a child by each method that there is."""
    changed.append(1)
    for method in sorted(multiprocessing.get_all_start_methods()):
        context = multiprocessing.get_context(method)
        reader, writer = context.Pipe(duplex=False)
        child = context.Process(target=look, args=(writer,))
        child.start()
        print(f"{method}: {reader.recv()}")
        child.join()


if __name__ == "__main__":
    main()
