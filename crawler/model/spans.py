"""What a child noted of its own work, on its way to the main process: see :mod:`crawler.trace.recorder`."""

import msgspec

from crawler.model.outcomes import Activity


class Span(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One thing that a thread did, from when to when."""

    step: Activity
    begin: int
    """Nanoseconds of ``time.monotonic_ns()``, which is one clock for all processes of a machine; so …"""
    end: int
    cpu: int
    """Nanoseconds of CPU of its own thread."""
    thread: int
    """The system's number of that thread."""
    where: tuple[str, str, int] | None = None
    """File, function and line of source; None where it is that of the span before."""


class ChildWork(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a process did since it last told."""

    pid: int
    spans: tuple[Span, ...]
