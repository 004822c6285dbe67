"""A solution of the exercise of ``crawler lab segfault``.

A child ends itself by SIGKILL. What is its exitcode? The number of the signal, negative: -9. Nothing is
raised in the parent.
"""

import multiprocessing
import signal


def die() -> None:
    """In the child: end as by the kernel, when memory runs out."""
    signal.raise_signal(signal.SIGKILL)


def main() -> None:
    """Start the child, and look at how it has ended."""
    child = multiprocessing.get_context("spawn").Process(target=die)
    child.start()
    child.join()
    print(f"exitcode {child.exitcode}, and the program goes on")


if __name__ == "__main__":
    main()
