"""CPU-bound work on all cores: the same call for threads and for processes, and only one of them pays.

It prints::

    threads: [669, 1229, 2262]
    processes: [669, 1229, 2262]
"""

import math
import os
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

NUMBERS = [5_000, 10_000, 20_000]
"""Make them larger, and look at how many cores are busy."""


def primes_below(number: int) -> int:
    """How many there are; nothing but computing."""
    return sum(all(one % d for d in range(2, math.isqrt(one) + 1)) for one in range(2, number))


def main() -> None:
    """Count in both ways, with a worker for each core."""
    kinds: dict[str, type[Executor]] = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
    for name, kind in kinds.items():
        with kind(os.cpu_count()) as executor:  # type: ignore[call-arg]
            print(f"{name}: {list(executor.map(primes_below, NUMBERS))}")


if __name__ == "__main__":
    main()
