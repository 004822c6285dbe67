"""How ``start-methods`` starts children by one method, and what the last of them finds of its parent."""

import multiprocessing
import os
import sys
import threading
import time
import warnings
from ctypes import c_int
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from crawler.lab.tables.start_methods import Start

MODULE = "colorsys"
"""A module that nobody needs: only the parent imports it."""
LOOKS = {
    "global": "a global as the parent changed it",
    "module": "a module that only the parent imported",
    "file": "a file that the parent opened",
    "environ": "a variable of the environment, set before this child",
    "threads": "the parent's other threads",
    "lock": "a lock as it was held, and nobody who opens it",
}
"""What a child may have of its parent."""
PATIENCE = 0.3
"""Seconds for which a child waits for a lock."""
word, lock = "as imported", threading.Lock()


def is_open(descriptor: int) -> bool:
    """Whether this number is this very file, open in this process."""
    try:
        return os.path.samestat(os.fstat(descriptor), Path(__file__).stat())
    except OSError:
        return False


def look(open_file: int, seen: Any) -> None:
    """In the child: what of the parent is here."""
    seen[0] = word == "changed by the parent"
    seen[1] = MODULE in sys.modules
    seen[2] = is_open(open_file)
    seen[3] = os.environ.get("LAB_WORD") == "set by the parent"
    seen[4] = threading.active_count() > 1
    seen[5] = not lock.acquire(timeout=PATIENCE)


def be_there() -> None:
    """A child that does nothing."""


def time_of(context: Any) -> float:
    """Seconds from the start of a child to its end."""
    started = time.perf_counter()
    child = context.Process(target=be_there)
    child.start()
    child.join()
    return time.perf_counter() - started


def start_by(method: str, children: int) -> Start:
    """The first child and some more, by the clock; then one that looks at what it was given."""
    global word
    # Python 3.12 and later warn of forking beside threads, which is what is tried here.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    context: Any = multiprocessing.get_context(method)
    first, *others = [time_of(context) for _ in range(1 + children)]
    word = "changed by the parent"
    os.environ["LAB_WORD"] = "set by the parent"
    import_module(MODULE)
    file, held, over = os.open(__file__, os.O_RDONLY), threading.Event(), threading.Event()

    def hold_lock() -> None:
        with lock:
            held.set()
            over.wait()

    holder = threading.Thread(target=hold_lock)
    holder.start()
    held.wait()
    seen = context.RawArray(c_int, len(LOOKS))
    child = context.Process(target=look, args=(file, seen))
    child.start()
    child.join()
    over.set()
    holder.join()
    return {"first_s": first, "later_s": median(others), **dict(zip(LOOKS, map(bool, seen), strict=True))}
