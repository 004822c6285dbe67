"""Fault points: named places where a crash test can kill or delay the process that passes them.

Set ``CRAWLER_FAULT=name:count:action`` before the program starts: the process that passes the
point ``name`` for the ``count``-th time then does ``action``: ``kill`` (SIGKILL to itself, as if the
power went) or ``sleep`` (hang for ever). Unset, a point costs one comparison.
"""

import os
import signal
import time

ENVIRONMENT = "CRAWLER_FAULT"

_name, _left, _action = "", 0, ""


def arm(text: str) -> None:
    """Set this process's fault, ``name:count:action``; an empty text disarms. Raises ValueError."""
    global _name, _left, _action
    name, count, action = text.rsplit(":", 2) if text else ("", "0", "kill")
    if action not in {"kill", "sleep"}:
        raise ValueError(f"{ENVIRONMENT}: {action!r} is not an action: kill, sleep")
    _name, _left, _action = name, int(count), action


def hit(name: str) -> None:
    """The process passes the point ``name``."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        if _action == "kill":
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        while True:
            time.sleep(60)


arm(os.environ.get(ENVIRONMENT, ""))
