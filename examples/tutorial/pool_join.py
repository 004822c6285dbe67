"""A Pool that is waited for, with every result asked for: nothing is dropped, and no error is lost.

It prints::

    2
    3
    it failed: no root of -1
"""

import math
import multiprocessing


def root(number: int) -> int:
    """In a worker. Raises ValueError below 0."""
    if number < 0:
        raise ValueError(f"no root of {number}")
    return math.isqrt(number)


def main() -> None:
    """Give all the work, say that this is all, wait, and ask for what came of it."""
    with multiprocessing.Pool(2) as pool:
        asked = [pool.apply_async(root, (number,)) for number in (4, 9, -1)]
        pool.close()  # there will be no more
        pool.join()  # without this, the end of the block drops what is still to do
    for one in asked:
        try:
            print(one.get())
        except ValueError as error:
            print(f"it failed: {error}")


if __name__ == "__main__":
    main()
