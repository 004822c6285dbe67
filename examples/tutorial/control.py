"""A process ends its sibling, by its pid. A thread can only be asked, and has to look.

It prints::

    the sibling ended with -15
    a Thread has terminate(): False
    the thread was asked, and has tidied up
"""

import os
import signal
import time
from multiprocessing import Process
from threading import Event, Thread


def end(pid: int) -> None:
    """In a child: end another process of the same user. No kinship is needed."""
    os.kill(pid, signal.SIGTERM)


def work(stop: Event) -> None:
    """In a thread: go on until it is asked to stop."""
    while not stop.wait(0.01):
        pass
    print("the thread was asked, and has tidied up")


def main() -> None:
    """Have a child end the other one, then ask a thread to stop."""
    victim = Process(target=time.sleep, args=(600,), daemon=True)
    victim.start()
    sibling = Process(target=end, args=(victim.pid,))
    sibling.start()
    victim.join()
    sibling.join()
    print(f"the sibling ended with {victim.exitcode}")

    stop = Event()
    thread = Thread(target=work, args=(stop,))
    thread.start()
    print(f"a Thread has terminate(): {hasattr(thread, 'terminate')}")
    stop.set()
    thread.join()


if __name__ == "__main__":
    main()
