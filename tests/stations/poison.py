"""Extract functions that do what a page must never be able to do to the crawl."""

import ctypes
import os
import signal
import time
from typing import Any


def extract(page: Any) -> dict[str, Any] | None:
    """Behave as the page's path says."""
    name = page.url.rpartition("/")[2].partition("-")[0]
    if name == "segfault":
        ctypes.string_at(0)
    elif name == "exit":
        os._exit(3)
    elif name == "hang":
        time.sleep(3600)
    elif name == "spin":
        while True:
            pass
    elif name == "memory":
        hoard = []
        while True:
            hoard.append(bytearray(16 * 1024 * 1024))
    elif name == "recurse":
        return extract(page)
    elif name == "raise":
        raise ValueError("no")
    elif name == "unpicklable":
        return {"value": lambda: None}
    elif name == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    return {"length": len(page.text)}
