"""Two tasks that wait for each other: they can meet with apply_async(), and never with apply().

It prints::

    apply: met False
    apply_async: met [True, True]
"""

import multiprocessing
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError

door: Barrier
"""In a worker: where two tasks meet."""


def set_up(barrier: Barrier) -> None:
    """The pool's initializer: what is shared is given to a worker when it starts."""
    global door
    door = barrier


def meet(seconds: float) -> bool:
    """In a worker: whether another task came to the door within so many seconds."""
    try:
        door.wait(seconds)
    except BrokenBarrierError:
        return False
    return True


def main() -> None:
    """Give a task that waits in vain, then two that wait for each other."""
    barrier = multiprocessing.Barrier(2)
    with multiprocessing.Pool(2, set_up, (barrier,)) as pool:
        print(f"apply: met {pool.apply(meet, (0.2,))}")  # nothing else is given meanwhile
        barrier.reset()
        asked = [pool.apply_async(meet, (60,)) for _ in range(2)]
        print(f"apply_async: met {[one.get() for one in asked]}")


if __name__ == "__main__":
    main()
