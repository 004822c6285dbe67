"""What runs inside every child process: its start, its end with its parent's, and what it says and logs.

The main process's half is :mod:`crawler.plumbing.child_process`.
"""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import msgspec

MESSAGE, LOG = b"M", b"L"
"""First byte of what comes from a child: something that it says, or a log record."""


@dataclass
class Outbox:
    """The child's end of its pipe to the main process: what it says and what it logs, from any thread."""

    pipe: Connection
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def send(self, message: bytes) -> None:
        """Say something. Raises BrokenPipeError when nobody listens any more."""
        with self._sending:
            self.pipe.send_bytes(MESSAGE + message)

    def log(self, record: dict[str, Any]) -> None:
        """Have a record, as :func:`crawler.trace.logs.to_dict` makes it, logged by the main process."""
        with self._sending:
            self.pipe.send_bytes(LOG + msgspec.msgpack.encode(record))


def begin_child() -> None:
    """In a new child, before anything else: be deaf to Ctrl-C, and end with the parent: no orphans."""
    # A fork server that was started by somebody else's code does not have them blocked.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # there is no SIGHUP on Windows
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def until_alone() -> None:
        parent.join()
        os._exit(1)  # however the parent died

    threading.Thread(target=until_alone, name="end-with-parent", daemon=True).start()
