"""Work for experiments: some that keeps a core busy and some that waits, in amounts that can be asked for."""

import time


def spin(rounds: int) -> int:
    """Pure Python arithmetic, the worst case for threads: the interpreter's lock is held throughout."""
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total


def rounds_for(seconds: float) -> int:
    """How many rounds of :func:`spin` take about ``seconds`` of CPU time here."""
    rounds = 10_000
    return int(rounds * seconds / min(_cpu_time(rounds) for _ in range(5)))


def _cpu_time(rounds: int) -> float:
    started = time.thread_time()
    spin(rounds)
    return time.thread_time() - started
