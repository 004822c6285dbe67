"""How ``c-code`` sees that some work lets go of the interpreter's lock, however busy the machine is.

A thread that waits for the lock may take it from another one after 5 ms (``sys.setswitchinterval``). Here it
may not. So a second thread gets its turn only if the first lets go of the lock by itself.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 1000.0
"""Seconds after which a thread that waits for the lock takes it from another one: that is, never."""
LONG_ENOUGH = 0.15
"""Seconds of CPU time in which a second thread would have had its turn."""


def lets_go(work: Callable[[], Any]) -> bool:
    """Whether another thread got to run Python meanwhile, though nobody takes the lock from anybody."""
    turns, over = [0], threading.Event()

    def take_turns() -> None:
        while not over.wait(0.0002):
            turns[0] += 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(PATIENCE)
    other = threading.Thread(target=take_turns)
    other.start()
    time.sleep(0.01)  # now it takes them
    before, began = turns[0], time.thread_time()
    while (after := turns[0]) == before and time.thread_time() - began < LONG_ENOUGH:
        work()
    over.set()
    other.join()
    sys.setswitchinterval(interval)
    return after > before
