"""What a child finds in a global that its parent has changed, and what the parent has of the child's change.

It prints (``fork`` only where there is one)::

    fork: 2
    forkserver: 1
    spawn: 1
    in the parent: 2
"""

import multiprocessing
from typing import Any

number = 1


def look(method: str) -> None:
    """In a child: say what is there, and change it."""
    global number
    print(f"{method}: {number}", flush=True)
    number = 3


def main() -> None:
    """Start one child in each way that there is here."""
    global number
    number = 2
    for method in ("fork", "forkserver", "spawn"):
        if method in multiprocessing.get_all_start_methods():
            context: Any = multiprocessing.get_context(method)
            child = context.Process(target=look, args=(method,))
            child.start()
            child.join()
    print(f"in the parent: {number}")


if __name__ == "__main__":
    main()
