"""Fault points: named places where a crash test can kill or delay the process that passes them.

Set ``CRAWLER_FAULT=name:count:action`` before the program starts: the process that passes the
point ``name`` for the ``count``-th time then does ``action``: ``kill`` (SIGKILL to itself, as if the
power went) or ``sleep`` (hang for ever). Unset, a point costs one comparison.
"""

import os
import signal
import time

import msgspec

ENVIRONMENT = "CRAWLER_FAULT"


class _Fault(msgspec.Struct):
    name: str
    left: int
    action: str


_fault: _Fault | None = None


def arm(text: str) -> None:
    """Set this process's fault, ``name:count:action``; an empty text disarms. Raises ValueError."""
    global _fault
    if not text:
        _fault = None
        return
    name, count, action = text.rsplit(":", 2)
    if action not in {"kill", "sleep"}:
        raise ValueError(f"{ENVIRONMENT}: {action!r} is not an action: kill, sleep")
    _fault = _Fault(name, int(count), action)


def hit(name: str) -> None:
    """The process passes the point ``name``."""
    if _fault is not None and _fault.name == name:
        _pass(_fault)


def _pass(fault: _Fault) -> None:
    fault.left -= 1
    if fault.left != 0:
        return
    if fault.action == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    while True:
        time.sleep(60)


arm(os.environ.get(ENVIRONMENT, ""))
