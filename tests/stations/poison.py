"""Extract functions that do what a page must never be able to do to the crawl."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
import warnings
from typing import Any

from crawler.model.outcomes import Kind
from crawler.parse import parser_process

DEADLY = {
    "segfault": Kind.PARSE_CRASH,
    "abort": Kind.PARSE_CRASH,
    "kill": Kind.PARSE_KILLED,
    "exit": Kind.PARSE_CRASH,
    "interrupt": Kind.PARSE_CRASH,
    "hang": Kind.PARSE_TIMEOUT,
    "spin": Kind.PARSE_TIMEOUT,
    "stop": Kind.PARSE_TIMEOUT,
    "memory": Kind.PARSE_MEMORY,
    "endless": Kind.PARSE_MEMORY,
}
"""What costs its page."""
HARMLESS = {
    "raise": "extract: ValueError: no",
    "leave": "extract: SystemExit: 4",
    "cancel": "extract: CancelledError",
    "recurse": "extract: RecursionError",
    "unpicklable": "extract: TypeError",
    "circular": "extract: RecursionError",
    "number": "extract: TypeError: returned int",
}
"""What costs what the function would have returned: the page's message begins with this."""
LOUD = {"print", "print-bytes", "print-outside", "print-lines", "log", "warn"}
"""What only makes a noise: a gigabyte of it, if it gets so far."""
SLEEP = 1.0
"""Seconds that "sleep" takes."""
IMPATIENCE = 0.002
"""Seconds that a parser waits for its next batch after "impatient"."""
_MEGABYTE = "x" * 1_000_000


def extract(page: Any) -> Any:
    """Behave as the page's path says."""
    return do(page.url.rpartition("/")[2].rpartition("-")[0]) or {"length": len(page.text)}


def do(what: str) -> Any:
    """Do it."""
    if what in DEADLY:
        return _die(what)
    if what in LOUD:
        return _shout(what)
    if what in ("sleep", "abort-later"):
        time.sleep(SLEEP)
    if what == "impatient":
        parser_process.IDLE = IMPATIENCE
    if what == "abort-later":
        os.abort()
    if what == "raise":
        raise ValueError("no")
    if what == "leave":
        sys.exit(4)
    if what == "cancel":
        raise asyncio.CancelledError
    if what == "recurse":
        return do(what)
    if what == "unpicklable":
        return {"value": lambda: None}
    if what == "circular":
        circle: dict[str, Any] = {}
        circle["itself"] = circle
        return circle
    return 3 if what == "number" else None


def _die(what: str) -> Any:
    if what == "segfault":
        ctypes.string_at(0)
    elif what == "abort":
        os.abort()
    elif what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)  # nobody can tell it from a kill from outside
    elif what == "exit":
        os._exit(3)
    elif what == "interrupt":
        raise KeyboardInterrupt
    elif what == "hang":
        time.sleep(3600)
    elif what == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif what == "memory":
        hoard = []
        while True:
            hoard.append(bytearray(16 * 1024 * 1024))
    elif what == "endless":
        return ({"page": bytes(1_000_000)} for _ in iter(int, 1))
    while True:
        pass


def _shout(what: str) -> None:
    for _ in range(1000):
        if what == "print":
            print(_MEGABYTE)
        elif what == "print-bytes":
            sys.stdout.buffer.write(_MEGABYTE.encode())
        elif what == "print-outside":
            os.write(2, _MEGABYTE.encode())
        elif what == "print-lines":
            for n in range(100):
                print(n, "\ud800 is no character", file=sys.stderr)
        elif what == "log":
            logging.getLogger("mine").info(_MEGABYTE)
        else:
            warnings.warn(_MEGABYTE, stacklevel=2)
