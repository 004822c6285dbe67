"""A solution of the exercise of ``crawler lab interpreters``.

Which of the two does this Python have? Interpreters for threads came with 3.14. A build without the lock
says so itself, and whether the lock came back.
"""

import concurrent.futures
import sys


def main() -> None:
    """Look for both."""
    interpreters = hasattr(concurrent.futures, "InterpreterPoolExecutor")
    lock = getattr(sys, "_is_gil_enabled", lambda: True)()  # new in 3.13
    print(f"interpreters: {'yes' if interpreters else 'no'}, lock: {'yes' if lock else 'no'}")


if __name__ == "__main__":
    main()
