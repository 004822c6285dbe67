"""What a writer process says over its pipe, and in what order.

::

    Opened → CutBack → Ack … Ack → Closed      and it exits with 0
       └────────┴───────┴── Failed             and it exits with 1

Pong and log records come in between at any time. :class:`Died` is not sent by the child: it is
what this side's thread says last, when the process is certainly gone and its pipe is read out.
"""

from typing import Any

import msgspec

from crawler.model.messages import Ack
from crawler.model.outcomes import Activity


class Opened(msgspec.Struct, frozen=True, gc=False):
    """It holds the lock on its sink, and has opened it."""

    pid: int
    length: int
    """What the sink holds, in the unit of its positions, before anything is cut."""


class CutBack(msgspec.Struct, frozen=True, gc=False):
    """The sink ends where it was told to; from now on it takes batches."""

    position: int


class Failed(msgspec.Struct, frozen=True, gc=False):
    """The sink cannot be written; trying again would not help."""

    kind: str
    """One word, see :func:`crawler.write.reasons.explain`."""
    reason: str
    """Half a sentence for people: "the disk is full"."""


class Closed(msgspec.Struct, frozen=True, gc=False):
    """Everything is synced and the sink is closed."""


class Pong(msgspec.Struct, frozen=True, gc=False):
    """The answer to a ping: what the writer is doing, and since when (unix time)."""

    step: Activity
    since: float


class LogLine(msgspec.Struct, frozen=True):
    """A log record, as :func:`crawler.trace.logs.to_dict` makes it."""

    fields: dict[str, Any]


class Died(msgspec.Struct, frozen=True, gc=False):
    """The process is gone and everything it ever sent has been read."""

    how: str
    """For people: "exit code 1", "SIGKILL"."""
    certain: bool = True
    """False when it was killed and still did not end: it may go on writing."""


Event = Opened | CutBack | Ack | Failed | Closed | Pong | LogLine | Died
