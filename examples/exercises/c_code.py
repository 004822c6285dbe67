"""A solution of the exercise of ``crawler lab c-code``.

Does hashlib let go of the lock for 1,000 bytes? For 1,000,000? Not for the few: to give the lock back and
to take it again would cost more than the work. For the many it does.
"""

import hashlib
from functools import partial

from crawler.lab.experiments.c_code_lock import lets_go


def main() -> None:
    """Ask about both."""
    for size in (1_000, 1_000_000):
        answer = "lets go" if lets_go(partial(hashlib.sha256, b"x" * size)) else "keeps the lock"
        print(f"{size} bytes: {answer}")


if __name__ == "__main__":
    main()
